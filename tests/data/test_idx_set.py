"""Sets of idx files: where they are found, how they split, and what is said where they are not."""

import sys
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
import torchvision

from capsprobe.data.base import Source
from capsprobe.data.idx_set import IdxFiles, cache_folder, load_idx
from capsprobe.faults import DataFault, EnvironmentFault
from tests.data.toys import write_idx_set


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "capsprobe"


@pytest.mark.parametrize("place", [".", "MNIST/raw"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_files_are_found_in_the_folder_or_as_torchvision_leaves_them(tmp_path, place, packed):
    files = write_idx_set(tmp_path / place, packed=packed)
    test = load_idx(files, "test", Source(folder=tmp_path))
    assert len(test) == 5
    assert test.images.shape == (5, 1, 6, 6)


def test_the_last_training_images_are_the_validation_split(tmp_path):
    source, files = Source(folder=tmp_path), write_idx_set(tmp_path)
    train, validation = (load_idx(files, split, source) for split in ("train", "validation"))
    assert train.ids.tolist() == list(range(8))
    assert validation.ids.tolist() == [8, 9, 10, 11]


def test_pixels_are_bytes_over_255(tmp_path):
    files = write_idx_set(tmp_path)
    images = load_idx(files, "test", Source(folder=tmp_path)).images
    assert torch.equal((images * 255.0).round() / 255.0, images)
    assert images.max().item() > 0.5


def test_a_folder_without_the_files_says_what_was_expected_and_what_is_there(tmp_path):
    files = write_idx_set(tmp_path / "elsewhere")
    with pytest.raises(DataFault, match=r"t10k-images-idx3-ubyte or .*found elsewhere"):
        load_idx(files, "test", Source(folder=tmp_path))


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    files = write_idx_set(tmp_path)
    with pytest.raises(DataFault, match="no such folder"):
        load_idx(files, "test", Source(folder=tmp_path / "nowhere"))


def test_files_known_by_their_packed_bytes_must_lie_there_packed(tmp_path):
    files = write_idx_set(tmp_path / "packed", packed=True, packed_hashes=True)
    assert len(load_idx(files, "test", Source(folder=tmp_path / "packed"))) == 5
    write_idx_set(tmp_path / "plain")
    with pytest.raises(DataFault, match=r"expected t10k-images-idx3-ubyte\.gz in"):
        load_idx(files, "test", Source(folder=tmp_path / "plain"))


def test_a_flipped_bit_is_refused(tmp_path):
    files = write_idx_set(tmp_path)
    path = tmp_path / "t10k-images-idx3-ubyte"
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataFault, match="expected SHA-256"):
        load_idx(files, "test", Source(folder=tmp_path))


def test_without_a_folder_the_cache_is_read_and_nothing_is_downloaded(cache, monkeypatch):
    files = write_idx_set(cache / "MNIST" / "raw")
    monkeypatch.setattr(torchvision.datasets, "MNIST", None)
    assert len(load_idx(files, "test", Source())) == 5


def test_what_torchvision_downloads_is_kept_and_read(cache, monkeypatch, capsys):
    made = []

    def download(root: Path, *, download: bool) -> None:
        # As torchvision does, which must not reach the user's stdout.
        sys.stdout.write("Extracting\n")
        made.append(write_idx_set(root / "MNIST" / "raw"))

    files = write_idx_set(cache.parent / "copy")
    monkeypatch.setattr(torchvision.datasets, "MNIST", download)
    assert len(load_idx(files, "test", Source())) == 5
    assert len(load_idx(files, "train", Source())) == 8
    assert len(made) == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("Error downloading train-images:\nTried there, got:\n<urlopen error>\n"),
        URLError("Name or service not known"),
        PermissionError(13, "Permission denied"),
    ],
)
def test_a_failed_download_names_the_mirrors_and_the_way_out(cache, monkeypatch, error):
    class Unreachable:
        mirrors = ("https://one.example/", "https://two.example/")

        def __init__(self, root: Path, *, download: bool) -> None:
            raise error

    monkeypatch.setattr(torchvision.datasets, "MNIST", Unreachable)
    files = IdxFiles(name="toy", torchvision="MNIST", sha256={"t10k-images-idx3-ubyte": "0"})
    with pytest.raises(EnvironmentFault, match="--data-dir") as caught:
        load_idx(files, "test", Source())
    assert "one.example" in str(caught.value)
    assert "two.example" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_relative_cache_home_is_ignored(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert cache_folder() == Path.home() / ".cache" / "capsprobe"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "capsprobe"
