import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from capsprobe.claims import quantities as q
from capsprobe.claims.effects import Agreement, Effect, difference, logratio, sample, value
from capsprobe.claims.terms import Lacking, Tables, Term
from capsprobe.stats.crossed import crossed
from capsprobe.tables import COLUMNS

A = Term(model="a", probe="affine", metric="correct", conditions=("rotation", "blur/"))
B = Term(model="b", probe="affine", metric="correct", conditions=("rotation", "blur/"))


def table(seeds: int = 3, units: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    axes = (("rotation", (0.0, 1.0, 2.0)), ("blur/x", (1.0,)), ("shear", (1.0,)))
    held = [
        (
            *("affine", model, seed, "digits", condition, severity, "image", unit, "correct"),
            float(rng.random() < 0.6),
        )
        for model in ("a", "b")
        for seed in range(seeds)
        for condition, severities in axes
        for severity in severities
        for unit in range(units)
    ]
    return pd.DataFrame(held, columns=list(COLUMNS))


def tables(frame: pd.DataFrame, **options: dict[str, str]) -> Tables:
    return Tables(frame, dataset="digits", **options)


def test_a_term_is_the_mean_over_units_then_severities_then_conditions() -> None:
    frame = table()
    found = tables(frame).read(A).by_seed
    for seed in range(3):
        rows = frame[(frame["model"] == "a") & (frame["training_seed"] == seed)]
        turned = rows[(rows["condition"] == "rotation") & (rows["severity"] > 0.0)]
        blurred = rows[rows["condition"] == "blur/x"]
        by_severity = turned.groupby("severity")["value"].mean()
        assert found[seed] == pytest.approx((by_severity.mean() + blurred["value"].mean()) / 2.0)


def test_influence_is_what_leaving_a_unit_out_changes() -> None:
    frame = table()
    effect = difference([A], [B])
    whole = sample(effect, tables(frame))
    assert whole.influence.sum() == pytest.approx(0.0, abs=1e-12)
    for unit in (0, 7):
        without = sample(effect, tables(frame[frame["unit_id"] != unit]))
        moved = whole.by_seed.mean() - without.by_seed.mean()
        # Jackknife: leaving one of m out moves a mean by m / (m - 1) times its influence.
        assert moved == pytest.approx(whole.influence[unit] * 30 / 29)


def test_the_error_is_that_of_paired_differences() -> None:
    frame = table(seeds=1)
    both = pd.concat([frame, frame.assign(training_seed=1)])
    mean = crossed(sample(difference([A], [B]), tables(both)))
    rows = frame[(frame["condition"] != "shear") & (frame["severity"] > 0.0)].copy()
    weight = {("rotation", 1.0): 0.25, ("rotation", 2.0): 0.25, ("blur/x", 1.0): 0.5}
    keys = zip(rows["condition"], rows["severity"], strict=True)
    rows["value"] *= [weight[key] for key in keys]
    by_unit = rows.groupby(["model", "unit_id"])["value"].sum().unstack("model")
    assert mean.error == pytest.approx((by_unit["a"] - by_unit["b"]).std(ddof=1) / 30**0.5)


def test_only_training_seeds_that_all_have_count() -> None:
    frame = table()
    frame = frame[(frame["model"] == "a") | (frame["training_seed"] < 2)]
    assert len(sample(difference([A], [B]), tables(frame)).by_seed) == 2
    lonely = frame[(frame["model"] == "a") | (frame["training_seed"] > 4)]
    with pytest.raises(Lacking, match="affine"):
        sample(difference([A], [B]), tables(lonely))


def test_a_logarithmic_effect_is_that_of_the_seeds_means() -> None:
    frame = table()
    whole = tables(frame)
    found = sample(logratio(A, B), whole)
    expected = np.log(whole.read(A).by_seed / whole.read(B).by_seed)
    assert found.by_seed == pytest.approx(expected.to_numpy())
    nothing = frame.assign(value=frame["value"].where(frame["severity"] == 0.0, 0.0))
    with pytest.raises(Lacking, match="logarithm"):
        sample(logratio(A, B), tables(nothing))


def test_timings_are_medians_and_their_repeats_are_no_units() -> None:
    timed = Term(
        model="a",
        probe="affine",
        metric="correct",
        conditions=("shear",),
        severities=1.0,
        is_timed=True,
    )
    frame = table()
    frame["value"] = np.where(frame["unit_id"] == 0, 1e6, frame["unit_id"] * 1.0)
    found = sample(value(timed), tables(frame))
    assert found.by_seed == pytest.approx(15.5)
    assert len(found.influence) == 0
    assert Effect(terms=((1.0, timed),)).is_timed


def test_another_model_can_play_a_part_and_what_is_missing_is_named() -> None:
    frame = table().replace({"model": {"a": "mine"}})
    assert len(sample(value(A), tables(frame, roles={"a": "mine"})).by_seed) == 3
    with pytest.raises(Lacking, match="for a, digits"):
        sample(value(A), tables(frame))
    with pytest.raises(Lacking, match="no table of affine with recall"):
        tables(frame).read(Term(model="a", probe="affine", metric="recall", conditions=("x",)))


def test_a_model_that_guesses_is_not_judged() -> None:
    frame = table()
    clean = (frame["model"] == "a") & (frame["severity"] == 0.0)
    frame.loc[clean, "value"] = 0.0
    with pytest.raises(Lacking, match="a is right in 0.0% of clean images"):
        sample(value(A), tables(frame))


def test_categories_are_read_like_text() -> None:
    frame = table()
    held = frame.astype({"condition": "category", "model": "category", "probe": "category"})
    same = sample(difference([A], [B]), tables(held)), sample(difference([A], [B]), tables(frame))
    assert same[0].by_seed == pytest.approx(same[1].by_seed)
    assert same[0].influence == pytest.approx(same[1].influence)


def test_a_severity_that_one_of_two_models_lacks_counts_for_neither() -> None:
    frame = table()
    hardest = (frame["condition"] == "rotation") & (frame["severity"] == 2.0)
    gap = hardest & (frame["model"] == "b") & (frame["training_seed"] == 0)
    found = sample(difference([A], [B]), tables(frame[~gap]))
    without = sample(difference([A], [B]), tables(frame[~hardest]))
    whole = sample(difference([A], [B]), tables(frame))
    assert found.by_seed[0] == pytest.approx(without.by_seed[0])
    assert found.by_seed[1:] == pytest.approx(whole.by_seed[1:])
    nothing = frame[(frame["model"] == "a") | (frame["training_seed"] > 2)]
    with pytest.raises(Lacking):
        sample(difference([A], [B]), tables(nothing))


def answered(*, seeds: int = 3, units: int = 80) -> pd.DataFrame:
    """What two routings name, alike for two images in three."""
    rng = np.random.default_rng(5)
    one = rng.integers(0, 4, (seeds, units))
    other = np.where(rng.random((seeds, units)) < 2 / 3, one, rng.integers(0, 4, (seeds, units)))
    tables = [
        pd.DataFrame(
            {
                "training_seed": np.repeat(np.arange(seeds), units),
                "unit_id": np.tile(np.arange(units), seeds),
                "value": values.ravel().astype(float),
                "condition": f"swap/{name}",
            }
        )
        for name, values in (("kmeans", one), ("dynamic", other))
    ]
    fixed = {"probe": "routing", "model": "capsnet", "dataset": "digits", "severity": 3.0}
    return pd.concat(tables, ignore_index=True).assign(**fixed, unit="image", metric="predicted")


WAYS = ("kmeans", "dynamic")
SAME = Agreement(a=q.named("capsnet", "kmeans"), b=q.named("capsnet", "dynamic"))


def test_agreement_is_cohens_kappa_by_seed() -> None:
    table = answered()
    found = sample(SAME, Tables(table, dataset="digits"))
    for seed, kappa in enumerate(found.by_seed):
        rows = table[table["training_seed"] == seed]
        one, other = (rows[rows["condition"] == f"swap/{way}"]["value"] for way in WAYS)
        assert kappa == pytest.approx(cohen_kappa_score(one, other))


def test_agreement_of_one_seed_has_the_usual_standard_error() -> None:
    table = answered(seeds=1)
    found = sample(SAME, Tables(table, dataset="digits"))
    one, other = (table[table["condition"] == f"swap/{way}"]["value"].to_numpy() for way in WAYS)
    same, chance = (
        (one == other).mean(),
        1.0 - (1.0 - (one == other).mean()) / (1.0 - found.by_seed[0]),
    )
    # Cohen (1960), eq. 7: sqrt(p_o (1 - p_o) / (N (1 - p_e)^2)).
    expected = (same * (1.0 - same) / len(one)) ** 0.5 / (1.0 - chance)
    assert float((found.influence**2).sum() ** 0.5) == pytest.approx(expected)
    assert found.influence.sum() == pytest.approx(0.0)


def test_agreement_that_cannot_be_told_is_lacking() -> None:
    table = answered()
    with pytest.raises(Lacking, match="always named"):
        sample(SAME, Tables(table.assign(value=1.0), dataset="digits"))
    apart = table.assign(unit_id=table["unit_id"] + 1000 * (table["condition"] == "swap/kmeans"))
    with pytest.raises(Lacking, match="no images answered in both ways"):
        sample(SAME, Tables(apart, dataset="digits"))
    with pytest.raises(Lacking, match="no predicted"):
        sample(SAME, Tables(table[table["condition"] != "swap/kmeans"], dataset="digits"))
