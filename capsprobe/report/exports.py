"""Tables written for others: CSV and Parquet, each with a dictionary that explains its columns.

For every probe `tables/<probe>.csv`, `.parquet` and `.json`; for all probes together the
derived tables `means`, `skill`, `differences` and `mean-differences`. The same observations
give the same bytes.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from capsprobe.files import write_atomically, write_text
from capsprobe.report.measures import BASELINES
from capsprobe.stats.bootstrap import DRAWS
from capsprobe.stats.corruption import LEAST_ERROR
from capsprobe.stats.intervals import LEVEL
from capsprobe.stats.paired import Pairs, every_pair
from capsprobe.stats.skill import LEAST_CLEAN
from capsprobe.stats.summary import Summary, summarise
from capsprobe.tables import SCHEMA_VERSION

_MOST_IN_PAIRS = 12
_INTERVAL = (
    f"{LEVEL:.0%} intervals. wilson: Wilson's score interval over units. bootstrap: percentiles of "
    f"{DRAWS} draws, training seeds with replacement and, for all of them alike, units with "
    "replacement."
)
_COLUMNS = {
    "probe": "the question that was asked of the models",
    "model": "name of the model",
    "model_a": "name of the model that the other is taken from",
    "model_b": "name of the model that is taken away",
    "dataset": "the data set and view that the checkpoint was trained on",
    "condition": "what was done to the images: axis, or threat model and attack",
    "severity": "how much of it, in the condition's unit; 0 is clean",
    "metric": "what was measured",
    "n_severities": "number of severities other than zero that were averaged",
    "n_kinds": "number of conditions that were averaged; 1 for one of them",
    "left_out": "conditions that a mean leaves out, as the baseline loses too little there",
    "baseline": "name of the model whose error divides that of the others",
    "chance": "what blind guessing scores",
    "estimate": (
        "mean over training seeds of each one's mean over units; of a censored metric, of each "
        "one's median over units that are right when clean, those without a value at infinity"
    ),
    "lower": "lower end of the interval",
    "upper": "upper end of the interval",
    "n_seeds": "number of training seeds",
    "n_units": "number of distinct units (images, pairs of images)",
    "interval": "how the interval was computed",
}
_DERIVED = {
    "means": "The estimates averaged over all severities other than zero.",
    "skill": (
        "(accuracy - chance) / (clean accuracy - chance); left out where clean accuracy is less "
        f"than {LEAST_CLEAN:g} above chance."
    ),
    "differences": (
        "model_a minus model_b, paired by training seed and unit; none by a metric that is a null."
    ),
    "mean-differences": "The differences averaged over all severities other than zero.",
}

_ERRORS = (
    "error: 1 - accuracy, a mean over severities other than zero. corruption_error: that of the "
    "model by that of the baseline. relative_corruption_error: the same of what they lose from "
    "their own clean error on. Condition mean: the mean over kinds, mCE and relative mCE as "
    f"fractions. A kind under which the baseline's estimate is below {LEAST_ERROR:g} has no ratio "
    "and no part in the mean, in no draw either; left_out names it. An end is infinite where the "
    "baseline loses nothing in more than a few draws."
)


def export_tables(
    observations: pd.DataFrame, run: Mapping[str, Any], folder: Path
) -> dict[str, Path]:
    """Write the tables of a run below `folder`; return the path of each by its file name."""
    return write_summaries(summaries_of(observations, run), run, folder)


def summaries_of(observations: pd.DataFrame, run: Mapping[str, Any]) -> dict[str, Summary]:
    """Return the tables of each probe of a run, also of one that yielded nothing.

    Differences are taken between every two models; among more than twelve, between the first in
    the alphabet and each other, as the number of pairs grows with the square.
    """
    classes = int(run.get("data", {}).get("classes", 10))
    names = sorted({*run.get("probes", {}), *map(str, observations["probe"].unique())})
    pairs = _pairs(observations)
    return {
        name: summarise(
            observations[observations["probe"] == name],
            pairs=pairs,
            classes=classes,
            nominal=_metrics("nominal", name, run),
            censored=_metrics("censored", name, run),
            sought=_sought(name, run),
            nulls=_metrics("null", name, run),
            baseline=BASELINES.get(name),
        )
        for name in names
    }


def write_summaries(
    summaries: Mapping[str, Summary], run: Mapping[str, Any], folder: Path
) -> dict[str, Path]:
    """Write the tables of all probes below `folder`; return the path of each by its file name."""
    written: dict[str, Path] = {}
    for name, summary in summaries.items():
        about = _dictionary(summary.estimates, run) | _probe_facts(name, run)
        written |= write_table(summary.estimates, about, folder / "tables" / name)
    for name, text in _DERIVED.items() if summaries else ():
        table = _all_probes(summaries, name.replace("-", "_"))
        about = {"table": name, "description": text} | _dictionary(table, run)
        written |= write_table(table, about, folder / "tables" / name)
    return written | _write_errors(summaries, run, folder)


def _write_errors(
    summaries: Mapping[str, Summary], run: Mapping[str, Any], folder: Path
) -> dict[str, Path]:
    """Write the errors beside those of a baseline, where a probe has them."""
    found = {name: each for name, each in summaries.items() if len(each.corruption_errors)}
    if not found:
        return {}
    table = _all_probes(found, "corruption_errors")
    about = {"table": "corruption-errors", "description": _ERRORS} | _dictionary(table, run)
    return write_table(table, about, folder / "tables" / "corruption-errors")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    r"""Write a table as CSV: UTF-8, "\n", decimal points, every digit of a number.

    Text that a spreadsheet would take for a formula gets an apostrophe in front, and a carriage
    return becomes a line feed; the Parquet file has the text as it is.
    """
    texts = table.select_dtypes(exclude=["number", "bool"]).columns
    safe = table.assign(**{column: table[column].map(_as_text) for column in texts})
    write_text(path, safe.to_csv(index=False, lineterminator="\n"))


def _as_text(cell: str) -> str:
    plain = f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
    return plain.replace("\r\n", "\n").replace("\r", "\n")


def write_table(table: pd.DataFrame, about: Mapping[str, Any], stem: Path) -> dict[str, Path]:
    """Write a table and its dictionary beside `stem`; return the path of each by file name."""
    paths = {
        ending: stem.with_name(f"{stem.name}.{ending}") for ending in ("csv", "parquet", "json")
    }
    write_csv(table, paths["csv"])
    write_atomically(paths["parquet"], lambda part: table.to_parquet(part, index=False))
    write_text(paths["json"], json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    return {path.name: path for path in paths.values()}


def _metrics(kind: str, name: str, run: Mapping[str, Any]) -> set[str]:
    """Return a probe's metrics that are nominal, censored or nulls; an older run names no nulls."""
    metrics = run.get("probes", {}).get(name, {}).get("metrics", ())
    return {metric["name"] for metric in metrics if metric.get(kind)}


