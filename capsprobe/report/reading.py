"""Reading a run folder: its record and its cells."""

import json
from pathlib import Path
from typing import Any

from capsprobe.faults import DataFault
from capsprobe.parts import is_record, read_cells
from capsprobe.report.sections import Kept


def read_run(folder: Path) -> tuple[Kept, dict[str, Any]]:
    """Return a run's observations, samples and traces, and its record.

    A cell whose part is gone or damaged counts as missing, and the run as partial.

    Raises
    ------
    DataFault
        Where the folder holds no run, or none of its cells.
    """
    path = folder / "run.json"
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataFault(f"expected a run folder with run.json, got {folder}") from None
    except ValueError as error:
        raise DataFault(f"{path}: expected JSON, got {error}") from error
    if not is_record(run):
        raise DataFault(f"{path}: expected the record of a run, got something else")
    if not (folder / "cells").is_dir():
        raise DataFault(f"expected the cells of the run in {folder / 'cells'}, got no such folder")
    observations, samples, traces = read_cells(folder / "cells", run["cells"])
    run["partial"] = any(cell["state"] == "missing" for cell in run["cells"])
    return Kept(observations=observations, samples=samples, traces=traces), run
