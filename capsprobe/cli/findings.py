"""Findings as commands show them: what, how it stands, and a text that fits the terminal."""

import shutil
import textwrap

_NARROWEST = 60


def row(what: str, state: str, text: str) -> str:
    """Return a line of the table, or several where the text is long."""
    head = f"{what:<16}{state:<9}"
    width = max(_NARROWEST, shutil.get_terminal_size((120, 24)).columns)
    return textwrap.fill(text, width, initial_indent=head, subsequent_indent=" " * len(head))
