"""What README says of committed runs is what they hold."""

import json
from pathlib import Path

from capsprobe.report.verdicts.markdown import markdown

ROOT = Path(__file__).parents[1]


def test_the_table_of_verdicts_is_that_of_the_committed_run() -> None:
    text = (ROOT / "reports" / "article-mnist" / "claims.json").read_text(encoding="utf-8")
    assert markdown(json.loads(text)) in (ROOT / "README.md").read_text(encoding="utf-8")
