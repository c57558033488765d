"""What hypotheses are about: numbers that a model has in a table, one a training seed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from capsprobe.claims.text import Text

View = Literal["single", "placed", "pairs"]
Severities = Literal["all", "beyond zero"]
_ENDINGS: Mapping[View, str] = {"single": "", "placed": "-placed", "pairs": "-pairs"}
# The part of the way from chance to all right, below which a model is taken to guess.
_SKILLED = 0.1
_COLUMN = ["training_seed", "condition", "severity"]


@dataclass(frozen=True, kw_only=True)
class Term:
    """A metric of a model under conditions: the mean over units, then severities, then conditions.

    `model` is the part it plays in the claim, as `capsnet`. A condition that ends in `/` stands
    for all that begin so. Severities are all, all but the clean one, or a single one. Timings have
    heavy tails: of them, `is_timed`, the median over units counts, and its units say nothing.
    """

    model: str
    probe: str
    metric: str
    conditions: tuple[str, ...]
    severities: Severities | float = "beyond zero"
    view: View = "single"
    is_timed: bool = False


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A term's value in each training seed, how far each unit moves it, and what a unit is."""

    by_seed: pd.Series
    influence: pd.DataFrame
    unit: str


class Lacking(Exception):
    """What a hypothesis needs and the tables do not hold; says so in one line."""

    def __init__(self, *, en: str, zh: str) -> None:
        super().__init__(en)
        self.text = Text(en=en, zh=zh)


class Tables:
    """Observations by probe and metric, and who plays which part on which dataset."""

    def __init__(
        self,
        observations: pd.DataFrame,
        *,
        dataset: str,
        roles: Mapping[str, str] | None = None,
        classes: int = 10,
    ) -> None:
        grouped = observations.groupby(["probe", "metric"], observed=True, sort=False)
        self._rows = {(str(probe), str(metric)): rows for (probe, metric), rows in grouped}
        self._dataset, self._roles, self._chance = dataset, dict(roles or {}), 1.0 / classes
        # Hypotheses share terms.
        self._chosen: dict[Term, pd.DataFrame] = {}
        self._readings: dict[tuple[Term, tuple[Term, ...]], Reading] = {}

    def name(self, role: str) -> str:
        """Return the model that plays a part."""
        return self._roles.get(role, role)

    def dataset(self, view: View) -> str:
        """Return what the dataset is called in that view."""
        return self._dataset + _ENDINGS[view]

    def read(self, term: Term, rivals: Iterable[Term] = ()) -> Reading:
        """Return a term's values; raise Lacking where there are none.

        With `rivals`, the same of other models, only where they have values too: a mean over
        severities of which one model lacks the hardest would flatter that model.
        """
        asked = term, tuple(rivals)
        if asked not in self._readings:
            self._readings[asked] = self._read(*asked)
        return self._readings[asked]

    def _read(self, term: Term, rivals: tuple[Term, ...]) -> Reading:
        rows = self._rows_of(term)
        for rival in rivals:
            known = pd.MultiIndex.from_frame(self._rows_of(rival)[_COLUMN]).unique()
            rows = rows[pd.MultiIndex.from_frame(rows[_COLUMN]).isin(known)]
        if not len(rows):
            names = " and ".join(self.name(each.model) for each in (term, *rivals))
            raise Lacking(
                en=f"no {term.metric} that {names} have under the same conditions",
                zh=f"{names} 没有相同条件下的 {term.metric}",
            )
        return _reading(rows, term)

    def answers(self, term: Term) -> pd.DataFrame:
        """Return what was named: a row a unit, a column a training seed that has them all.

        Raises Lacking where there is nothing.
        """
        rows = self._rows_of(term)
        return rows.pivot(index="unit_id", columns="training_seed", values="value").dropna(axis=1)

    def _rows_of(self, term: Term) -> pd.DataFrame:
        if term not in self._chosen:
            found = self._found(term)
            self._chosen[term] = found.assign(condition=found["condition"].astype(str))
        return self._chosen[term]

    def _found(self, term: Term) -> pd.DataFrame:
        rows = self._rows.get((term.probe, term.metric))
        if rows is None:
            raise Lacking(
                en=f"no table of {term.probe} with {term.metric}",
                zh=f"缺少 {term.probe} 的 {term.metric} 表",
            )
        rows = rows[
            (rows["model"] == self.name(term.model))
            & (rows["dataset"] == self.dataset(term.view))
            & _of_conditions(rows["condition"], tuple(map(self._called, term.conditions)))
        ]
        if term.severities == "beyond zero":
            rows = rows[rows["severity"] != 0.0]
        elif term.severities != "all":
            rows = rows[np.isclose(rows["severity"], term.severities)]
        if not len(rows):
            where = f"{self.name(term.model)}, {self.dataset(term.view)}"
            raise Lacking(
                en=f"no {term.metric} in the table of {term.probe} for {where}",
                zh=f"{term.probe} 表中没有 {where} 的 {term.metric}",
            )
        self._check_skill(term)
        return rows

    def _called(self, condition: str) -> str:
        """Return a condition as tables have it: it may name a model by the part that it plays."""
        head, slash, role = condition.partition("/")
        return f"{head}{slash}{self.name(role)}" if head == "across" else condition

    def _check_skill(self, term: Term) -> None:
        """Raise Lacking for a model that guesses: of it nothing can be said."""
        rows = self._rows.get(("affine", "correct"))
        if rows is None:
            return
        clean = rows.loc[
            (rows["model"] == self.name(term.model))
            & (rows["dataset"] == self.dataset("single"))
            & (rows["severity"] == 0.0),
            "value",
        ]
        if len(clean) and clean.mean() < self._chance + _SKILLED * (1.0 - self._chance):
            name = self.name(term.model)
            raise Lacking(
                en=f"{name} is right in {clean.mean():.1%} of clean images, hardly above chance",
                zh=f"{name} 在原图上仅答对 {clean.mean():.1%}，与随机相差无几",
            )


