"""Reading the official affNIST test set: 32 MATLAB files of 10 000 images each.

A file holds one struct, `affNISTdata`, with the fields `image` (1600 x images, bytes, one image
a column, its rows one after the other) and `label_int` (1 x images), among others.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int64, UInt8
from scipy.io import loadmat

from capsprobe.data.images import ImageSet
from capsprobe.faults import DataFault

SIDE = 40
_STRUCT = "affNISTdata"
# Where the archive's folders may lie in the one that the user names.
_FOLDERS = (
    ".",
    "test_batches",
    "transformed/test_batches",
    "affNIST/test_batches",
    "affnist/test_batches",
    "affNIST",
    "affnist",
)


def find_mat_files(folder: Path) -> tuple[Path, ...]:
    """Return `1.mat`, `2.mat` and so on in the folder or in the archive's folders, in order."""
    for name in _FOLDERS:
        found = [path for path in (folder / name).glob("*.mat") if path.stem.isdecimal()]
        if found:
            return tuple(sorted(found, key=lambda path: int(path.stem)))
    return ()


def read_mat_files(paths: tuple[Path, ...]) -> ImageSet:
    """Return the images of these files, one file after the other; each takes 64 MB.

    The parameters say file and column. Where the labels of all files agree column by column,
    the files are versions of the same digits and the column is the id; otherwise ids just count.

    Raises
    ------
    DataFault
        Where a file is damaged or holds something else.
    """
    read = [_read(path) for path in paths]
    labels = np.concatenate([part for _, part in read])
    columns = np.concatenate([np.arange(len(part)) for _, part in read])
    files = np.repeat([int(path.stem) for path in paths], [len(part) for _, part in read])
    same = all(np.array_equal(part, read[0][1]) for _, part in read)
    return ImageSet(
        name="affnist",
        split="test",
        classes=10,
        images=torch.cat([torch.from_numpy(pixels).float().div_(255.0) for pixels, _ in read]),
        labels=torch.from_numpy(labels),
        ids=torch.from_numpy(columns if same else np.arange(len(labels))),
        parameters=pd.DataFrame({"file": files, "column": columns}),
    )


def _read(
    path: Path,
) -> tuple[UInt8[np.ndarray, "images 1 height width"], Int64[np.ndarray, " images"]]:
    try:
        content = loadmat(path, variable_names=[_STRUCT])
    except Exception as error:
        # SciPy raises whatever the bytes happen to lead to: a dozen kinds, by trial.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataFault(f"{path}: expected a MATLAB file, got: {reason}") from error
    try:
        struct = content[_STRUCT]
        pixels, labels = struct["image"][0, 0], struct["label_int"][0, 0]
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise DataFault(
            f"{path}: expected a struct {_STRUCT} with image and label_int, found none"
        ) from error
    return _checked(path, np.asarray(pixels), np.asarray(labels).reshape(-1))


def _checked(
    path: Path, pixels: np.ndarray, labels: np.ndarray
) -> tuple[UInt8[np.ndarray, "images 1 height width"], Int64[np.ndarray, " images"]]:
    if pixels.dtype != np.uint8 or pixels.shape != (SIDE * SIDE, len(labels)):
        raise DataFault(
            f"{path}: expected bytes of shape ({SIDE * SIDE}, {len(labels)}), "
            f"got {pixels.dtype} of shape {pixels.shape}"
        )
    if not np.issubdtype(labels.dtype, np.number):
        raise DataFault(f"{path}: expected whole numbers as labels, got {labels.dtype}")
    images = np.ascontiguousarray(pixels.T).reshape(-1, 1, SIDE, SIDE)
    return images, labels.astype(np.int64)
