"""From the runs of a factorial to the effect of each part on each kind of robustness."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capsprobe.factorial import FACTORS, MODELS, RECIPES, levels_of
from capsprobe.faults import DataFault
from capsprobe.report.reading import read_run
from capsprobe.stats.factorial import effect, orders
from capsprobe.stats.families import LEVEL, holm


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One kind of robustness: an accuracy, the mean over conditions and severities of a probe."""

    name: str
    probe: str
    condition: str = ""
    clean: bool = False

    def of(self, observations: pd.DataFrame) -> pd.DataFrame:
        """Return the rows that it is a mean of."""
        rows = observations[
            (observations["probe"] == self.probe) & (observations["metric"] == "correct")
        ]
        if self.condition:
            rows = rows[rows["condition"] == self.condition]
        return rows[(rows["severity"] == 0.0) == self.clean]


OUTCOMES = (
    Outcome(name="clean", probe="affine", clean=True),
    Outcome(name="affine", probe="affine"),
    Outcome(name="corruption", probe="corruption"),
    Outcome(name="linf", probe="adversarial", condition="linf/worst"),
    Outcome(name="l2", probe="adversarial", condition="l2/worst"),
)
"""All that effects are taken of; fixed before any result."""

_CELL = ["model", "recipe", "training_seed"]


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What the runs say.

    `effects` has a row an outcome and a part, `interactions` one an outcome and two parts, both
    with estimate, interval and p-values; `means` a row a network of the design with its accuracy
    in each outcome, mean over seeds. `dropped` are training seeds
    that lack a network, or a part of what one was to be asked.
    """

    effects: pd.DataFrame
    interactions: pd.DataFrame
    means: pd.DataFrame
    seeds: tuple[int, ...]
    dropped: tuple[int, ...]
    runs: Mapping[str, Mapping[str, Any]]

    @property
    def failed(self) -> tuple[str, ...]:
        """Return the cells that failed, each with its cause."""
        return tuple(
            f"{cell['probe']}/{cell['part']} {cell['model']}, {recipe}, seed "
            f"{cell['training_seed']}: {cell['cause']}"
            for recipe, run in self.runs.items()
            for cell in run["cells"]
            if cell["state"] == "failed"
        )

    @property
    def shown(self) -> pd.DataFrame:
        """Return the effects of single parts that are beyond chance, the largest first."""
        return _largest_first(self.effects[self.effects["p_adjusted"] < LEVEL])

    @property
    def hints(self) -> pd.DataFrame:
        """Return the others whose own interval leaves out zero, the largest first."""
        rows = self.effects[self.effects["p_adjusted"] >= LEVEL]
        return _largest_first(rows[(rows["lower"] > 0.0) | (rows["upper"] < 0.0)])


def analyse(folder: Path) -> Analysis:
    """Return the effects in a folder with one run for each recipe of the design.

    Raises
    ------
    DataFault
        Where a run is missing, or no training seed has all networks.
    """
    runs, tables = {}, {}
    for recipe in RECIPES:
        kept, runs[recipe] = read_run(folder / "runs" / recipe)
        tables[recipe] = kept.observations
    return analysed(tables, runs)


def analysed(tables: Mapping[str, pd.DataFrame], runs: Mapping[str, Mapping[str, Any]]) -> Analysis:
    """Return the effects in the observations of each recipe; `runs` are their records.

    Raises
    ------
    DataFault
        Where no training seed has all networks.
    """
    observed = pd.concat(
        [table.assign(recipe=recipe) for recipe, table in tables.items()], ignore_index=True
    )
    seeds = sorted({int(seed) for seed in observed["training_seed"].unique()})
    held = {outcome.name: _by_unit(outcome.of(observed)) for outcome in OUTCOMES}
    whole = [seed for seed in seeds if all(_is_whole(table, seed) for table in held.values())]
    if not whole:
        wanted = len(MODELS) * len(RECIPES)
        raise DataFault(
            f"expected a training seed with all {wanted} networks of the design, got none; run it "
            "again to go on"
        )
    rows = [row for name, table in held.items() for row in _effects(name, table, whole)]
    found = pd.DataFrame(rows)
    alone = found[found["order"] == 1].drop(columns=["order", "second"])
    return Analysis(
        effects=_corrected(alone).rename(columns={"first": "part"}),
        interactions=_corrected(found[found["order"] == 2].drop(columns="order")),
        means=_means(held, whole),
        seeds=tuple(whole),
        dropped=tuple(seed for seed in seeds if seed not in whole),
        runs=runs,
    )


def _largest_first(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.reindex(rows["estimate"].abs().sort_values(ascending=False).index)


def _by_unit(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row a network and seed, a column an image: the mean over all that was done to it.

    A network that lacks a condition or a severity has no row: its mean would be over others.
    """
    asked = ["condition", "severity"]
    each = rows.groupby([*_CELL, *asked, "unit_id"], observed=True)["value"].mean()
    # An image that one network was not asked about is none for the others either.
    wide = each.unstack("unit_id").dropna(axis=1)
    whole = wide.groupby(level=_CELL).size() == len(rows[asked].drop_duplicates())
    return wide.groupby(level=_CELL).mean()[whole]


def _is_whole(table: pd.DataFrame, seed: int) -> bool:
    there = {(model, recipe) for model, recipe, number in table.index if number == seed}
    return there >= {(model, recipe) for model in MODELS for recipe in RECIPES}


def _effects(name: str, table: pd.DataFrame, seeds: Sequence[int]) -> Iterator[dict[str, Any]]:
    cells = [(model, recipe) for recipe in RECIPES for model in MODELS]
    levels = np.array([list(levels_of(model, RECIPES[recipe]).values()) for model, recipe in cells])
    values = np.stack(
        [table.loc[[(*cell, seed) for cell in cells]].to_numpy(dtype=float) for seed in seeds]
    )
    parts = tuple(FACTORS)
    for factors in orders(len(parts)):
        mean = effect(values, levels, factors)
        lower, upper = mean.interval()
        named = [parts[factor] for factor in factors]
        yield {
            "outcome": name,
            "first": named[0],
            "second": named[-1],
            "order": len(named),
            "estimate": mean.estimate,
            "lower": lower,
            "upper": upper,
            "p_value": mean.p_beyond(0.0),
            "n_seeds": mean.n_seeds,
            "n_units": mean.n_units,
        }


def _corrected(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(p_adjusted=holm(table["p_value"].tolist())).reset_index(drop=True)


def _means(held: Mapping[str, pd.DataFrame], seeds: Sequence[int]) -> pd.DataFrame:
    columns = {
        name: table.mean(axis=1).unstack("training_seed")[list(seeds)].mean(axis=1)
        for name, table in held.items()
    }
    table = pd.DataFrame(columns).reset_index()
    levels = [
        levels_of(str(model), RECIPES[str(recipe)])
        for model, recipe in zip(table["model"], table["recipe"], strict=True)
    ]
    return pd.concat([pd.DataFrame(levels), table], axis=1)
