"""The factorial of a CapsNet's parts: which of them carries which robustness."""

from capsprobe.report.factorial.analysis import Analysis, analyse
from capsprobe.report.factorial.writing import write_factorial

__all__ = ["Analysis", "analyse", "write_factorial"]