def _sought(name: str, run: Mapping[str, Any]) -> set[str]:
    """Return a probe's conditions that seek values of censored metrics; an older run names none."""
    conditions = run.get("probes", {}).get(name, {}).get("conditions", ())
    return {condition["name"] for condition in conditions if condition.get("seeks")}


def _pairs(observations: pd.DataFrame) -> Pairs:
    models = sorted(map(str, observations["model"].unique()))
    if len(models) <= _MOST_IN_PAIRS:
        return every_pair(models)
    return [(models[0], other) for other in models[1:]]


def _all_probes(summaries: Mapping[str, Summary], field: str) -> pd.DataFrame:
    tables = [_with_probe(getattr(summary, field), name) for name, summary in summaries.items()]
    return pd.concat(tables, ignore_index=True)


def _with_probe(table: pd.DataFrame, name: str) -> pd.DataFrame:
    named = table.copy()
    named.insert(0, "probe", pd.Series(name, index=table.index, dtype="str"))
    return named


def _dictionary(table: pd.DataFrame, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what explains any table: its columns, and what its numbers depend on."""
    return {
        "schema": SCHEMA_VERSION,
        "rows": len(table),
        "columns": {column: _COLUMNS[column] for column in table.columns},
        "intervals": _INTERVAL,
        "text": "in the CSV file an apostrophe stands before text that begins with = + - or @",
        "study": run.get("settings", {}),
        "data": run.get("data", {}),
        "versions": run.get("versions", {}),
        "device": run.get("device", ""),
    }


def _probe_facts(name: str, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what explains a probe's table: what was asked, measured, done, and left out."""
    facts = run.get("probes", {}).get(name, {})
    cells = [cell for cell in run.get("cells", ()) if cell["probe"] == name]
    named = ("model", "training_seed", "dataset", "part")
    return {
        "probe": name,
        "question": facts.get("question", ""),
        "metrics": facts.get("metrics", []),
        "conditions": facts.get("conditions", []),
        "settings": facts.get("settings", {}),
        "forgone": facts.get("forgone", []),
        "training_seeds": sorted({int(cell["training_seed"]) for cell in cells}),
        "left_out": [
            {column: cell[column] for column in named} | {"reason": reason, "count": count}
            for cell in cells
            for reason, count in sorted((cell.get("left_out") or {}).items())
        ],
        "failed": [
            {column: cell[column] for column in named} | {"cause": cell.get("cause")}
            for cell in cells
            if cell.get("state") == "failed"
        ],
    }
