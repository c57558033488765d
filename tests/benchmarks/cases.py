"""Cases: what can be measured alone, by name, and what all of them are told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from tests.benchmarks.rows import Findings

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much is computed; by default a CapsNet of full size and a study of usual size."""

    images: int = 128
    many_images: int = 2048
    children: int = 1152
    child_pose: int = 8
    parents: int = 10
    pose: int = 16
    iterations: int = 3
    attacked: int = 1000
    attack_steps: int = 40
    epsilons: tuple[float, ...] = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
    optimiser_steps: int = 60
    run_limit: int = 20
    worker_images: int = 100
    # Beside powers of two, batches that tiles of 128 images do not divide.
    batches: tuple[int, ...] = (*(1, 2, 4, 8, 16, 32, 64, 96, 128, 160, 192, 256, 512, 1024, 2048),)
    child_counts: tuple[int, ...] = (32, 72, 144, 288, 576, 1152, 2304, 4608)
    iteration_counts: tuple[int, ...] = tuple(range(1, 11))
    canvases: tuple[int, ...] = (28, 36, 40)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What every case is told."""

    repetitions: int
    device: torch.device = torch.device("cpu")
    data_dir: Path | None = None
    run: Path | None = None
    sizes: Sizes = field(default_factory=Sizes)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing to measure, named `group/what`."""

    name: str
    text: str
    measure: Callable[[Setting], Findings]

    def is_asked_for(self, names: Sequence[str]) -> bool:
        """Return whether one of the names is this case's or its group's; no names mean all."""
        return not names or self.name in names or self.name.partition("/")[0] in names
