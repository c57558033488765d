"""The language of a page, as typed."""

from capsprobe.claims.text import LANGUAGES, Language
from capsprobe.faults import UsageFault
from capsprobe.registry import unknown


def language_of(given: str) -> Language:
    """Return the language of a page; raise UsageFault for one that there is no page in."""
    known = next((name for name in LANGUAGES if name == given), None)
    if known is None:
        raise UsageFault(f"--lang: {unknown('language', given, LANGUAGES)}")
    return known
