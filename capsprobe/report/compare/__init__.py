"""Two runs beside one another: what changed, by how much, and what has no counterpart."""

from capsprobe.report.compare.comparing import Comparison, compare_runs
from capsprobe.report.compare.writing import write_comparison

__all__ = ["Comparison", "compare_runs", "write_comparison"]
