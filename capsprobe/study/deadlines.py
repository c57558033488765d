"""A limit on the time that a cell may take, kept by an alarm in the process that examines it."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from capsprobe.faults import UsageFault

# What a call outside Python may go on beyond the limit, before its process is ended.
GRACE_S = 30.0


class TooLong(BaseException):
    """Raised where the alarm rings; not an Exception, so that no network catches it."""


@contextmanager
def within(seconds: float | None, *, ends_process: bool = False) -> Iterator[None]:
    """Raise TooLong in the block once so many seconds have passed; None is no limit.

    An alarm rings between two steps of Python. Where a call outside Python never returns, the
    whole process is ended a while later if it `ends_process`, which a worker may.

    Raises
    ------
    UsageFault
        Where this system has no alarms, or this is not the process's main thread.
    """
    if seconds is None:
        yield
        return
    check_alarms()
    watch = threading.Timer(seconds + GRACE_S, os._exit, (1,))
    watch.daemon = True
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    if ends_process:
        watch.start()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
        watch.cancel()


def check_alarms() -> None:
    """Raise UsageFault where a cell's time cannot be limited."""
    main = threading.current_thread() is threading.main_thread()
    if not hasattr(signal, "setitimer") or not main:
        where = "a system with alarms, as Linux and macOS have" if main else "the main thread"
        raise UsageFault(f"a limit on a cell's time: expected {where}, got another")


def _ring(signum: int, frame: FrameType | None) -> None:
    raise TooLong
