"""Names to members, found by reading a package and the entry points of installed ones.

No list is edited to add a member: a file in the package that registers itself is enough.
"""

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from capsprobe.faults import UsageFault

Member = TypeVar("Member")


class Registry(Generic[Member]):
    """Members of one kind by name; the package is read when the first name is asked for.

    Other distributions add members through the entry-point group that has the package's name:
    loading the entry point must register the member, or give the member itself.
    """

    def __init__(self, kind: str, package: str) -> None:
        self._kind = kind
        self._package = package
        self._members: dict[str, Member] = {}
        self._read = False

    def register(self, name: str) -> Callable[[Member], Member]:
        """Return a decorator that files a member under `name`; a taken name is an error."""

        def file(member: Member) -> Member:
            known = self._members.get(name)
            if known is not None and _origin(known) != _origin(member):
                raise ValueError(f"expected a free {self._kind} name, got {name!r}, taken")
            self._members[name] = member
            return member

        return file

    def __getitem__(self, name: str) -> Member:
        """Return the member called `name`; raise UsageFault with the nearest known names."""
        self._discover()
        if name not in self._members:
            raise UsageFault(unknown(self._kind, name, tuple(self)))
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names in alphabetical order."""
        self._discover()
        return iter(sorted(self._members))

    def __contains__(self, name: object) -> bool:
        self._discover()
        return name in self._members

    def _discover(self) -> None:
        if self._read:
            return
        self._read = True
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__, f"{self._package}."):
            importlib.import_module(module.name)
        for point in entry_points(group=self._package):
            member = point.load()
            if point.name not in self._members:
                self._members[point.name] = member


def unknown(kind: str, name: str, known: tuple[str, ...]) -> str:
    """Return the one line for a name that is not known: nearest names first, then all."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"unknown {kind} {name!r}.{hint} Known: {', '.join(known) or 'none'}."


def _origin(member: object) -> tuple[object, object]:
    return getattr(member, "__module__", None), getattr(member, "__qualname__", member)
