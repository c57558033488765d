"""Images as users bring them: what is converted, what is refused, and that nothing is run."""

import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from capsprobe import ImageSet, load_images
from capsprobe.data.base import Source
from capsprobe.data.own import arrays, called_in_tables, is_own
from capsprobe.data.own.arrays import of_archive
from capsprobe.data.own.converting import converted
from capsprobe.data.own.splitting import Raw
from capsprobe.data.views import Name
from capsprobe.faults import DataFault, EnvironmentFault

RNG = np.random.default_rng(0)
LEVELS = RNG.integers(0, 256, (30, 28, 28), dtype=np.uint8)
LABELS = np.arange(30) % 3


def made(images=LEVELS, labels=LABELS, names=()) -> ImageSet:
    return converted(
        Raw(images=images, labels=np.asarray(labels), whole="test", names=names),
        name="own",
        split="test",
    )


@pytest.mark.parametrize(
    ("images", "wanted"),
    [
        (LEVELS, LEVELS / 255.0),
        (LEVELS / 255.0, LEVELS / 255.0),
        (LEVELS.astype(np.int64), LEVELS / 255.0),
        (LEVELS.astype(np.float32), LEVELS / 255.0),
        (LEVELS.astype(np.uint16), LEVELS / 255.0),
        (LEVELS / 127.5 - 1.0, LEVELS / 255.0),
        (LEVELS > 128, LEVELS > 128),
        (LEVELS[:, None], LEVELS / 255.0),
        (LEVELS[..., None], LEVELS / 255.0),
        (torch.from_numpy(LEVELS), LEVELS / 255.0),
    ],
)
def test_what_is_surely_meant_is_converted(images, wanted) -> None:
    found = made(images)
    np.testing.assert_allclose(found.images[:, 0].numpy(), wanted, atol=1e-6)
    assert found.notes[0] == "30 images of 3 classes in the split test"


