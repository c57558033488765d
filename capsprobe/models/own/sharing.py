"""Networks whose maker gives the same weights twice: two trainings of one must not be one."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any
from weakref import ref

from torch import nn

from capsprobe.factories import trimmed
from capsprobe.faults import ModelFault


@dataclass(frozen=True)
class _Given:
    """A network that a maker gave, as long as anybody holds it, and the file of its weights."""

    network: "ref[nn.Module]"
    weights: Path | None


_given: list[_Given] = []


def alone(text: str, module: nn.Module, weights: Path | None) -> nn.Module:
    """Return a network whose memory no other that was given holds: itself, or a copy.

    One that gets the same weights as those that it shares memory with may stay as it is where it
    cannot be copied whole.

    Raises
    ------
    ModelFault
        Where it would need a copy and has functions set on it that would go on to use the first.
    """
    _given[:] = [each for each in _given if each.network() is not None]
    held = _memory(module)
    twins = [each for each in _given if held & _memory(each.network())]
    if twins and any(_bound(module)):
        if all(each.weights == weights for each in twins):
            return module
        raise ModelFault(
            f"{text}: expected a new network each time, got one that shares its weights with "
            f"another, and a copy of it would not be whole: {next(_bound(module))} is set on it"
        )
    if twins:
        try:
            module = copy.deepcopy(module)
        except Exception as error:
            raise ModelFault(
                f"{text}: expected a new network each time, got one that shares its weights with "
                f"another and cannot be copied: {trimmed(error)}"
            ) from error
    _given.append(_Given(ref(module), weights))
    return module


def shares(one: nn.Module, other: nn.Module) -> bool:
    """Return whether two networks are one, or hold weights in the same memory."""
    return one is other or bool(_memory(one) & _memory(other))


def _memory(module: nn.Module | None) -> set[int]:
    """Return where the weights and buffers of a network lie."""
    if module is None:
        return set()
    places = (
        tensor.untyped_storage().data_ptr() for tensor in (*module.parameters(), *module.buffers())
    )
    return {place for place in places if place}


def _bound(module: nn.Module) -> Iterator[str]:
    """Yield the names of functions that were set on a network and know of something outside."""
    for part in module.modules():
        for name, value in vars(part).items():
            values = value.values() if isinstance(value, dict) else (value,)
            if any(_knows(each) for each in values) or (name == "trace" and callable(value)):
                yield name


def _knows(value: Any) -> bool:
    return isinstance(value, MethodType) or (
        isinstance(value, FunctionType) and value.__closure__ is not None
    )
