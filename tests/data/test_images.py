"""`ImageSet`: what it refuses, how it selects, what its hash depends on."""

from dataclasses import replace

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.data.images import ImageSet, grey_levels
from capsprobe.faults import DataFault, UsageFault


def numbered(count: int = 50) -> ImageSet:
    """Image i is filled with i / count; its parameters say i too."""
    return ImageSet(
        name="numbered",
        split="test",
        classes=10,
        images=(torch.arange(count) / count).view(-1, 1, 1, 1).expand(-1, 1, 2, 2).contiguous(),
        labels=torch.arange(count) % 10,
        ids=torch.arange(count) * 3,
        parameters=pd.DataFrame({"number": range(count)}),
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"images": torch.full((50, 1, 2, 2), 1.5)}, r"pixels in \[0, 1\]"),
        ({"images": torch.full((50, 1, 2, 2), -0.1)}, r"pixels in \[0, 1\]"),
        ({"images": torch.full((50, 1, 2, 2), float("nan"))}, "finite"),
        ({"parameters": pd.DataFrame({"number": [1]})}, "as many labels"),
        ({"labels": torch.full((50,), 10)}, r"labels in 0\.\.9"),
        ({"labels": torch.full((50,), -1)}, r"labels in 0\.\.9"),
    ],
)
def test_a_set_that_cannot_be_used_is_refused(change, says):
    with pytest.raises(DataFault, match=says):
        replace(numbered(), **change)


def test_an_empty_set_is_refused():
    with pytest.raises(DataFault, match="at least one image"):
        numbered().take(torch.arange(0))


def test_pairs_of_labels_are_a_set_too():
    images = numbered()
    pair = torch.stack([images.labels, (images.labels + 1) % 10], dim=1)
    assert replace(images, labels=pair).limit(7).labels.shape == (7, 2)


def test_a_selection_keeps_ids_and_parameters_with_their_images():
    chosen = numbered().take(torch.tensor([4, 2]))
    assert chosen.ids.tolist() == [12, 6]
    assert chosen.parameters["number"].tolist() == [4, 2]
    assert chosen.images[:, 0, 0, 0].tolist() == pytest.approx([4 / 50, 2 / 50])


@given(st.integers(1, 49), st.integers(1, 49))
def test_a_smaller_limit_lies_inside_a_larger_one(one, other):
    small, large = sorted((one, other))
    images = numbered()
    inner, outer = images.limit(small), images.limit(large)
    assert len(inner) == small
    assert set(inner.ids.tolist()) <= set(outer.ids.tolist())
    assert outer.limit(small).ids.tolist() == inner.ids.tolist()


def test_a_limit_keeps_the_order_and_repeats():
    chosen = numbered().limit(20)
    assert chosen.ids.tolist() == sorted(chosen.ids.tolist())
    assert chosen.sha256 == numbered().limit(20).sha256


def test_a_limit_is_a_random_choice_and_not_the_first():
    chosen = numbered(1000).limit(100).parameters["number"]
    assert 350 < chosen.mean() < 650
    assert chosen.max() > 900


def test_a_limit_depends_on_the_set_but_not_on_the_order_of_its_images():
    images = numbered()
    turned = images.take(torch.arange(49, -1, -1))
    assert set(turned.limit(10).ids.tolist()) == set(images.limit(10).ids.tolist())
    assert (
        replace(images, split="validation").limit(10).ids.tolist() != images.limit(10).ids.tolist()
    )


@pytest.mark.parametrize("count", [None, 50, 10**9])
def test_no_limit_or_one_beyond_the_set_keeps_everything(count):
    assert len(numbered().limit(count)) == 50


@pytest.mark.parametrize("count", [0, -1])
def test_a_limit_below_one_is_refused(count):
    with pytest.raises(UsageFault, match="at least 1 image"):
        numbered().limit(count)


@pytest.mark.parametrize("part", ["images", "labels", "ids"])
def test_the_hash_changes_with_every_part(part):
    images = numbered()
    changed = getattr(images, part).clone()
    changed[0] = 1
    assert replace(images, **{part: changed}).sha256 != images.sha256


def test_grey_levels_are_rounded_and_in_reading_order():
    image = torch.tensor([[[0.0, 1.0], [0.5, 0.25]]])
    assert grey_levels(image) == [0, 255, 128, 64]
