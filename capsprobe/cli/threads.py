"""How many threads torch may use: as many as this process really has, set once."""

import os
from pathlib import Path

import torch

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def use_threads() -> int:
    """Make torch use the cores that affinity and container leave to it; return their number.

    torch counts the machine's cores. In a container with a share of them, its threads would wait
    for each other most of the time. Who sets OMP_NUM_THREADS is obeyed.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, min(torch.get_num_threads(), affinity(), quota())))
    return torch.get_num_threads()


def affinity() -> int:
    """Return the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def quota() -> int:
    """Return the cores of the container's share, rounded up; many where there is no limit."""
    try:
        quota, period = _QUOTA.read_text().split()
        return -(-int(quota) // int(period))
    except (OSError, ValueError):
        return 2**16
