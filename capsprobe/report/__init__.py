"""The report of a run: tables, figures and one page. No torch; only this room draws."""

from capsprobe.report.writing import render, write_report

__all__ = ["render", "write_report"]
