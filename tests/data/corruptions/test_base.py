import re
from dataclasses import replace

import pytest
import torch

from capsprobe.data.corruptions.base import corrupt, corruption, corruptions, steps
from capsprobe.faults import DataFault, UsageFault
from tests.data.toys import bars


@pytest.mark.parametrize(
    ("kind", "severity", "text"),
    [
        ("noise/shots", 1, "unknown corruption 'noise/shots'. Did you mean 'noise/shot'?"),
        ("noise/shot", 6, "expected a severity from 1 to 5, got 6"),
        ("noise/shot", -1, "expected a severity from 1 to 5, got -1"),
    ],
)
def test_what_cannot_be_meant_is_refused(kind: str, severity: int, text: str) -> None:
    with pytest.raises(UsageFault, match=re.escape(text)):
        corrupt(bars(), kind=kind, severity=severity, seed=0)


@pytest.mark.parametrize(("shape", "text"), [((3, 28, 28), "3 of 28x28"), ((1, 28, 20), "28x20")])
def test_colours_and_oblong_images_are_refused(shape: tuple[int, ...], text: str) -> None:
    images = replace(bars(), images=torch.zeros(12, *shape))
    with pytest.raises(DataFault, match=f"expected square images of one channel, got .*{text}"):
        corrupt(images, kind="noise/shot", severity=0, seed=0)


def test_what_was_kept_is_not_handed_out_twice() -> None:
    one = corrupt(bars(), kind="light/brightness", severity=1, seed=0)
    one.images.zero_()
    two = corrupt(bars(), kind="light/brightness", severity=1, seed=0)
    assert two.images.max() == 1.0


def test_labels_and_ids_stay() -> None:
    images = bars(first_id=7)
    made = corrupt(images, kind="noise/impulse", severity=2, seed=0)
    assert torch.equal(made.labels, images.labels)
    assert torch.equal(made.ids, images.ids)


def test_a_step_is_the_square_root_of_two() -> None:
    assert steps(8.0, published=3) == pytest.approx((4.0, 32.0**0.5, 8.0, 128.0**0.5, 16.0))


def test_every_parameter_needs_five_values() -> None:
    with pytest.raises(ValueError, match="expected 5 values of each parameter of noise/none"):
        corruption("noise/none", published=1, amount=(1.0, 2.0))(lambda images, draws: images)
    assert "noise/none" not in corruptions
