"""Where a network of the user's own comes from: a function, an archive, timm, or an entry point."""

import hashlib
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from capsprobe.factories import called, load_factory, named, source_hash, trimmed
from capsprobe.faults import ModelFault
from capsprobe.models.base import Frame, models
from capsprobe.models.own.exported import exported
from capsprobe.models.own.sharing import alone, shares
from capsprobe.models.own.weights import hash_of, load_weights

TIMM = "timm:"
ARCHIVE = ".pt2"
_LONGEST = 40


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A network as its maker gives it, and the hash of its weights and of its code's file."""

    module: nn.Module
    sha256: str


def is_own(text: str) -> bool:
    """Return whether a model's name stands for a network of the user's own."""
    return (
        text.startswith(TIMM)
        or text.endswith(ARCHIVE)
        or named(text) is not None
        or _is_entry_point(text)
    )


def called_in_tables(text: str) -> str:
    """Return a name that tables, files and pages can hold whatever the user typed.

    Letters, digits and `._-`, at most forty of them; a hash at the end where it was shortened.
    """
    bare = text.removesuffix(ARCHIVE).replace("\\", "/").rpartition("/")[2]
    asked = named(text)
    if text.startswith(TIMM):
        bare = f"timm-{text.removeprefix(TIMM)}"
    elif asked is not None:
        bare = asked.function
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", bare).strip("-._") or "own"
    if len(safe) > _LONGEST:
        safe = f"{safe[: _LONGEST - 9]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    taken = safe in models and not _is_entry_point(safe)
    return f"own-{safe}" if taken else safe


def opened(text: str, frame: Frame, weights: Path | None) -> Opened:
    """Return the network that a text names, its weights loaded where a file of them is given.

    Raises
    ------
    ModelFault
        Where it cannot be had, is no network, or the weights do not fit.
    """
    module, code = _made(text, frame, weights)
    if not isinstance(module, nn.Module):
        raise ModelFault(f"{text}: expected a torch.nn.Module, got {type(module).__name__}")
    try:
        module = alone(text, module, weights)
        if weights is not None:
            load_weights(module, weights)
        held = hash_of(module)
    except ModelFault:
        raise
    except Exception as error:
        # The user's code may answer for its own weights.
        raise ModelFault(f"{text}: its weights cannot be read: {trimmed(error)}") from error
    return Opened(module=module, sha256=_hash(code, held))


def made_again(text: str, frame: Frame, weights: Path | None, made: Opened) -> nn.Module | None:
    """Return another network by the same maker, none where it would be the first one's memory.

    Each process makes the network anew: what differs from one time to the next would be mixed.

    Raises
    ------
    ModelFault
        Where the maker cannot be called again, or gives other weights.
    """
    if text.startswith(TIMM) or text.endswith(ARCHIVE):
        return None
    try:
        module, code = _made(text, frame, weights)
    except ModelFault as fault:
        raise ModelFault(
            f"{text}: expected a maker that can be called again, as each process does: {fault}"
        ) from fault
    if not isinstance(module, nn.Module) or shares(module, made.module):
        return None
    if weights is not None:
        load_weights(module, weights)
    if _hash(code, hash_of(module)) != made.sha256:
        raise ModelFault(
            f"{text}: expected the same weights each time it is made, got others the second time: "
            "load trained ones in it, pass --weights FILE.safetensors, or seed it"
        )
    return module


def _hash(code: str, weights: str) -> str:
    return hashlib.sha256(f"{code}{weights}".encode()).hexdigest()


def _made(text: str, frame: Frame, weights: Path | None) -> tuple[Any, str]:
    """Return what was made, and the hash of the code that made it."""
    if text.startswith(TIMM):
        return _of_timm(text.removeprefix(TIMM), frame, weights), ""
    if text.endswith(ARCHIVE):
        if weights is not None:
            raise ModelFault(f"{text}: expected no --weights, got {weights.name}: it holds its own")
        return exported(Path(text)), ""
    if named(text) is not None:
        if isinstance(made := load_factory(text, ModelFault), nn.Module):
            raise ModelFault(
                f"{text}: expected a function or class that makes a network, got a network, "
                f"{type(made).__name__}: name what makes it"
            )
        return called(text, ModelFault), source_hash(text, ModelFault)
    return _of_entry_point(text, frame), ""


def _of_timm(name: str, frame: Frame, weights: Path | None) -> nn.Module:
    try:
        import timm
    except ImportError as error:
        raise ModelFault(
            f"timm:{name}: expected timm to be installed: pip install 'capsprobe[timm]'"
        ) from error
    if weights is None:
        raise ModelFault(
            f"timm:{name}: expected --weights FILE.safetensors of this network trained on "
            f"{frame.classes} classes, got none"
        )
    try:
        return timm.create_model(name, pretrained=False, num_classes=frame.classes, in_chans=1)
    except Exception as error:
        raise ModelFault(f"timm:{name}: {trimmed(error)}") from error


def _of_entry_point(name: str, frame: Frame) -> Any:
    function: Callable[..., Any] = models[name]
    try:
        takes = len(inspect.signature(function).parameters)
        return function(frame) if takes else function()
    except Exception as error:
        raise ModelFault(f"{name}: {trimmed(error)}") from error


def _is_entry_point(name: str) -> bool:
    """Return whether another distribution has registered a model of that name."""
    return name in models and not str(getattr(models[name], "__module__", "")).startswith(
        "capsprobe."
    )
