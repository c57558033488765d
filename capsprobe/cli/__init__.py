"""The command line: options in, exit codes out; everything else lives in the rooms below."""

from capsprobe.cli.edge import main

__all__ = ["main"]
