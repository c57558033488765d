"""scikit-learn's digits: the fixed split, and pixels that checkpoints depend on."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from capsprobe.data.digits import digits
from capsprobe.data.overlay import boxes

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def parts():
    return {split: digits(split) for split in SPLITS}


def test_the_splits_have_their_sizes_and_share_no_image(parts):
    assert [len(parts[split]) for split in SPLITS] == [1077, 360, 360]
    ids = torch.cat([part.ids for part in parts.values()])
    assert ids.sort().values.tolist() == list(range(1797))


@pytest.mark.parametrize("split", SPLITS)
def test_each_class_has_its_share_of_each_split(parts, split):
    whole = np.bincount(load_digits().target) / 1797
    share = torch.bincount(parts[split].labels).numpy() / len(parts[split])
    np.testing.assert_allclose(share, whole, atol=0.005)


def test_labels_are_those_of_the_ids(parts):
    target = load_digits().target
    assert np.array_equal(parts["test"].labels.numpy(), target[parts["test"].ids.numpy()])


def test_ink_lies_in_the_box_of_20_pixels_in_the_middle(parts):
    ends = boxes(parts["train"].images)
    assert ends[:, 0::2].min().item() >= 4
    assert ends[:, 1::2].max().item() <= 24


def test_the_training_pixels_are_those_the_checkpoints_were_trained_on(parts):
    assert parts["train"].sha256.startswith("d3117f115a71a2bb")