def _of_conditions(column: pd.Series, wanted: tuple[str, ...]) -> pd.Series:
    known = list(column.cat.categories if hasattr(column, "cat") else column.unique())
    chosen = [
        name
        for name in known
        if any(name == each or (each.endswith("/") and name.startswith(each)) for each in wanted)
    ]
    return column.isin(chosen)


def _reading(rows: pd.DataFrame, term: Term) -> Reading:
    groups = rows.groupby(_COLUMN, sort=True)["value"]
    middles = groups.median() if term.is_timed else groups.mean()
    weights = _weights(middles)
    by_seed = (middles * weights).groupby(level="training_seed").sum()
    unit = "" if term.is_timed else str(rows["unit"].iloc[0])
    if term.is_timed:
        return Reading(by_seed=by_seed, influence=pd.DataFrame(columns=by_seed.index), unit=unit)
    places = pd.MultiIndex.from_frame(rows[_COLUMN])
    share = (weights / groups.size()).reindex(places).to_numpy()
    moved = (rows["value"].to_numpy() - middles.reindex(places).to_numpy()) * share
    influence = (
        pd.DataFrame({"unit": rows["unit_id"], "seed": rows["training_seed"], "moved": moved})
        .groupby(["unit", "seed"])["moved"]
        .sum()
        .unstack("seed", fill_value=0)
    )
    return Reading(by_seed=by_seed, influence=influence, unit=unit)


def _weights(middles: pd.Series) -> pd.Series:
    """Return the weight of each column: severities of a condition alike, and conditions."""
    severities = middles.groupby(level=["training_seed", "condition"]).transform("size")
    conditions = middles.index.to_frame(index=False).groupby("training_seed")["condition"].nunique()
    seeds = middles.index.get_level_values("training_seed")
    return 1.0 / (severities * conditions.reindex(seeds).to_numpy())
