"""From a run to its report: collect, draw, render."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from capsprobe.faults import EnvironmentFault
from capsprobe.files import write_text
from capsprobe.report.collect import collect
from capsprobe.report.draw import draw
from capsprobe.report.exports import summaries_of, write_summaries
from capsprobe.report.lights.files import write_lights
from capsprobe.report.page import page
from capsprobe.report.reading import read_run
from capsprobe.report.reproduction.files import write_reproduction
from capsprobe.report.sections import Kept
from capsprobe.report.summary import Summary
from capsprobe.report.svg import Drawing

_SELDOM = 100_000


@contextmanager
def _unhurried() -> Iterator[None]:
    """Look for garbage seldom, and multiply matrices in one thread.

    A report makes very many objects and drops few in circles: at the usual threshold a tenth of
    the time goes there. Its products are small, and where other processes hold the cores, threads
    that wait for one another took twenty times as long as one.
    """
    usual = gc.get_threshold()
    gc.set_threshold(_SELDOM, *usual[1:])
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        gc.set_threshold(*usual)


@_unhurried()
def render(folder: Path) -> Path:
    """Write the report of a run again, from its cells; return the page's path.

    Raises
    ------
    DataFault
        Where the folder holds no run, or none of its cells.
    EnvironmentFault
        Where the folder cannot be written to.
    """
    kept, run = read_run(folder)
    return write_kept(folder, kept, run)


def write_report(
    folder: Path, *, observations: pd.DataFrame, samples: pd.DataFrame, run: Mapping[str, Any]
) -> Path:
    """Write tables, figures and `index.html` into `folder`; return the page's path.

    `run` is the content of run.json. Whatever is missing from the run is missing from the page,
    which says so.

    Raises
    ------
    EnvironmentFault
        Where the folder cannot be written to.
    """
    return write_kept(folder, Kept(observations=observations, samples=samples), run)


@_unhurried()
def write_kept(folder: Path, kept: Kept, run: Mapping[str, Any]) -> Path:
    """Write the report of everything that a run kept, traces too; return the page's path.

    Where claims are to be judged, the page is that of the verdicts, and the probes have their own.

    Raises
    ------
    EnvironmentFault
        Where the folder cannot be written to.
    """
    tables = summaries_of(kept.observations, run)
    summary = collect(tables, kept, run)
    drawings = draw(summary)
    try:
        write_summaries(tables, run, folder)
        write_lights(kept.lights, run, folder)
        write_reproduction(summary.repeated, run, folder)
        _write_figures(drawings, folder / "figures")
        return _write_pages(folder, kept, run, summary, drawings)
    except OSError as error:
        raise EnvironmentFault(
            f"expected a folder that can be written to, got {folder}: {error.strerror}"
        ) from error


def _write_pages(
    folder: Path,
    kept: Kept,
    run: Mapping[str, Any],
    summary: Summary,
    drawings: Mapping[str, Drawing],
) -> Path:
    """Write the one page of a run, or those of one that is judged; return the first one's path."""
    if not run.get("judged"):
        path = folder / "index.html"
        write_text(path, page(summary, drawings))
        return path
    # Only verdicts need the libraries of tests, which are slow to import.
    from capsprobe.report.verdicts.chapters import chapters
    from capsprobe.report.verdicts.writing import PAGES, judged, write_pages

    held = chapters(summary)
    for chapter, content in held.items():
        write_text(folder / chapter.page, page(content, drawings, verdicts=PAGES["en"]))
    verdicts = judged(kept.observations, kept.lights, run)
    return write_pages(folder, verdicts, kept.observations, run, tuple(held))


def _write_figures(drawings: Mapping[str, Drawing], folder: Path) -> None:
    """Write the figures; those of an earlier report that are no longer drawn go."""
    for old in folder.glob("*.svg"):
        if old.stem not in drawings:
            old.unlink()
    for name, drawing in drawings.items():
        write_text(folder / f"{name}.svg", drawing.file)
