"""Processes that compute for this one, share its threads and end with it."""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from os import _exit
from typing import Any

import torch


def nothing() -> None:
    """Begin with nothing."""


def make_ready() -> None:
    """Have what processes start from imported beside what this one does, rather than after it."""
    if _context().get_start_method() == "forkserver":
        # Not every system has it.
        from multiprocessing.forkserver import ensure_running

        ensure_running()


@contextmanager
def pool(
    count: int, begin: Callable[..., None], *given: Any, threads: int
) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool whose processes end at once where this one does, or is interrupted.

    Each of them has so many threads, and starts by `begin(*given)`.
    """
    context = _context()
    reader, writer = context.Pipe(duplex=False)
    held = ProcessPoolExecutor(
        count,
        mp_context=context,
        initializer=_begin,
        initargs=(reader, threads, begin, given),
    )
    try:
        yield held
        held.shutdown()
    finally:
        writer.close()
        held.shutdown(cancel_futures=True)
        reader.close()


def _context() -> BaseContext:
    """Return how processes are started: never by a fork of this one, which has threads."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Imported once, and not by each process.
    context.set_forkserver_preload(["capsprobe.study.executors"])
    return context


def _begin(
    lifeline: Connection, threads: int, begin: Callable[..., None], given: tuple[Any, ...]
) -> None:
    """Make this process a worker. Ctrl-C reaches it too, but it is its parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    torch.set_num_threads(threads)
    begin(*given)


def _end_with_parent(lifeline: Connection) -> None:
    """End this process once the other end of the pipe is closed."""
    lifeline.poll(None)
    _exit(1)
