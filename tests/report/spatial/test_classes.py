from dataclasses import replace

import pytest

from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.shifts import NATURAL
from capsprobe.report.spatial.classes import matrices


def test_every_class_has_its_cell(spatial: Evidence) -> None:
    (matrix,) = matrices(spatial, "spatial/worst-of-10", severity=1.0)
    assert matrix.rows == ("capsnet", "cnn")
    assert matrix.columns == ("0", "1", "2", "3")
    # The first 24 of 40 images stand, six of each class's ten; for cnn the first 20.
    assert matrix.values == (pytest.approx((0.6,) * 4), pytest.approx((0.5,) * 4))
    assert (matrix.n_units, matrix.condition) == ((10, 10), "spatial/worst-of-10")


def test_what_nothing_was_done_to_is_natural(spatial: Evidence) -> None:
    (matrix,) = matrices(spatial, "spatial/random", severity=0.0)
    assert matrix.condition == NATURAL
    assert matrix.values == ((1.0,) * 4, (1.0,) * 4)


def test_classes_of_fewer_than_ten_images_have_no_figure(spatial: Evidence) -> None:
    assert matrices(spatial, "spatial/grid", severity=1.0) == ()


def test_a_class_that_a_model_was_not_asked_about_has_an_empty_cell(spatial: Evidence) -> None:
    held = spatial.estimates
    missing = (held["model"] == "cnn") & (held["metric"] == "correct_2")
    bare = replace(spatial, estimates=held[~missing])
    (matrix,) = matrices(bare, "spatial/worst-of-10", severity=1.0)
    assert matrix.values[1][2] is None
