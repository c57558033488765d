"""scikit-learn's 1797 scanned digits: real handwriting that comes with a dependency, offline.

UCI's test set of optical digits (Alpaydin and Kaynak 1998), 8x8 counts of 0 to 16, here
resampled to a 20x20 box in the middle of a 28x28 canvas, the frame that MNIST uses.
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.nn.functional import interpolate

from capsprobe.data.base import Source, Split, datasets
from capsprobe.data.images import ImageSet
from capsprobe.data.move import centre

BOX = 20
CANVAS = 28
_SPLIT_SEED = 0
_HELD_OUT = 360


@datasets.register("digits")
def digits(split: Split, source: Source = Source()) -> ImageSet:
    """Return 1077 training, 360 validation or 360 test digits; the split is fixed, stratified."""
    bunch = load_digits()
    rows = _rows(bunch.target)[split]
    small = torch.from_numpy(bunch.images[rows].astype(np.float32) / 16.0).unsqueeze(1)
    box = interpolate(small, (BOX, BOX), mode="bicubic", align_corners=False).clamp(0.0, 1.0)
    # In steps of 1/255, so that the last bit of another processor does not change the hash.
    box = (box * 255.0).round() / 255.0
    return ImageSet(
        name="digits",
        split=split,
        classes=10,
        images=centre(box, canvas=CANVAS),
        labels=torch.from_numpy(bunch.target[rows].astype(np.int64)),
        ids=torch.from_numpy(rows.astype(np.int64)),
    )


def _rows(labels: np.ndarray) -> dict[Split, np.ndarray]:
    everything = np.arange(len(labels))
    rest, test = train_test_split(
        everything, test_size=_HELD_OUT, stratify=labels, random_state=_SPLIT_SEED
    )
    train, validation = train_test_split(
        rest, test_size=_HELD_OUT, stratify=labels[rest], random_state=_SPLIT_SEED
    )
    return {"train": np.sort(train), "validation": np.sort(validation), "test": np.sort(test)}
