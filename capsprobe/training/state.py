"""The state of a training at the end of an epoch, from which a killed one goes on."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from capsprobe.files import write_atomically


@dataclass(frozen=True, kw_only=True)
class State:
    """Tensors by path (`model/…`, `best/…`, `optimiser/…`) and what else is known.

    `key` names recipe, model, data and seed: a state of another training is not taken up.
    """

    key: str
    epoch: int
    wall_s: float
    best_epoch: int
    best_accuracy: float
    tensors: dict[str, Tensor]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Return the tensors below a prefix, without it."""
        start = f"{prefix}/"
        return {
            key.removeprefix(start): tensor
            for key, tensor in self.tensors.items()
            if key.startswith(start)
        }


def write_state(path: Path, state: State) -> None:
    """Write a state atomically."""
    facts = {
        "key": state.key,
        "epoch": state.epoch,
        "wall_s": state.wall_s,
        "best_epoch": state.best_epoch,
        "best_accuracy": state.best_accuracy,
    }
    tensors = {key: tensor.contiguous() for key, tensor in state.tensors.items()}
    write_atomically(
        path, lambda part: save_file(tensors, part, metadata={"facts": json.dumps(facts)})
    )


def read_state(path: Path, *, key: str) -> State | None:
    """Return the state in a file, or none where there is none, or one of another training."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            facts: dict[str, Any] = json.loads(file.metadata()["facts"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, KeyError, TypeError, ValueError):
        return None
    if facts.get("key") != key:
        return None
    return State(tensors=tensors, **facts)
