from dataclasses import replace

from capsprobe.report.corruption.strips import strips
from capsprobe.report.routing.evidence import Evidence


def test_a_row_a_kind_and_the_clean_image_first(evidence: Evidence) -> None:
    (figure,) = strips(evidence)
    assert (figure.unit_id, figure.label) == (7, "3")
    assert figure.rows == ("blur/glass", "noise/shot")
    assert figure.severities == (0.0, 1.0, 2.0)
    for row in figure.pictures:
        assert [picture and picture[3][3] for picture in row] == [0, 100, 200]
        assert all(picture and len(picture) == len(picture[0]) == 4 for picture in row)


def test_the_severity_of_mnist_c_is_marked_where_it_was_shown(evidence: Evidence) -> None:
    (figure,) = strips(evidence)
    assert figure.published == (1.0, None)


def test_a_picture_that_was_not_kept_is_missing(evidence: Evidence) -> None:
    kept = evidence.traces
    gone = (kept["condition"] == "noise/shot") & (kept["severity"] == 2.0)
    (figure,) = strips(replace(evidence, traces=kept[~gone]))
    assert [picture is None for picture in figure.pictures[1]] == [False, False, True]


def test_without_pictures_there_is_no_figure(evidence: Evidence) -> None:
    assert strips(replace(evidence, traces=evidence.traces.head(0))) == ()
