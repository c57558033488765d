"""What a training is asked to do."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch

from capsprobe.data.base import Source
from capsprobe.models.checkpoints import stem
from capsprobe.training.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One training: what to train, on what, how, and where the result goes."""

    model: str
    dataset: str
    seed: int
    recipe: Recipe
    folder: Path
    source: Source = Source()
    device: str = "cpu"

    @property
    def state_path(self) -> Path:
        """Return where the state between epochs lies; it is gone when the training is done."""
        return self.folder / f".{stem(self.model, self.dataset, self.seed)}.state"

    def key(self, data_sha256: str) -> str:
        """Return the hash of all that determines the training, given the training images'."""
        parts = (
            self.model,
            self.dataset,
            str(self.seed),
            self.recipe.model_dump_json(),
            data_sha256,
            torch.__version__,
        )
        return hashlib.sha256("|".join(parts).encode()).hexdigest()
