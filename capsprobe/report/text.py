"""The form that the words of an exhibit have."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Text:
    """The words of one exhibit: its heading, how to read its figures, and what it means."""

    heading: str
    reading: str
    meaning: str = ""
    folded: str = ""
