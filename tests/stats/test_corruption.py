import math

import numpy as np
import pandas as pd
import pytest

from capsprobe.stats.bootstrap import DRAWS, seed_counts, unit_counts
from capsprobe.stats.corruption import CORRUPTION_COLUMNS, MEAN, corruption_errors
from capsprobe.stats.intervals import LEVEL
from tests.oracles.stats import bootstrap
from tests.stats.toys import observed

KINDS = ("noise/shot", "blur/glass")
TAILS = [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0]


def right(wrong: int, of: int = 50) -> np.ndarray:
    """Return ones but for the first so many."""
    return (np.arange(of) >= wrong).astype(float)


def under(model: str, kind: str, *wrong: int, seed: int = 0) -> pd.DataFrame:
    """Return a curve that errs on so many images at severities 0, 1, 2, ..."""
    return pd.concat(
        [
            observed(right(each), model=model, seed=seed, condition=kind, severity=float(severity))
            for severity, each in enumerate(wrong)
        ]
    )


TABLE = pd.concat(
    [
        under("cnn", "noise/shot", 5, 10, 20),
        under("cnn", "blur/glass", 5, 20, 40),
        under("caps", "noise/shot", 5, 5, 10),
        under("caps", "blur/glass", 5, 40, 50),
    ],
    ignore_index=True,
)


