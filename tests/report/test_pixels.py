import base64
import io

import matplotlib.image
import numpy as np
from hypothesis import given
from hypothesis.extra import numpy as arrays

from capsprobe.report.pixels import difference_picture, grey_picture


def read(uri: str) -> np.ndarray:
    """Return the pixels as another program reads them, 0 to 255."""
    head, _, data = uri.partition(",")
    assert head == "data:image/png;base64"
    return np.round(255 * matplotlib.image.imread(io.BytesIO(base64.b64decode(data))))


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_grey_picture_holds_the_pixels(pixels: np.ndarray) -> None:
    np.testing.assert_array_equal(read(grey_picture(pixels)), pixels)


def test_added_ink_is_orange_and_lost_ink_is_blue() -> None:
    clean = np.array([[0, 255, 9]], dtype=np.uint8)
    perturbed = np.array([[255, 0, 9]], dtype=np.uint8)
    added, lost, same = read(difference_picture(clean, perturbed))[0]
    assert added[0] > 150 > added[2]
    assert lost[2] > 150 > lost[0]
    assert same.min() > 240


def test_small_changes_can_be_seen_and_none_is_none() -> None:
    clean = np.array([[100, 100]], dtype=np.uint8)
    more, same = read(difference_picture(clean, np.array([[103, 100]], dtype=np.uint8)))[0]
    assert more[2] < 50
    assert same.min() > 240
    assert read(difference_picture(clean, clean)).min() > 240
