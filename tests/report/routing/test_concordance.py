import pytest

from capsprobe.report.routing.concordance import EUCLIDEAN, SPHERICAL, violins
from capsprobe.report.routing.evidence import Evidence


def test_spreads_are_those_of_the_images(routing: Evidence) -> None:
    found = violins(routing, EUCLIDEAN, "ari")
    assert [each.condition for each in found] == [f"concordance/{name}" for name in EUCLIDEAN]
    first = found[0].spreads[0]
    assert (first.model, found[0].severity) == ("capsnet", 3.0)
    assert (first.values[0], first.values[-1]) == pytest.approx((0.4, 0.6))
    assert (first.shuffled[0], first.shuffled[-1]) == pytest.approx((0.15, 0.35))
    assert (found[0].n_seeds, found[0].n_units) == ((2, 2), (30, 30))


def test_nulls_are_their_median_and_the_middle_of_the_images(routing: Evidence) -> None:
    nulls = dict(violins(routing, EUCLIDEAN, "ari")[0].spreads[1].nulls)
    assert nulls["uniform"].estimate == pytest.approx(0.0, abs=1e-9)
    assert (nulls["random"].lower, nulls["random"].upper) == pytest.approx((-0.19, -0.01), abs=5e-3)


def test_a_kind_that_was_not_measured_has_no_figure(routing: Evidence) -> None:
    assert violins(routing, SPHERICAL, "ari") == ()
