"""`capsprobe report`: the page of a finished run, in a language that it has."""

from pathlib import Path

from capsprobe.cli.languages import language_of
from capsprobe.faults import UsageFault
from capsprobe.report import render


def rendered(run: Path, *, language: str) -> Path:
    """Write a run's report again; return the path of the page in that language.

    Raises
    ------
    UsageFault
        Where there is no such language, or the run's report has only English.
    """
    known = language_of(language)
    page = render(run)
    if known == "en":
        return page
    # The judge is for runs of `claims`: not every report waits for it.
    from capsprobe.report.verdicts.writing import PAGES

    other = run / PAGES[known]
    if not other.is_file():
        raise UsageFault(f"--lang: expected a run of `claims` for {language}, got one of probes")
    return other
