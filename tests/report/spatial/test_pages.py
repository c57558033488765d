from dataclasses import replace

import pandas as pd

from capsprobe.report import lexicon
from capsprobe.report.collect import collect
from capsprobe.report.exports import summaries_of
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.sections import Kept
from capsprobe.report.spatial.pages import exhibits
from tests.report.spatial import recorded


def test_every_exhibit_has_its_words(spatial: Evidence) -> None:
    shown = [each.key for each in exhibits(spatial)]
    assert shown == ["spatial", "spatial-classes"]
    assert set(shown) <= set(lexicon.EXHIBITS)


def test_figures_have_names_of_their_own(spatial: Evidence) -> None:
    names = [figure.name for each in exhibits(spatial) for figure in (*each.figures, *each.folded)]
    assert len(set(names)) == len(names) == 4


def test_a_run_with_nothing_measured_has_no_exhibits(spatial: Evidence) -> None:
    assert exhibits(replace(spatial, estimates=spatial.estimates.head(0))) == ()


def test_the_section_states_both_worst_cases() -> None:
    observations, run = recorded.observations(), recorded.run()
    kept = Kept(observations=observations, samples=pd.DataFrame())
    summary = collect(summaries_of(observations, run), kept, run)
    (statement,) = summary.statements
    assert [each.measure.condition for each in statement.differences] == [
        "spatial/worst-of-10",
        "spatial/grid",
    ]
    assert [round(each.estimate, 6) for each in statement.differences] == [0.1, 0.1]
    (part,) = summary.probes[0].parts
    assert (part.panels, len(part.exhibits)) == ((), 2)
