from dataclasses import replace

import numpy as np
import pytest
import torch

from capsprobe.data.corruptions.base import corrupt, corruptions
from capsprobe.data.images import ImageSet
from tests.data.toys import bars


def grey(level: float) -> ImageSet:
    images = bars()
    return replace(images, images=torch.full_like(images.images, level))


@pytest.mark.parametrize("severity", [1, 3, 5])
def test_shot_noise_has_the_mean_and_variance_of_counted_photons(severity: int) -> None:
    photons = corruptions["noise/shot"].at(severity)["photons"]
    # So dark that nothing is clipped.
    made = corrupt(grey(0.05), kind="noise/shot", severity=severity, seed=0).images.double()
    kept = made[made < 1.0]
    assert kept.numel() > 0.995 * made.numel()
    assert made.mean().item() == pytest.approx(0.05, abs=0.004)
    assert made.var().item() == pytest.approx(0.05 / photons, rel=0.1)
    counts = (kept * photons).numpy()
    assert np.abs(counts - np.round(counts)).max() < 1e-5


def test_shot_noise_leaves_black_black() -> None:
    made = corrupt(bars(), kind="noise/shot", severity=5, seed=0).images
    assert not made[bars().images == 0.0].any()


@pytest.mark.parametrize("severity", [1, 4, 5])
def test_impulses_hit_their_fraction_of_the_pixels_half_white_half_black(severity: int) -> None:
    amount = corruptions["noise/impulse"].at(severity)["amount"]
    made = corrupt(grey(0.5), kind="noise/impulse", severity=severity, seed=0).images
    for colour in (0.0, 1.0):
        found = (made == colour).double().mean().item()
        assert found == pytest.approx(amount / 2.0, abs=4.0 * (amount / 2.0 / made.numel()) ** 0.5)
    assert set(made.unique().tolist()) == {0.0, 0.5, 1.0}


def test_an_impulse_that_hit_stays_at_greater_severities() -> None:
    less, more = (
        corrupt(grey(0.5), kind="noise/impulse", severity=severity, seed=0).images
        for severity in (2, 5)
    )
    assert torch.equal(more[less != 0.5], less[less != 0.5])
