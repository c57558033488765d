"""Grey levels of what a probe kept, row by row."""

from collections.abc import Hashable, Mapping
from typing import Any

from capsprobe.report.exhibits import Pixels


def pixels(row: Mapping[Hashable, Any]) -> Pixels:
    """Return the picture of a trace's row, whose values are its levels."""
    width, values = int(row["columns"]), [int(level) for level in row["values"]]
    return tuple(tuple(values[start : start + width]) for start in range(0, len(values), width))