@pytest.mark.parametrize(
    ("images", "note"),
    [
        (LEVELS.astype(np.float64), "pixels of 0 to 255 are divided by 255"),
        (LEVELS / 127.5 - 1.0, "pixels of -1 to 1 are moved to 0 to 1"),
        (np.stack([LEVELS] * 3, axis=-1), "colours are made grey"),
        (np.stack([LEVELS] * 4, axis=1), "the fourth channel is dropped"),
        (LEVELS[:, :14], "sizes are fitted to 28x28"),
        (np.concatenate([LEVELS[:15]] * 2), "15 images are copies of others"),
        (255 - LEVELS // 8, "the ground is light"),
    ],
)
def test_what_is_converted_is_said(images, note) -> None:
    assert any(note in each for each in made(images).notes)


@pytest.mark.parametrize(
    ("images", "labels", "line"),
    [
        (LEVELS / 100.0, LABELS, r"expected pixels in \[0, 1\], \[-1, 1\] or \[0, 255\], got"),
        (LEVELS.astype(float) - 300.0, LABELS, "expected pixels in"),
        (LEVELS.astype(np.int64) * 2, LABELS, "expected pixels in"),
        (np.where(LEVELS > 250, np.nan, 0.5), LABELS, "expected finite pixels"),
        (LEVELS[:0], LABELS[:0], "expected images in the split test, got none"),
        (LEVELS.reshape(30, -1), LABELS, r"expected images \(n, height, width\)"),
        (np.stack([LEVELS] * 7, axis=1), LABELS, r"expected images \(n, height, width\)"),
        (LEVELS.astype(str), LABELS, "expected numbers for pixels"),
        (LEVELS, LABELS[:-1], "expected a label for each of 30 images, got 29"),
        (LEVELS, LABELS + 1, "expected labels from 0 on, got 1..3 and no 0"),
        (LEVELS, LABELS - 1, r"expected labels in 0\.\."),
        (LEVELS, LABELS * 1000, r"expected labels in 0\.\.999, got 0\.\.2000"),
        (LEVELS, np.uint64(2**63) + LABELS.astype(np.uint64), r"got 9223372036854775810$"),
        (LEVELS, LABELS + 0.5, "expected whole numbers for labels, got 0.5"),
        (LEVELS, LABELS * np.nan, "expected whole numbers for labels"),
        (LEVELS, LABELS * 0, "expected images of at least 2 classes, got 1"),
        (LEVELS, np.stack([LABELS] * 2, axis=1), "expected one label an image"),
    ],
)
def test_what_could_be_meant_otherwise_is_refused(images, labels, line) -> None:
    with pytest.raises(DataFault, match=line):
        made(images, labels)


@pytest.mark.parametrize(
    ("labels", "note"),
    [
        (LABELS.astype(float), "whole numbers written as fractions"),
        (np.eye(3)[LABELS], "read from rows of ones and zeros"),
        (np.array(["b", "a", "c"])[LABELS], "numbered by the alphabet"),
        (LABELS * 2, "no image here is of class 1, 3"),
    ],
)
def test_labels_in_other_forms_are_read_and_said(labels, note) -> None:
    assert any(note in each for each in made(labels=labels).notes)


def test_a_longer_side_fills_the_canvas_and_proportions_stay() -> None:
    wide = np.full((6, 10, 20), 255, dtype=np.uint8)
    image = made(wide, LABELS[:6]).images[0, 0]
    assert image[7:21].min() == 1.0
    assert image[:7].max() == image[21:].max() == 0.0


def test_copies_under_other_labels_are_counted() -> None:
    twice = np.concatenate([LEVELS[:2], LEVELS[:2]])
    assert any("2 of them under several" in each for each in made(twice, [0, 1, 1, 0]).notes)


@given(
    hnp.arrays(
        dtype=st.sampled_from([np.uint8, np.float32, np.int16, np.bool_]),
        shape=hnp.array_shapes(min_dims=1, max_dims=4, max_side=6),
    ),
    hnp.arrays(dtype=st.sampled_from([np.int64, np.float64]), shape=hnp.array_shapes(max_dims=2)),
)
def test_any_arrays_give_images_or_one_line(images, labels) -> None:
    try:
        found = made(images, labels)
    except DataFault as fault:
        assert "\n" not in str(fault)
    else:
        assert found.images.shape[1:] == (1, 28, 28)


def saved(path: Path, **held) -> Path:
    np.savez_compressed(path, **held)
    return path


@pytest.mark.parametrize(
    "held",
    [
        {"images": LEVELS, "labels": LABELS},
        {"x": LEVELS, "y": LABELS},
        {"x_train": LEVELS, "y_train": LABELS, "x_test": LEVELS[:9], "y_test": LABELS[:9]},
        {
            "train_images": LEVELS,
            "train_labels": LABELS,
            "test_images": LEVELS[:9],
            "test_labels": LABELS[:9],
        },
    ],
)
def test_an_archive_gives_three_splits_that_share_no_image(held, tmp_path) -> None:
    path = saved(tmp_path / "own.npz", **held)
    sets = [load_images(str(path), split=split) for split in ("train", "validation")]
    sets.append(load_images(str(path), split="test"))
    seen = [{image.numpy().tobytes() for image in each.images} for each in sets]
    assert not seen[0] & seen[1]
    if "images" in held or "x" in held:
        assert not seen[2] & (seen[0] | seen[1])
        assert [len(each) for each in sets] == [18, 6, 6]
    assert all(set(each.labels.tolist()) == {0, 1, 2} for each in sets)


def test_objects_in_an_archive_are_not_unpickled(tmp_path) -> None:
    mark = tmp_path / "mark"

    class Bomb:
        def __reduce__(self):
            return Path.touch, (mark,)

    objects = np.array([Bomb()] * 30, dtype=object)
    for held in ({"images": objects, "labels": LABELS}, {"images": LEVELS, "labels": objects}):
        path = saved(tmp_path / "own.npz", **held)
        with pytest.raises(DataFault, match="expected numbers, got objects"):
            of_archive(path, "test")
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(DataFault, match="expected a .npz file"):
        of_archive(path, "test")
    assert not mark.exists()


def test_a_zip_bomb_is_refused_by_its_headers(tmp_path, monkeypatch) -> None:
    path = saved(tmp_path / "own.npz", images=np.zeros((400, 28, 28)), labels=np.arange(400) % 3)
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(arrays, "MOST_BYTES", 100_000)
    with pytest.raises(DataFault, match="expected at most 100000 bytes, got an archive of"):
        of_archive(path, "test")


def test_an_array_that_claims_to_be_larger_than_it_is_is_refused(tmp_path) -> None:
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999, 28, 28), }\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(100)
    path = tmp_path / "own.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images.npy", content)
        archive.writestr("labels.npy", content)
    with pytest.raises(DataFault, match="expected as many numbers as it says"):
        of_archive(path, "test")


@given(content=st.binary(max_size=300))
def test_random_bytes_are_no_archive(content, tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("bytes") / "own.npz"
    path.write_bytes(content)
    with pytest.raises(DataFault):
        of_archive(path, "test")


@pytest.mark.parametrize("cut", [10, 100, 1000])
def test_a_truncated_archive_is_refused(cut, tmp_path) -> None:
    path = saved(tmp_path / "own.npz", images=LEVELS, labels=LABELS)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DataFault, match="expected a .npz file"):
        of_archive(path, "test")


def test_an_archive_without_images_says_what_it_has(tmp_path) -> None:
    path = saved(tmp_path / "own.npz", pictures=LEVELS)
    with pytest.raises(DataFault, match="expected arrays images and labels.*got pictures"):
        of_archive(path, "test")


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


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a/<script>alert(1)</script>.npz", "script"),
        ("../../mnist.npz", "own-mnist"),
        ("=cmd().npz", "cmd"),
        ("\u202egnp.npz", "gnp"),
        ("torchvision:KMNIST", "torchvision-kmnist"),
        ("own.py:make_it", "make-it"),
    ],
)
def test_names_in_tables_are_harmless(text, name) -> None:
    assert is_own(text)
    assert called_in_tables(text) == name
    assert Name.parse(text).base == name


def test_long_names_and_names_that_are_taken_stay_apart() -> None:
    long = [called_in_tables(f"{'a' * 300}{end}.npz") for end in "xy"]
    same = [called_in_tables(f"{place}/twin.npz") for place in "xy"]
    assert len(set(long)) == len(set(same)) == 2
    assert max(map(len, long)) <= 40
