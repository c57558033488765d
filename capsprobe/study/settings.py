"""What a study is asked to do, checked before anything is computed."""

import dataclasses
import types
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from capsprobe.faults import UsageFault
from capsprobe.models.checkpoints import SHIPPED
from capsprobe.probes.base import Probe, probes
from capsprobe.registry import unknown
from capsprobe.routing.base import MOST_ITERATIONS


class Settings(BaseModel):
    """The grid and how it is run. Empty tuples mean all that there are.

    Without a batch size, each network gets what pays, less where memory is short. With a
    routing or a number of iterations, networks that route do so with these and not with their own
    (capsprobe.study.swaps). Models in `unless_named` are examined only where `models` names them;
    of training seeds those in `seeds_unless_named`, where it names any, unless `training_seeds`
    does. A probe that `asked` has an entry for is put to the models in it alone.
    Checkpoints are those of `dataset`, or of `trained_on`, put to the images of `dataset`.
    `models` may name networks of the user's own (capsprobe.models.own); `own_weights` are the files
    of such a one's weights, in the order of its training seeds from 0 on. A cell that takes longer
    than `cell_timeout` seconds fails.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[str, ...] = ()
    unless_named: tuple[str, ...] = ()
    seeds_unless_named: tuple[int, ...] = ()
    asked: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    dataset: str = "digits"
    trained_on: str | None = None
    data_dir: Path | None = None
    weights: Path = SHIPPED
    own_weights: tuple[Path, ...] = ()
    probes: tuple[str, ...] = ()
    training_seeds: tuple[int, ...] = ()
    routing: str | None = None
    iterations: int | None = Field(default=None, ge=1, le=MOST_ITERATIONS)
    limit: int | None = Field(default=None, ge=1)
    batch_size: int | None = Field(default=None, ge=1, le=65_536)
    device: str = "cpu"
    cell_timeout: float | None = Field(default=None, gt=0.0, le=1e7)
    seed: int = Field(default=0, ge=0)
    probe_settings: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @field_validator("models", "probes", "training_seeds", "own_weights")
    @classmethod
    def _each_once(cls, values: tuple[object, ...]) -> tuple[object, ...]:
        twice = sorted({str(value) for value in values if values.count(value) > 1})
        if twice:
            raise ValueError(f"expected each once, got {twice[0]} twice")
        return values


def build_probes(settings: Settings) -> dict[str, Probe]:
    """Return the probes by name, with their settings; raise UsageFault for unknown ones.

    Settings of a probe that is not among them are checked all the same.
    """
    names = settings.probes or tuple(probes)
    built = {
        name: _build(name, probes[name], settings.probe_settings.get(name, {}))
        for name in dict.fromkeys((*names, *settings.probe_settings))
    }
    return {name: built[name] for name in names}


def describe(probe: Probe) -> dict[str, Any]:
    """Return a probe's settings as plain values."""
    return {field.name: getattr(probe, field.name) for field in dataclasses.fields(probe)}


def _build(name: str, kind: type[Probe], given: dict[str, Any]) -> Probe:
    hints = typing.get_type_hints(kind)
    known = tuple(field.name for field in dataclasses.fields(kind))
    for key in given:
        if key not in known:
            raise UsageFault(unknown(f"setting of probe {name}", key, known))
    cast = {key: _cast(f"{name}.{key}", value, hints[key]) for key, value in given.items()}
    return kind(**cast)


def _cast(name: str, value: Any, wanted: Any) -> Any:
    """Return a value from a configuration file in the type of its field."""
    if isinstance(wanted, types.UnionType):
        # A setting that may be left open: a file that names it gives it a value.
        (wanted,) = (kind for kind in typing.get_args(wanted) if kind is not types.NoneType)
    if isinstance(wanted, types.GenericAlias) and wanted.__origin__ is tuple:
        if not isinstance(value, list | tuple):
            raise UsageFault(f"{name}: expected a list, got {value!r}")
        inner = wanted.__args__[0]
        return tuple(_cast(name, item, inner) for item in value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(wanted, type) and (not isinstance(value, wanted) or isinstance(value, bool)):
        raise UsageFault(f"{name}: expected {wanted.__name__}, got {value!r}")
    return value
