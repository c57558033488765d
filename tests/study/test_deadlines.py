import signal
import threading
import time

import pytest

from capsprobe.faults import UsageFault
from capsprobe.study import deadlines
from capsprobe.study.deadlines import TooLong, within


def test_what_is_quick_enough_is_left_alone() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with within(60.0):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == before


@pytest.mark.parametrize("wait", [lambda: time.sleep(60.0), lambda: threading.Event().wait(60.0)])
def test_what_waits_is_stopped(wait) -> None:
    start = time.perf_counter()
    with pytest.raises(TooLong), within(0.1):
        wait()
    assert time.perf_counter() - start < 30.0


def test_what_swallows_exceptions_is_stopped_too() -> None:
    with pytest.raises(TooLong), within(0.1):
        while True:
            try:
                time.sleep(0.01)
            except Exception:
                continue


def test_no_limit_is_none() -> None:
    with within(None):
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_outside_the_main_thread_it_says_so() -> None:
    said = []

    def inside() -> None:
        with pytest.raises(UsageFault, match="expected the main thread"), within(1.0):
            said.append("not reached")

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert said == []


def test_a_call_that_never_returns_ends_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(deadlines, "GRACE_S", 0.0)
    monkeypatch.setattr(deadlines.os, "_exit", lambda status: ended.set())
    with pytest.raises(TooLong), within(0.05, ends_process=True):
        # The alarm rings only once this has returned to Python.
        ended.wait(30.0)
        time.sleep(30.0)