def found(table: pd.DataFrame, model: str, condition: str, metric: str) -> pd.Series:
    errors = corruption_errors(table, baseline="cnn")
    rows = errors[
        (errors["model"] == model)
        & (errors["condition"] == condition)
        & (errors["metric"] == metric)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def test_sums_over_severities_are_divided_kind_by_kind_and_then_averaged() -> None:
    assert found(TABLE, "caps", "noise/shot", "corruption_error")["estimate"] == pytest.approx(0.5)
    assert found(TABLE, "caps", "blur/glass", "corruption_error")["estimate"] == pytest.approx(1.5)
    mean = found(TABLE, "caps", MEAN, "corruption_error")
    assert mean["estimate"] == pytest.approx(1.0)
    assert (mean["n_kinds"], mean["n_units"], mean["n_seeds"]) == (2, 50, 1)
    # Not the ratio of the means, which hard kinds would decide.
    assert found(TABLE, "caps", MEAN, "error")["estimate"] == pytest.approx(105 / 200)
    assert found(TABLE, "cnn", MEAN, "error")["estimate"] == pytest.approx(90 / 200)


def test_the_relative_error_takes_the_clean_error_off_first() -> None:
    shot = found(TABLE, "caps", "noise/shot", "relative_corruption_error")
    assert shot["estimate"] == pytest.approx((15 - 10) / (30 - 10))
    mean = found(TABLE, "caps", MEAN, "relative_corruption_error")
    assert mean["estimate"] == pytest.approx((5 / 20 + 80 / 50) / 2)


@pytest.mark.parametrize("metric", ["corruption_error", "relative_corruption_error"])
def test_the_baseline_is_one_beyond_doubt(metric: str) -> None:
    row = found(TABLE, "cnn", MEAN, metric)
    assert (row["estimate"], row["lower"], row["upper"]) == (1.0, 1.0, 1.0)


def test_a_kind_that_does_not_hurt_the_baseline_has_no_ratio_and_no_part_in_the_mean() -> None:
    easy = [under("cnn", "light/fog", 0, 0, 1), under("caps", "light/fog", 0, 10, 20)]
    errors = corruption_errors(pd.concat([TABLE, *easy]), baseline="cnn")
    fog = errors[errors["condition"] == "light/fog"]
    assert set(fog["metric"]) == {"error"}
    mean = found(pd.concat([TABLE, *easy]), "caps", MEAN, "corruption_error")
    assert (mean["estimate"], mean["n_kinds"]) == (pytest.approx(1.0), 2)
    assert mean["left_out"] == "light/fog"
    plain = found(pd.concat([TABLE, *easy]), "caps", MEAN, "error")
    assert (plain["n_kinds"], plain["left_out"]) == (3, "")


def test_every_draw_averages_over_the_kinds_that_the_estimates_chose() -> None:
    # Three of 50 images: above the limit, and below it in many a draw.
    near = pd.concat(
        [TABLE, under("cnn", "light/fog", 0, 3), under("caps", "light/fog", 0, 30)],
        ignore_index=True,
    )
    weights = unit_counts(50)
    hit = {kind: weights[:, :wrong].sum(axis=1) for kind, wrong in (("c", 3), ("m", 30))}
    assert (hit["c"] == 1).mean() > 0.1 and (hit["c"] / 50.0 < 0.02).mean() > 0.02
    with np.errstate(divide="ignore"):
        ratios = hit["m"] / hit["c"]
    row = found(near, "caps", "light/fog", "corruption_error")
    assert row["estimate"] == pytest.approx(10.0)
    tails = np.quantile(ratios, TAILS, method="inverted_cdf")
    assert [row["lower"], row["upper"]] == pytest.approx(tails)
    # In each draw the mean is that of three kinds.
    others = []
    for cnn, caps in (((10, 20), (5, 10)), ((20, 40), (40, 50))):
        sums = [sum(weights[:, :wrong].sum(axis=1) for wrong in each) for each in (caps, cnn)]
        others.append(sums[0] / sums[1])
    means = (ratios + others[0] + others[1]) / 3.0
    row = found(near, "caps", MEAN, "corruption_error")
    assert (row["n_kinds"], row["left_out"]) == (3, "")
    tails = np.quantile(means, TAILS, method="inverted_cdf")
    assert [row["lower"], row["upper"]] == pytest.approx(tails)


def test_where_the_baseline_may_lose_nothing_there_is_no_upper_end() -> None:
    rare = pd.concat([under("cnn", "light/fog", 0, 1), under("caps", "light/fog", 0, 10)])
    row = found(rare, "caps", MEAN, "corruption_error")
    assert row["estimate"] == pytest.approx(10.0)
    assert row["lower"] < 10.0 and math.isinf(row["upper"])
    own = found(rare, "cnn", MEAN, "corruption_error")
    assert (own["lower"], own["upper"]) == (1.0, 1.0)


def test_draws_without_any_image_of_a_model_do_not_count() -> None:
    two = np.array([0.0, *[np.nan] * 48, 1.0])
    few = [
        observed(two, model="caps", condition="light/fog", severity=severity)
        for severity in (0.0, 1.0)
    ]
    table = pd.concat([under("cnn", "light/fog", 0, 40), *few], ignore_index=True)
    row = found(table, "caps", "light/fog", "error")
    # One of two images in most draws that hold any of them; some hold neither.
    assert ((unit_counts(50)[:, [0, -1]]).sum(axis=1) == 0).any()
    assert (row["estimate"], row["lower"], row["upper"]) == (0.5, 0.0, 1.0)


def test_without_the_baseline_there_is_the_error_alone() -> None:
    errors = corruption_errors(TABLE[TABLE["model"] == "caps"], baseline="cnn")
    assert set(errors["metric"]) == {"error"}
    assert tuple(errors.columns) == CORRUPTION_COLUMNS
    assert set(errors["baseline"]) == {"cnn"}


def test_without_clean_images_there_is_no_relative_error() -> None:
    errors = corruption_errors(TABLE[TABLE["severity"] != 0.0], baseline="cnn")
    assert set(errors["metric"]) == {"error", "corruption_error"}


def test_other_metrics_and_no_observations_are_borne() -> None:
    other = TABLE.assign(metric="recall")
    assert corruption_errors(other, baseline="cnn").empty
    both = corruption_errors(pd.concat([TABLE, other]), baseline="cnn")
    pd.testing.assert_frame_equal(both, corruption_errors(TABLE, baseline="cnn"))


def test_intervals_are_those_of_draws_that_all_share() -> None:
    rng = np.random.default_rng(1)
    units, seeds = 30, 3
    values = {
        (model, kind): (rng.random((units, seeds)) < p).astype(float)
        for (model, kind), p in zip(
            [(m, k) for m in ("cnn", "caps") for k in KINDS], (0.6, 0.5, 0.7, 0.4), strict=True
        )
    }
    table = pd.concat(
        observed(columns[:, seed], model=model, seed=seed, condition=kind, severity=3.0)
        for (model, kind), columns in values.items()
        for seed in range(seeds)
    )
    errors = {
        key: 1.0 - np.array(bootstrap(columns, seed_counts(seeds), unit_counts(units)))
        for key, columns in values.items()
    }
    ratios = np.mean([errors["caps", kind] / errors["cnn", kind] for kind in KINDS], axis=0)
    row = found(table, "caps", MEAN, "corruption_error")
    assert len(ratios) == DRAWS
    assert [row["lower"], row["upper"]] == pytest.approx(np.quantile(ratios, [0.025, 0.975]))
    expected = math.fsum(
        (1.0 - values["caps", kind].mean()) / (1.0 - values["cnn", kind].mean()) for kind in KINDS
    )
    assert row["estimate"] == pytest.approx(expected / 2.0)
