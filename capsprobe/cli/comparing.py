"""`capsprobe compare`: two runs set against one another. Needs no torch."""

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from capsprobe.faults import UsageFault
from capsprobe.registry import unknown
from capsprobe.report.compare import compare_runs, write_comparison
from capsprobe.report.names import slug

DONE, WORSE = 0, 1
_GATES = ("worse",)


def compare(
    first: Path,
    second: Path,
    *,
    names: dict[str, str],
    margin: float,
    fail_on: str | None,
    output: Path | None,
    as_json: bool,
) -> int:
    """Write the comparison and print its path; return 1 where the gate asked for is tripped.

    Raises
    ------
    UsageFault, DataFault, EnvironmentFault
        Where a gate, model or margin is none, a run cannot be read, or nothing can be written.
    """
    if fail_on is not None and fail_on not in _GATES:
        raise UsageFault(f"--fail-on: {unknown('gate', fail_on, _GATES)}")
    found = compare_runs(first, second, margin=margin, names=names)
    folder = output or Path("reports") / f"compare-{slug(first.name)}-{slug(second.name)}"
    page = write_comparison(found, folder)
    counts = {verdict: len(found.of(verdict)) for verdict in ("worse", "better")}
    counts["no difference shown"] = len(found.of("no difference shown"))
    if as_json:
        columns = ["probe", "model", "dataset", "condition", "severity", "metric", "estimate"]
        rows = json.loads(found.of("worse")[columns].to_json(orient="records"))
        typer.echo(json.dumps({"report": str(page), "counts": counts, "worse": rows}))
    else:
        typer.echo(page)
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    typer.echo(f"measures: {told}", err=True)
    return WORSE if fail_on == "worse" and counts["worse"] else DONE


def names_of(texts: Sequence[str]) -> dict[str, str]:
    """Return the pairs in texts like A=B; raise UsageFault where one is none."""
    found = {}
    for text in texts:
        a, equals, b = text.partition("=")
        if not (a and equals and b):
            raise UsageFault(f"--model: expected A=B, got {text!r}")
        found[a] = b
    return found
