"""Devices by the names that users give them."""

import torch

from capsprobe.faults import EnvironmentFault


def resolve(name: str) -> str:
    """Return the device for a name, `auto` being CUDA where there is one, else the CPU.

    Raises
    ------
    EnvironmentFault
        Where this machine has no such device; the message says what it has.
    """
    if name == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    if name not in (have := available()):
        wanted = "cuda:0" if name == "cuda" and "cuda:0" in have else None
        if wanted:
            return wanted
        raise EnvironmentFault(f"--device: expected auto or one of {', '.join(have)}, got {name!r}")
    return name


def available() -> tuple[str, ...]:
    """Return the devices of this machine."""
    cards = tuple(f"cuda:{index}" for index in range(torch.cuda.device_count()))
    apple = ("mps",) if torch.backends.mps.is_available() else ()
    return ("cpu", *cards, *apple)
