"""Verdicts as a table in Markdown, for READMEs."""

from collections.abc import Mapping
from typing import Any

from capsprobe.claims.base import claims


def markdown(facts: Mapping[str, Any]) -> str:
    """Return the table of verdicts from the content of `claims.json`."""
    rows = [
        f"| {each['assertion']['en']} | *{each['verdict']}* | {each['sentence']['en']} |"
        for each in facts["claims"]
        if each["id"] in claims
    ]
    return "\n".join(["| the article says | verdict | what was found |", "|---|---|---|", *rows])
