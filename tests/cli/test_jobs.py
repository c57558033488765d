"""How many processes measure at once."""

import pytest

from capsprobe.cli import jobs
from capsprobe.cli.jobs import jobs_for
from capsprobe.faults import UsageFault


def test_one_process_a_thread_by_default() -> None:
    assert jobs_for("auto", "cpu", threads=1) == 1
    assert jobs_for("auto", "cpu", threads=2) <= 2


def test_little_memory_means_fewer_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    for free, expected in ((2**33, 8), (3 * 2**30, 3), (2**20, 1)):
        monkeypatch.setattr(jobs, "free_bytes", lambda device, free=free: free)
        assert jobs_for("auto", "cpu", threads=8) == expected


def test_a_gpu_is_one_process_unless_told_otherwise() -> None:
    assert jobs_for("auto", "cuda:0", threads=8) == 1
    assert jobs_for("3", "cuda:0", threads=8) == 3


@pytest.mark.parametrize("given", ["0", "-1", "2000", "two", "1.5", ""])
def test_a_number_that_cannot_be_meant_is_refused(given: str) -> None:
    with pytest.raises(UsageFault, match="--jobs"):
        jobs_for(given, "cpu", threads=2)
