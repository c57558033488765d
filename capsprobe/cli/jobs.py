"""How many processes measure at once: one a thread, as far as memory goes; one on a GPU."""

import torch

from capsprobe.cli.options import integer
from capsprobe.faults import UsageFault
from capsprobe.models.batches import free_bytes

# What a process takes with torch loaded, a compact network and its batches.
_BYTES = 2**30
_MOST = 1024


def jobs_for(given: str, device: str, *, threads: int) -> int:
    """Return the number of processes asked for, or what suits threads and memory for `auto`.

    Raises
    ------
    UsageFault
        Where it is neither `auto` nor a whole number from 1 to 1024.
    """
    if given != "auto":
        jobs = integer("--jobs", given)
        if not 1 <= jobs <= _MOST:
            raise UsageFault(f"--jobs: expected 1 to {_MOST} processes, got {jobs}")
        return jobs
    if device != "cpu":
        return 1
    return max(1, min(threads, free_bytes(torch.device("cpu")) // _BYTES))
