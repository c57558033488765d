"""Calling the command line in this process."""

import sys

import pytest

from capsprobe.cli import main


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Return the exit status of a command; numbers and paths become text."""
    monkeypatch.setattr(sys, "argv", ["capsprobe", *map(str, arguments)])
    try:
        main()
    except SystemExit as status:
        return int(status.code or 0)
    return 0


def answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[int, str, str]:
    """Return the exit status of a command, and what it wrote to both streams."""
    status = call(monkeypatch, *arguments)
    out, err = capsys.readouterr()
    return status, out, err
