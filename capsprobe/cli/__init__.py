"""The command line: options in, exit codes out; everything else lives in the rooms below."""

from capsprobe.cli.app import main

__all__ = ["main"]
