"""Whether the judge keeps its word: simulated studies of which the truth is known."""

import gc

import numpy as np
import pytest

from capsprobe.claims.base import Hypothesis, claims, in_order
from capsprobe.claims.findings import Finding, finding
from capsprobe.claims.judge import Verdict, decide
from capsprobe.stats.crossed import Sample, crossed
from capsprobe.stats.families import LEVEL

ASKED = tuple(claim for claim in in_order() if claim.primary)
FIRST_STEP = LEVEL / (2 * len(ASKED))
STUDIES = 1000
UNITS = 60
# Three standard errors of a fraction of 5 %.
ALLOWED = LEVEL + 3.0 * (LEVEL * (1.0 - LEVEL) / STUDIES) ** 0.5


@pytest.fixture(autouse=True)
def without_collections(monkeypatch: pytest.MonkeyPatch) -> None:
    # statsmodels looks for garbage at each correction, which takes longer than a study.
    monkeypatch.setattr(gc, "collect", lambda: 0)


def size(hypothesis: Hypothesis) -> float:
    return abs(hypothesis.margin) or 0.1


def observed(
    effect: float,
    spread: float,
    seeds: int,
    rng: np.random.Generator,
    *,
    ratio: float = 1.0,
) -> Sample:
    """Return an effect as a study sees it: seeds, images and both together scatter it.

    `ratio` is the images' part of the mean's variance over that of one seed.
    """
    wide = spread * (ratio * UNITS) ** 0.5
    values = (
        effect
        + rng.normal(0.0, spread, (seeds, 1))
        + rng.normal(0.0, wide, (1, UNITS))
        + rng.normal(0.0, wide, (seeds, UNITS))
    )
    by_unit = values.mean(axis=0)
    return Sample(by_seed=values.mean(axis=1), influence=(by_unit - by_unit.mean()) / UNITS)


def found(
    hypothesis: Hypothesis,
    effect: float,
    spread: float,
    seeds: int,
    rng: np.random.Generator,
    *,
    ratio: float = 1.0,
) -> Finding:
    mean = crossed(observed(effect, spread, seeds, rng, ratio=ratio))
    return finding(hypothesis, mean, FIRST_STEP)


def study(
    truth, spread: float, seeds: int, rng: np.random.Generator, *, ratio: float = 1.0
) -> tuple[Verdict, ...]:
    """Return the verdicts of a study in which hypotheses have the effects that `truth` gives."""
    findings = [
        [
            found(each, truth(each), spread * size(each), seeds, rng, ratio=ratio)
            for each in claim.primary
        ]
        for claim in ASKED
    ]
    return decide(ASKED, findings)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("ratio", [0.0, 0.02, 0.1, 0.3, 1.0, 10.0])
def test_at_the_margin_any_verdict_is_wrong_and_rare(seeds: int, ratio: float) -> None:
    rng = np.random.default_rng(seeds)
    wrong = sum(
        any(
            each.word != "undecided"
            for each in study(lambda h: h.margin, 1.0, seeds, rng, ratio=ratio)
        )
        for _ in range(STUDIES)
    )
    assert wrong / STUDIES <= ALLOWED


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [3, 5])
def test_without_an_effect_no_claim_is_supported_but_by_chance(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    # Of claims that say something is there; nothing is what "within" and "not worse" are about.
    asserting = {
        claim.id
        for claim in ASKED
        if any(h.kind == "above" and h.margin > 0.0 for h in claim.primary)
    }
    wrong = sum(
        any(
            each.word in ("supported", "equivalent") and each.claim.id in asserting
            for each in study(lambda h: 0.0, 0.3, seeds, rng)
        )
        for _ in range(STUDIES)
    )
    assert wrong / STUDIES <= ALLOWED


@pytest.mark.slow
def test_what_holds_is_not_refuted_but_by_chance() -> None:
    rng = np.random.default_rng(0)

    def truth(hypothesis: Hypothesis) -> float:
        beyond = hypothesis.margin + size(hypothesis)
        return 0.0 if hypothesis.kind == "within" else beyond

    wrong = sum(
        any(each.word == "refuted" for each in study(truth, 1.0, 5, rng)) for _ in range(STUDIES)
    )
    assert wrong / STUDIES <= ALLOWED


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.05, 0.2, 1.0])
def test_twice_the_margin_is_found_or_the_power_line_says_that_it_could_not(spread: float) -> None:
    rng = np.random.default_rng(1)
    hypothesis = claims["robustness"].primary[0]
    effect = 2.0 * hypothesis.margin
    held = [found(hypothesis, effect, spread * size(hypothesis), 5, rng) for _ in range(STUDIES)]
    shown = np.mean([each.p_for < FIRST_STEP for each in held])
    promised = np.mean([each.detectable <= effect for each in held])
    assert shown >= 0.8 or promised < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [3, 5])
def test_the_power_line_is_true_of_the_spread_that_it_was_made_from(seeds: int) -> None:
    rng = np.random.default_rng(2)
    hypothesis = claims["robustness"].primary[0]
    # With seeds alone the test is Student's, and its power exact.
    values = np.array([0.3, -0.1, 0.2, 0.0, 0.4])[:seeds]
    mean = crossed(Sample(by_seed=values, influence=np.zeros(0)))
    promised = finding(hypothesis, mean, FIRST_STEP).detectable
    shown = [
        crossed(
            Sample(by_seed=rng.normal(promised, values.std(ddof=1), seeds), influence=np.zeros(0))
        ).p_above(hypothesis.margin)
        < FIRST_STEP
        for _ in range(4 * STUDIES)
    ]
    assert np.mean(shown) == pytest.approx(0.8, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_equivalence_keeps_its_level_at_the_margin(seeds: int, side: float) -> None:
    rng = np.random.default_rng(3)
    hypothesis = next(h for h in claims["clustering"].primary if h.kind == "within")
    effect = side * hypothesis.margin
    wrong = [
        found(hypothesis, effect, 0.1 * hypothesis.margin, seeds, rng).p_for < LEVEL
        for _ in range(STUDIES)
    ]
    assert np.mean(wrong) <= ALLOWED
