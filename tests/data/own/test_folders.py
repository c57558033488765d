"""Folders of pictures, functions and torchvision's names as sources of images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from capsprobe import load_images
from capsprobe.data.base import Source
from capsprobe.faults import DataFault, EnvironmentFault

RNG = np.random.default_rng(0)
LEVELS = RNG.integers(0, 256, (30, 28, 28), dtype=np.uint8)
LABELS = np.arange(30) % 3


@pytest.fixture
def folder(tmp_path) -> Path:
    home = tmp_path / "My Digits"
    for index, image in enumerate(LEVELS):
        (home / f"d{LABELS[index]}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(home / f"d{LABELS[index]}" / f"{index}.png")
    return home


def test_a_folder_of_class_folders_is_read(folder) -> None:
    found = load_images(str(folder), split="test")
    assert found.name == "my-digits"
    assert (len(found), found.classes) == (6, 3)
    assert any("0 d0, 1 d1, 2 d2" in note for note in found.notes)


def test_splits_may_be_folders(folder, tmp_path) -> None:
    home = tmp_path / "split"
    home.mkdir()
    folder.rename(home / "train")
    with pytest.raises(DataFault, match="expected a folder test beside train"):
        load_images(str(home), split="test")
    assert len(load_images(str(home), split="validation")) == 5


def test_an_image_that_cannot_be_read_is_named(folder) -> None:
    (folder / "d1" / "1.png").write_bytes(b"not an image")
    with pytest.raises(DataFault, match=r"d1/1\.png: expected an image"):
        load_images(str(folder))
    (folder / "d1" / "1.png").write_bytes((folder / "d1" / "4.png").read_bytes()[:-200])
    with pytest.raises(DataFault, match=r"d1/1\.png: expected an image"):
        load_images(str(folder))


def test_links_out_of_a_folder_are_not_followed(folder, tmp_path) -> None:
    Image.fromarray(LEVELS[0]).save(tmp_path / "outside.png")
    (folder / "d0" / "link.png").symlink_to(tmp_path / "outside.png")
    assert sum(len(load_images(str(folder), split=s)) for s in ("train", "test")) == 24


@pytest.mark.parametrize("where", ["nowhere/at/all", "./missing"])
def test_a_folder_that_is_not_there_is_one_line(where) -> None:
    with pytest.raises(DataFault, match="there is none"):
        load_images(where)


def test_a_function_gives_images_and_labels(tmp_path) -> None:
    code = tmp_path / "own.py"
    code.write_text(
        "import numpy as np\n"
        "def pairs(split):\n"
        "    n = {'train': 30, 'validation': 9, 'test': 12}[split]\n"
        "    return np.full((n, 28, 28), 0.25), np.arange(n) % 3\n"
        "def mapping(split):\n"
        "    return dict(zip(('images', 'labels'), pairs(split)))\n"
        "def nothing(split):\n"
        "    return 3\n"
    )
    assert len(load_images(f"{code}:pairs")) == len(load_images(f"{code}:mapping")) == 12
    assert len(load_images(f"{code}:pairs", split="train")) == 30
    with pytest.raises(DataFault, match=r"expected \(images, labels\), got int"):
        load_images(f"{code}:nothing")


def test_torchvision_is_asked_by_name(tmp_path) -> None:
    with pytest.raises(DataFault, match="unknown dataset of torchvision 'KMNISTT'"):
        load_images("torchvision:KMNISTT", source=Source(folder=tmp_path))
    with pytest.raises(DataFault, match="expected a dataset with splits"):
        load_images("torchvision:FakeData", source=Source(folder=tmp_path))


def test_without_files_and_network_it_says_so(tmp_path, monkeypatch) -> None:
    def offline(*given, **more):
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz")

    monkeypatch.setattr("torchvision.datasets.KMNIST.__init__", offline)
    with pytest.raises(EnvironmentFault, match="expected its files in .* or a network"):
        load_images("torchvision:KMNIST", source=Source(folder=tmp_path))
