"""The command: which cases, how often, on what device; then the table and its files."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console

from tests.benchmarks import (
    attacks,
    bandwidth,
    clustering,
    commands,
    machine,
    memory,
    networks,
    numbers,
    routing,
    scaling,
    training,
    workers,
)
from tests.benchmarks.cases import Case, Setting
from tests.benchmarks.figure import draw
from tests.benchmarks.table import Result, points_frame, show, to_frame

_GROUPS = (
    routing,
    clustering,
    memory,
    networks,
    attacks,
    training,
    commands,
    numbers,
    scaling,
    bandwidth,
    workers,
)
_OUTPUT = Path("reports") / "benchmark"
_REPETITIONS = 15


def main(arguments: Sequence[str]) -> None:
    """Measure what is asked for; print the table and write it. A missed bound is no error."""
    parser = _parser()
    given = parser.parse_args(arguments)
    # As torch has it, but said once, so that nothing that is measured changes it.
    torch.set_num_threads(torch.get_num_threads())
    setting = Setting(
        repetitions=given.repetitions,
        device=torch.device(given.device),
        data_dir=given.data_dir,
        run=given.run,
    )
    known = every_case(setting)
    chosen = [case for case in known if case.is_asked_for(given.only)]
    strangers = [name for name in given.only if not _is_known(name, known)]
    if strangers:
        parser.error(f"--only: no case or group {strangers[0]!r}; see --list")
    if given.list:
        for case in chosen:
            print(f"{case.name:40} {case.text}")
        return
    report(run(chosen, setting), setting, given.output)


def every_case(setting: Setting) -> list[Case]:
    """Return all cases of all groups, in the order of the table."""
    return [case for group in _GROUPS for case in group.cases(setting)]


def run(cases: Sequence[Case], setting: Setting) -> list[Result]:
    """Return what became of each case; one that fails says why and stops no other."""
    results = []
    for place, case in enumerate(cases, start=1):
        print(f"{place}/{len(cases)} {case.name}", file=sys.stderr, flush=True)
        try:
            results.append(Result(case=case.name, findings=case.measure(setting)))
        except Exception as error:
            first = (str(error).splitlines() or [""])[0]
            results.append(Result(case=case.name, failure=f"{type(error).__name__}: {first}"))
    return results


def report(results: Sequence[Result], setting: Setting, folder: Path) -> None:
    """Print the machine and the table; write table, machine, points and figure to a folder."""
    facts = machine.facts(setting.device)
    told = f"{facts['processor']}, {facts['threads']} threads, torch {facts['torch']}"
    subtitle = f"{facts['gpu']}, {told}" if "gpu" in facts else told
    print(f"{subtitle}; medians and quartiles of {setting.repetitions} repetitions or as noted")
    show(results, Console())
    folder.mkdir(parents=True, exist_ok=True)
    to_frame(results).to_csv(folder / "benchmark.csv", index=False)
    written = {**facts, "repetitions": setting.repetitions, "sizes": vars(setting.sizes)}
    text = json.dumps(written, indent=1) + "\n"
    (folder / "benchmark.json").write_text(text, encoding="utf-8")
    points = points_frame(results)
    if len(points) > 0:
        points.to_csv(folder / "scaling.csv", index=False)
        draw(points, subtitle, [folder / "scaling.svg", folder / "scaling.png"])
    print(folder / "benchmark.csv")


def _is_known(name: str, cases: Sequence[Case]) -> bool:
    return any(case.is_asked_for([name]) for case in cases)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="groups, or cases as in group/case"
    )
    parser.add_argument(
        "--repetitions", type=_count, default=_REPETITIONS, help="of each side (default: 15)"
    )
    parser.add_argument("--device", default="cpu", help="cpu (default) or cuda:0")
    parser.add_argument("--data-dir", type=Path, help="folder with MNIST's four idx files")
    parser.add_argument("--run", type=Path, help="finished run to report on, its cells included")
    parser.add_argument("--output", type=Path, default=_OUTPUT, help=f"folder (default: {_OUTPUT})")
    parser.add_argument("--list", action="store_true", help="list the cases and measure nothing")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {count}")
    return count
