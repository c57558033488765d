import math

import numpy as np
import pytest
import torch

from capsprobe.data.corruptions.base import corrupt, corruptions
from capsprobe.data.corruptions.clutter import corners, stroke
from capsprobe.data.digits import digits

IMAGES = digits("test").limit(6)


def test_a_stroke_fades_with_the_logarithm_of_the_distance() -> None:
    found = stroke(9, (0.0, 4.0), (8.0, 4.0), 2.3)
    assert found[:, 0] == pytest.approx(
        [0, 0, max(0.0, 1 + math.log(1 - 2 / 2.3)), 1 + math.log(1 - 1 / 2.3), 1.0]
        + [1 + math.log(1 - 1 / 2.3), max(0.0, 1 + math.log(1 - 2 / 2.3)), 0, 0]
    )
    assert not found[:, 8].any()


def test_a_stroke_goes_through_its_ends_and_no_farther() -> None:
    found = stroke(28, (3.0, 5.0), (13.0, 25.0), 2.3)
    assert [int(row) for row in found[:, 3:13].argmax(axis=0)] == list(range(5, 25, 2))
    assert not found[:, :3].any()
    assert not found[:, 13:].any()


def test_a_dotted_line_is_off_for_two_columns_and_on_for_two() -> None:
    made = corrupt(IMAGES, kind="clutter/dotted-line", severity=3, seed=0).images
    added = (made - IMAGES.images).amax(dim=(0, 1, 2)) > 0.0
    assert added.tolist() == [column // 2 % 2 == 1 and column != 27 for column in range(28)]


@pytest.mark.parametrize("kind", ["clutter/dotted-line", "clutter/zigzag"])
def test_lines_only_add_ink_and_the_thicker_one_holds_the_thinner(kind: str) -> None:
    thin, thick = (
        corrupt(IMAGES, kind=kind, severity=severity, seed=0).images for severity in (2, 4)
    )
    assert (thin >= IMAGES.images).all()
    assert (thick >= thin).all()


def test_a_zigzag_has_teeth_of_two_pixels_either_way_of_its_axis() -> None:
    points = np.array(corners((2.0, 10.0), (25.0, 10.0)))
    assert points[0].tolist() == [2.0, 10.0]
    assert points[-1].tolist() == [25.0, 10.0]
    assert points[1:-1, 1].tolist() == [12.0, 8.0, 12.0, 8.0, 12.0, 8.0]
    assert points[1:-1, 0].tolist() == [4.0, 8.0, 12.0, 16.0, 20.0, 24.0]


def test_mud_is_dark_grey_and_covers_ink() -> None:
    white = torch.ones_like(IMAGES.images)
    made = corrupt(
        type(IMAGES)(
            name="white",
            split="test",
            classes=10,
            images=white,
            labels=IMAGES.labels,
            ids=IMAGES.ids,
        ),
        kind="clutter/spatter",
        severity=3,
        seed=0,
    ).images
    assert made.min().item() == pytest.approx(63.0 / 255.0, abs=1e-3)
    # Thinner than 0.8 it is not there at all.
    between = made[(made < 1.0)]
    assert between.max().item() <= 1.0 - 0.8 * (1.0 - 63.0 / 255.0) + 1e-6
    assert between.numel() > 0


def test_mnist_c_shows_spatter_at_its_fourth_severity() -> None:
    assert corruptions["clutter/spatter"].published == 4
