"""Small image sets and idx files with known content."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import torch

from capsprobe.data.idx_set import IdxFiles
from capsprobe.data.images import ImageSet

SIDE = 28


def bars(*, per_class: int = 3, classes: int = 4, first_id: int = 0) -> ImageSet:
    """Return vertical bars in the middle of the canvas; class k is 2 k + 4 pixels tall, 4 wide."""
    labels = torch.arange(classes).repeat(per_class)
    images = torch.zeros(len(labels), 1, SIDE, SIDE)
    for row, label in enumerate(labels.tolist()):
        half = label + 2
        images[row, 0, 14 - half : 14 + half, 12:16] = 1.0
    return ImageSet(
        name="bars",
        split="test",
        classes=classes,
        images=images,
        labels=labels,
        ids=torch.arange(first_id, first_id + len(labels)),
    )


def idx_bytes(array: np.ndarray) -> bytes:
    """Return the bytes of an idx file."""
    shape = np.array(array.shape, dtype=">u4").tobytes()
    return bytes([0, 0, 8, array.ndim]) + shape + array.astype(np.uint8).tobytes()


def write_idx_set(folder: Path, *, packed: bool = False, packed_hashes: bool = False) -> IdxFiles:
    """Write twelve training and five test images; return their names and hashes."""
    rng = np.random.default_rng(0)
    hashes = {}
    folder.mkdir(parents=True, exist_ok=True)
    for part, count in (("train", 12), ("t10k", 5)):
        arrays = {
            f"{part}-images-idx3-ubyte": rng.integers(0, 256, (count, 6, 6)),
            f"{part}-labels-idx1-ubyte": rng.integers(0, 10, count),
        }
        for name, array in arrays.items():
            content = idx_bytes(array)
            stored = gzip.compress(content, mtime=0) if packed else content
            (folder / (f"{name}.gz" if packed else name)).write_bytes(stored)
            key, hashed = (f"{name}.gz", stored) if packed_hashes else (name, content)
            hashes[key] = hashlib.sha256(hashed).hexdigest()
    return IdxFiles(name="toy", torchvision="MNIST", sha256=hashes, validation=4)
