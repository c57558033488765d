"""The study: every checkpoint through every probe, each cell kept the moment it is finished."""

from capsprobe.study.running import run_study
from capsprobe.study.settings import Settings

__all__ = ["Settings", "run_study"]
