"""The official affNIST files, here with made-up pixels in the same layout."""

import gzip

import numpy as np
import pytest
from scipy.io import savemat

from capsprobe.data.mat import find_mat_files, read_mat_files
from capsprobe.faults import DataFault

COUNT = 6


def write(path, *, seed=0, labels=None, **changes):
    rng = np.random.default_rng(seed)
    fields = {
        "image": rng.integers(0, 256, (1600, COUNT)).astype(np.uint8),
        "label_int": np.arange(COUNT, dtype=np.uint8)[None] if labels is None else labels,
        "label_one_of_n": np.eye(10, COUNT),
    } | changes
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"affNISTdata": {k: v for k, v in fields.items() if v is not None}})
    return fields["image"]


def test_a_column_is_an_image_row_after_row(tmp_path):
    pixels = write(tmp_path / "1.mat")
    images = read_mat_files((tmp_path / "1.mat",))
    assert images.images.shape == (COUNT, 1, 40, 40)
    assert images.labels.tolist() == list(range(COUNT))
    assert images.images[2, 0, 3, 5].item() == pytest.approx(pixels[3 * 40 + 5, 2] / 255)


@pytest.mark.parametrize("place", [".", "test_batches", "transformed/test_batches", "affNIST"])
def test_the_files_are_found_in_the_archives_folders_in_the_order_of_their_numbers(tmp_path, place):
    for number in (10, 2, 1):
        write(tmp_path / place / f"{number}.mat")
    (tmp_path / place / "notes.mat").write_text("not one of them")
    assert [path.stem for path in find_mat_files(tmp_path)] == ["1", "2", "10"]


def test_a_folder_without_them_gives_none(tmp_path):
    assert find_mat_files(tmp_path) == ()


def test_versions_of_the_same_digits_share_ids(tmp_path):
    paths = (tmp_path / "1.mat", tmp_path / "2.mat")
    write(paths[0])
    write(paths[1], seed=1)
    images = read_mat_files(paths)
    assert images.ids.tolist() == [*range(COUNT)] * 2
    assert images.parameters["file"].tolist() == [1] * COUNT + [2] * COUNT


def test_files_with_other_labels_are_other_digits(tmp_path):
    paths = (tmp_path / "1.mat", tmp_path / "2.mat")
    write(paths[0])
    write(paths[1], labels=np.arange(COUNT, dtype=np.uint8)[None, ::-1])
    assert read_mat_files(paths).ids.tolist() == list(range(2 * COUNT))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"image": np.zeros((1599, COUNT), np.uint8)}, r"expected bytes of shape \(1600, 6\)"),
        ({"image": np.zeros((1600, COUNT))}, "expected bytes"),
        ({"image": None}, "expected a struct affNISTdata"),
        ({"label_int": None}, "expected a struct affNISTdata"),
        ({"labels": np.array([["a"]])}, "expected bytes|whole numbers"),
        ({"labels": np.full((1, COUNT), 12)}, r"labels in 0\.\.9"),
    ],
)
def test_a_foreign_struct_is_refused_in_one_line(tmp_path, change, says):
    write(tmp_path / "1.mat", **change)
    with pytest.raises(DataFault, match=says) as caught:
        read_mat_files((tmp_path / "1.mat",))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("length", [0, 10, 127, 200, 3000])
def test_a_truncated_file_is_refused(tmp_path, length):
    path = tmp_path / "1.mat"
    write(path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(DataFault, match=r"1\.mat") as caught:
        read_mat_files((path,))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"<html>403</html>" * 20, gzip.compress(b"x" * 500, mtime=0)])
def test_another_files_bytes_are_refused(tmp_path, content):
    path = tmp_path / "1.mat"
    path.write_bytes(content)
    with pytest.raises(DataFault, match=r"1\.mat"):
        read_mat_files((path,))


def test_another_struct_is_refused(tmp_path):
    savemat(tmp_path / "1.mat", {"something": np.zeros(3)})
    with pytest.raises(DataFault, match="expected a struct affNISTdata"):
        read_mat_files((tmp_path / "1.mat",))
