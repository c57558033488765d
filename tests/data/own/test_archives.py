"""Archives of arrays as users bring them: read, or refused, and nothing in them run."""

import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsprobe import load_images
from capsprobe.data.own import arrays
from capsprobe.data.own.arrays import of_archive
from capsprobe.faults import DataFault

RNG = np.random.default_rng(0)
LEVELS = RNG.integers(0, 256, (30, 28, 28), dtype=np.uint8)
LABELS = np.arange(30) % 3


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
