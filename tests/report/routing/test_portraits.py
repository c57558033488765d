import pytest

from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.routing.portraits import portraits


def test_each_image_is_as_the_probe_kept_it(routing: Evidence) -> None:
    first, second = portraits(routing)
    assert (first.model, first.unit_id, first.label, second.unit_id) == ("capsnet", 5, "1", 8)
    assert first.winner == 1
    assert [frame.severity for frame in first.frames] == [1.0, 3.0]
    assert first.frames[1].centres[0] == (0.0, 3.0)
    assert first.explained == 0.75


def test_children_are_sorted_by_the_parent_that_they_give_most_to(routing: Evidence) -> None:
    first = portraits(routing)[0]
    given = first.frames[1].coefficients
    assert given == ((0.9, 0.1), (0.6, 0.4), (0.2, 0.8), (0.4, 0.6))
    # Child 1 is first now; its votes for parents 0 and 1 were the third and fourth of all.
    assert first.votes[0][0] == pytest.approx((4.0 + 5, 5.0 + 5))
    assert first.votes[1][0] == pytest.approx((6.0 + 5, 7.0 + 5))
