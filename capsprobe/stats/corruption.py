"""Errors under many kinds of corruption, each beside that of a baseline, and their mean.

How hard a kind is differs from kind to kind; dividing by what a baseline does there lets all of
them count alike (Hendrycks and Dietterich 2019).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from capsprobe.stats.aggregate import in_order
from capsprobe.stats.blocks import blocks
from capsprobe.stats.bootstrap import Estimates, resample
from capsprobe.stats.intervals import LEVEL, percentiles

ERROR, BESIDE, RELATIVE = "error", "corruption_error", "relative_corruption_error"
MEAN = "mean"
"""What stands for a condition where all kinds are averaged."""
LEAST_ERROR = 0.02
# Below this a loss is none: what is left of sums that cancel.
_NOTHING = 1e-9
CORRUPTION_COLUMNS = (
    "model",
    "dataset",
    "condition",
    "metric",
    "baseline",
    "n_kinds",
    "left_out",
    "estimate",
    "lower",
    "upper",
    "n_seeds",
    "n_units",
)
# The estimate first, then its draws.
Draws = Float[np.ndarray, " draws"]


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What one model loses under one kind: its error, and by how much that is above the clean one.

    Both are means over the severities other than zero.
    """

    dataset: str
    condition: str
    model: str
    error: Draws
    rise: Draws | None
    n_seeds: int
    n_units: int


def corruption_errors(observations: pd.DataFrame, *, baseline: str) -> pd.DataFrame:
    """Return each model's error by kind and in the mean over kinds, CORRUPTION_COLUMNS, sorted.

    `error` is 1 - accuracy, a mean over severities other than zero. With the sums over those
    severities s, `corruption_error` is sum E_s / sum E_s of the baseline, and
    `relative_corruption_error` sum (E_s - E_clean) / sum (E_s - E_clean) of the baseline
    (Hendrycks and Dietterich 2019); condition `mean` has their means over kinds, which are the
    article's mCE and relative mCE as fractions. The interval is that of the bootstrap of seeds,
    then images; model and baseline share its draws, and so do all kinds.

    A kind under which the divisor is on average below 0.02 a severity has no ratio and no part in
    its mean: chance would decide. Which kinds these are is decided once, by the estimates, and all
    draws average over the others; the mean's `left_out` names them. A draw in which the divisor is
    zero or less has a ratio without end, and so has the interval where that is no rare draw.
    Without the baseline there is the error alone.
    """
    chosen = observations[observations["metric"] == "correct"]
    return error_table((resample(block) for block in blocks(chosen)), baseline)


def error_table(found: Iterable[Estimates], baseline: str) -> pd.DataFrame:
    """Return what `corruption_errors` does from estimates of accuracy, one condition each."""
    losses = [loss for each in found for loss in _losses(each)]
    base = {(each.dataset, each.condition): each for each in losses if each.model == baseline}
    rows = [row for each in losses for row in _rows(each, base.get((each.dataset, each.condition)))]
    groups: dict[tuple[str, str, str], list[_Row]] = {}
    for row in rows:
        groups.setdefault((row.loss.dataset, row.loss.model, row.metric), []).append(row)
    lines = [_line([row], row.loss.condition) for row in rows]
    for (dataset, model, _), of_all in groups.items():
        kinds = {row.loss.condition for row in groups[dataset, model, ERROR]}
        missing = kinds - {row.loss.condition for row in of_all}
        lines.append(_line(of_all, MEAN, left_out=sorted(missing)))
    table = pd.DataFrame(lines).assign(baseline=baseline)
    return in_order([table], CORRUPTION_COLUMNS)


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One number of one model under one kind."""

    loss: Loss
    metric: str
    values: Draws


def _losses(found: Estimates) -> Iterator[Loss]:
    keys = found.keys
    values = 1.0 - np.vstack([found.estimate, found.draws])
    for model in keys["model"].unique():
        held = ((keys["model"] == model) & (keys["metric"] == "correct")).to_numpy()
        hurt = np.flatnonzero(held & (keys["severity"] != 0.0).to_numpy())
        clean = np.flatnonzero(held & (keys["severity"] == 0.0).to_numpy())
        if len(hurt):
            error = values[:, hurt].mean(axis=1)
            yield Loss(
                dataset=str(keys["dataset"].iloc[0]),
                condition=str(keys["condition"].iloc[0]),
                model=str(model),
                error=error,
                rise=error - values[:, clean[0]] if len(clean) else None,
                n_seeds=int(found.n_seeds[hurt].min()),
                n_units=int(found.present[:, hurt].any(axis=1).sum()),
            )


def _rows(loss: Loss, base: Loss | None) -> Iterator[_Row]:
    yield _Row(loss=loss, metric=ERROR, values=loss.error)
    if base is None:
        return
    for metric, above, below in (
        (BESIDE, loss.error, base.error),
        (RELATIVE, loss.rise, base.rise),
    ):
        if above is not None and below is not None and below[0] >= LEAST_ERROR:
            yield _Row(loss=loss, metric=metric, values=_ratio(above, below))


def _ratio(above: Draws, below: Draws) -> Draws:
    """Return above by below; without end where there is nothing below, 1 where both are equal."""
    ratio = np.full_like(above, np.inf)
    np.divide(above, below, out=ratio, where=below > _NOTHING)
    return np.where(above == below, 1.0, ratio)


def _line(rows: Sequence[_Row], condition: str, left_out: Sequence[str] = ()) -> dict[str, object]:
    """Return one estimate with its interval, or the mean of several, draw by draw."""
    first = rows[0].loss
    values = np.stack([row.values for row in rows]).mean(axis=0)
    lower, upper = _ends(values[1:])
    return {
        "model": first.model,
        "dataset": first.dataset,
        "condition": condition,
        "metric": rows[0].metric,
        "n_kinds": len(rows),
        "left_out": ", ".join(left_out),
        "estimate": values[0],
        "lower": min(lower, values[0]),
        "upper": max(upper, values[0]),
        "n_seeds": min(row.loss.n_seeds for row in rows),
        "n_units": min(row.loss.n_units for row in rows),
    }


def _ends(draws: Draws) -> tuple[float, float]:
    """Return both ends of the middle 95 % of the draws; undefined (NaN) ones drop."""
    known = draws[~np.isnan(draws)]
    if np.isfinite(known).all():
        lower, upper = percentiles(known[:, None])[:, 0]
    else:
        # Between a number and infinity there is nothing to interpolate.
        tails = [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0]
        lower, upper = np.quantile(known, tails, method="inverted_cdf")
    return float(lower), float(upper)
