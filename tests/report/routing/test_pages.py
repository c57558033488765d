from dataclasses import replace

from capsprobe.report import lexicon
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.routing.pages import OVERVIEW, exhibits, has_exhibits


def test_every_question_has_its_exhibit_and_words(routing: Evidence, gate: Evidence) -> None:
    shown = [each.key for each in exhibits("routing", routing)]
    assert shown == [OVERVIEW, "concordance", "rounds", "pictures", "objective", "swap", "article"]
    assert [each.key for each in exhibits("gate", gate)] == [
        OVERVIEW,
        "drops",
        "variation",
        "driven",
    ]
    assert set(shown) - {OVERVIEW} <= set(lexicon.EXHIBITS)


def test_the_published_change_of_a_logit_stands_beside_ours(routing: Evidence) -> None:
    (rounds,) = [each for each in exhibits("routing", routing) if each.key == "rounds"]
    (change,) = [each for each in rounds.figures if getattr(each, "metric", "") == "logit_change"]
    assert [(mark.severity, mark.value) for mark in change.marks] == [(2.0, 0.007)]


def test_figures_have_names_of_their_own(routing: Evidence) -> None:
    names = [
        figure.name
        for each in exhibits("routing", routing)
        for figure in (*each.figures, *each.folded)
    ]
    assert len(set(names)) == len(names) > 10


def test_the_overview_has_the_numbers_that_were_chosen(routing: Evidence) -> None:
    overview = exhibits("routing", routing)[0]
    assert overview.grid is not None
    found = {(row.condition, row.metric, row.severity) for row in overview.grid.rows}
    assert ("concordance/first-means", "ari_shuffled", 3.0) in found
    assert ("swap/dynamic/kmeans", "cohen_kappa", 3.0) in found
    assert ("rounds", "logit_change", 3.0) not in found


def test_a_run_with_nothing_kept_has_no_pictures(routing: Evidence) -> None:
    bare = replace(routing, traces=routing.traces.head(0))
    assert "pictures" not in [each.key for each in exhibits("routing", bare)]


def test_a_run_with_nothing_measured_has_no_exhibits(routing: Evidence) -> None:
    bare = replace(
        routing,
        estimates=routing.estimates.head(0),
        observations=routing.observations.head(0),
        traces=routing.traces.head(0),
    )
    assert exhibits("routing", bare) == ()


def test_other_probes_have_curves() -> None:
    assert has_exhibits("gate")
    assert not has_exhibits("affine")
