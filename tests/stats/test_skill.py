from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from capsprobe.stats.bootstrap import seed_counts, unit_counts
from capsprobe.stats.intervals import percentiles
from capsprobe.stats.skill import SKILL_COLUMNS, chance, skill
from tests.oracles import stats as oracle
from tests.stats.toys import curves, observed

TABLE = curves({"a": 1.0, "b": 0.8}, seeds=2, severities=(0.0, 15.0, 30.0))


@pytest.mark.parametrize("classes", [2, 3, 5, 10])
def test_chance_is_what_all_guesses_score_on_average(classes: int) -> None:
    pairs = [set(pair) for pair in combinations(range(classes), 2)]
    hits = np.array([[len(truth & guess) for truth in pairs] for guess in pairs])
    assert chance("exact_match", classes) == pytest.approx((hits == 2).mean())
    assert chance("almost", classes) == pytest.approx((hits >= 1).mean())
    assert chance("recall", classes) == pytest.approx(hits.mean() / 2.0)
    assert chance("correct", classes) == pytest.approx(1.0 / classes)


def test_ten_classes_have_the_known_chances() -> None:
    found = [chance(metric, 10) for metric in ("correct", "exact_match", "almost", "recall")]
    assert found == pytest.approx([1.0 / 10.0, 1.0 / 45.0, 17.0 / 45.0, 1.0 / 5.0])


def test_a_metric_that_nobody_can_guess_has_no_chance() -> None:
    assert chance("perturbation_norm", 10) is None


def test_one_class_is_no_question() -> None:
    with pytest.raises(ValueError, match="at least 2 classes, got 1"):
        chance("correct", 1)


def test_skill_is_the_ratio_above_chance() -> None:
    clean, turned = np.repeat([1.0, 0.0], [9, 1]), np.repeat([1.0, 0.0], [5, 5])
    found = skill(pd.concat([observed(clean), observed(turned, severity=30.0)]))
    assert tuple(found.columns) == SKILL_COLUMNS
    assert found["severity"].tolist() == [0.0, 30.0]
    assert found["estimate"].tolist() == pytest.approx([1.0, (0.5 - 0.1) / (0.9 - 0.1)])
    assert found["chance"].tolist() == [0.1, 0.1]


def test_numerator_and_denominator_share_their_draws() -> None:
    rng = np.random.default_rng(0)
    clean, turned = (rng.random((15, 2)) < 0.9) * 1.0, (rng.random((15, 2)) < 0.6) * 1.0
    table = pd.concat(
        [observed(clean[:, seed], seed=seed) for seed in (0, 1)]
        + [observed(turned[:, seed], seed=seed, severity=1.0) for seed in (0, 1)]
    )
    found = skill(table)
    counts = seed_counts(2), unit_counts(15)
    above = np.array(oracle.bootstrap(clean, *counts)) - 0.1
    slow = (np.array(oracle.bootstrap(turned, *counts)) - 0.1) / above
    ends = percentiles(slow[above >= 0.05][:, None])[:, 0]
    assert found.loc[1, ["lower", "upper"]].tolist() == pytest.approx(ends)
    assert found.loc[0, ["lower", "upper"]].tolist() == [1.0, 1.0]


def test_each_model_is_measured_by_its_own_clean_accuracy() -> None:
    both = skill(TABLE)
    alone = skill(TABLE[TABLE["model"] == "b"])
    pd.testing.assert_frame_equal(both[both["model"] == "b"].reset_index(drop=True), alone)


def test_skill_is_left_out_for_a_model_at_chance() -> None:
    guessing = observed(np.repeat([1.0, 0.0], [7, 43]))
    found = skill(pd.concat([guessing, guessing.assign(severity=15.0)]))
    assert tuple(found.columns) == SKILL_COLUMNS
    assert found.empty


def test_draws_in_which_the_model_is_at_chance_drop_out() -> None:
    clean, turned = np.array([[1.0], [0.0], [0.0]]), np.array([[0.0], [1.0], [1.0]])
    found = skill(pd.concat([observed(clean[:, 0]), observed(turned[:, 0], severity=15.0)]))
    counts = seed_counts(1), unit_counts(3)
    above = np.array(oracle.bootstrap(clean, *counts)) - 0.1
    ratios = (np.array(oracle.bootstrap(turned, *counts)) - 0.1) / above
    assert (above < 0.0).any()
    ends = percentiles(ratios[above > 0.0][:, None])[:, 0]
    assert found.loc[1, ["lower", "upper"]].tolist() == pytest.approx(ends)


@pytest.mark.parametrize(
    "table",
    [
        TABLE[TABLE["severity"] != 0.0],
        TABLE.assign(metric="perturbation_norm"),
        TABLE.iloc[:0],
    ],
)
def test_without_clean_rows_or_chance_there_is_no_skill(table: pd.DataFrame) -> None:
    assert skill(table).empty


def test_the_number_of_classes_sets_the_chance() -> None:
    assert set(skill(TABLE, classes=4)["chance"]) == {0.25}
