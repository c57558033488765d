"""Datasets of a user's own, filed for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from capsprobe.data import own
from capsprobe.data.base import datasets


@contextmanager
def forgotten() -> Iterator[None]:
    """Take the names that are filed inside out of the registry afterwards."""
    list(datasets)
    members, names = dict(datasets._members), dict(own._NAMES)
    try:
        yield
    finally:
        datasets._members = members
        own._NAMES.clear()
        own._NAMES.update(names)
