"""Networks of pixels in another range: refused where there is evidence, not on a handful."""

import pytest

from capsprobe.models.own.ranges import _by_chance


@pytest.mark.parametrize(
    ("one", "other", "count", "by_chance"),
    [(0.75, 1.0, 4, True), (0.0, 1.0, 4, True), (0.1, 0.9, 20, False), (0.5, 0.9, 200, False)],
)
def test_a_handful_of_images_decides_nothing(one, other, count, by_chance) -> None:
    assert _by_chance(one, other, count) is by_chance
