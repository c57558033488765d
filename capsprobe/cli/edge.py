"""The edge where a fault becomes one line on stderr and an exit code."""

import io
import signal
import sys
import traceback
from types import FrameType
from typing import Any

import typer

from capsprobe.cli.app import app
from capsprobe.faults import Fault

USAGE = 2
ENVIRONMENT = 4
INTERRUPTED = 130
TERMINATED = 143
# Typer carries a copy of click and does not export this class.
_ClickException: type[Exception] = next(
    kind
    for kind in typer.BadParameter.__mro__
    if kind.__name__ == "ClickException" and issubclass(kind, Exception)
)


def main() -> None:
    """Run the command line; a fault becomes one line on stderr and its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    _let_all_be_written()
    arguments = sys.argv[1:] or ["--help"]
    try:
        status = app(arguments, prog_name="capsprobe", standalone_mode=False)
    except Fault as fault:
        status = _told(str(fault), fault.exit_code, arguments)
    except _ClickException as error:
        status = _told(_text(error), USAGE, arguments)
    except (KeyboardInterrupt, typer.Abort):
        status = _told("interrupted; run the same command again to resume", INTERRUPTED, arguments)
    except OSError as error:
        status = _told(f"{error.filename or 'output'}: {error.strerror}", ENVIRONMENT, arguments)
    sys.exit(TERMINATED if status == INTERRUPTED and _signals else status or 0)


# SIGTERM ends a command as Ctrl-C does, but for the exit code.
_signals: list[int] = []


def _terminate(signum: int, frame: FrameType | None) -> None:
    _signals.append(signum)
    raise KeyboardInterrupt


def _let_all_be_written() -> None:
    """Make output that its encoding has no sign for come out escaped, and not as an error."""
    for stream in (sys.stdout, sys.stderr):
        # Who calls this from Python may have put something else there.
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _text(error: Any) -> str:
    return str(error.format_message())


def _told(message: str, status: int, arguments: list[str]) -> int:
    if "-v" in arguments or "--verbose" in arguments:
        traceback.print_exc()
    line = " ".join(message.split())
    sys.stderr.write(f"capsprobe: {line}\n")
    return status
