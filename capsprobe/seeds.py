"""Generators derived from a seed and a path of words, so that no draw depends on any other.

A global generator would make the hundredth image depend on how many draws came before it.
"""

import hashlib

import numpy as np


def derive(seed: int, *path: str | int) -> int:
    """Return the 63-bit seed that belongs to this path under `seed`.

    The same seed and path give the same number on every machine and in every version of Python.
    """
    text = "/".join(str(part) for part in (seed, *path))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *path: str | int) -> np.random.Generator:
    """Return a NumPy generator that only this seed and path determine."""
    return np.random.default_rng(derive(seed, *path))
