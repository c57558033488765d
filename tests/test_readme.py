"""What README says of committed runs is what they hold."""

import json
from pathlib import Path

import pandas as pd

from capsprobe.report.factorial.markdown import markdown as effects_table
from capsprobe.report.verdicts.markdown import markdown

ROOT = Path(__file__).parents[1]


def test_the_table_of_verdicts_is_that_of_the_committed_run() -> None:
    text = (ROOT / "reports" / "article-mnist" / "claims.json").read_text(encoding="utf-8")
    assert markdown(json.loads(text)) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_effects_is_that_of_the_committed_factorial() -> None:
    effects = pd.read_csv(ROOT / "reports" / "factorial-digits" / "tables" / "effects.csv")
    assert effects_table(effects) in (ROOT / "README.md").read_text(encoding="utf-8")
