"""Effects as a table in Markdown, for a README."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from capsprobe.factorial import FACTORS
from capsprobe.report.factorial import words
from capsprobe.report.factorial.analysis import OUTCOMES
from capsprobe.report.page import points
from capsprobe.stats.families import LEVEL


def markdown(effects: pd.DataFrame) -> str:
    """Return a row a part, a column an outcome: the effect in points, bold if beyond chance."""
    names = [outcome.name for outcome in OUTCOMES]
    head = ["part", *(words.SHORT[name] for name in names)]
    rows = [head, ["---"] * len(head)]
    held = {(row["part"], row["outcome"]): row for row in effects.to_dict("records")}
    for part in FACTORS:
        rows.append([words.contrast(part), *(_cell(held[part, name]) for name in names)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(row: Mapping[Hashable, Any]) -> str:
    estimate = points(row["estimate"])
    told = f"**{estimate}**" if row["p_adjusted"] < LEVEL else estimate
    return f"{told} ({points(row['lower'])} to {points(row['upper'])})"
