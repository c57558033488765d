"""What a training is asked to do."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from capsprobe.data.base import Source
from capsprobe.models.checkpoints import Start, check_weights, parse_weights, read_entry, stem
from capsprobe.models.packing import stem_of
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
    start: Path | None = None

    @property
    def state_path(self) -> Path:
        """Return where the state between epochs lies; it is gone when the training is done."""
        return self.folder / f".{stem(self.model, self.dataset, self.seed)}.state"

    def started(self) -> tuple[Start, dict[str, Tensor]] | None:
        """Return what the training goes on from and its weights, or none for fresh ones.

        Raises
        ------
        ModelFault
            Where there is no such checkpoint, or it is damaged.
        """
        if self.start is None:
            return None
        entry = read_entry(self.start.parent, stem_of(self.start))
        weights = parse_weights(entry.stem, check_weights(self.start.parent, entry))
        start = Start(
            checkpoint=entry.stem,
            weights_sha256=entry.weights_sha256,
            recipe=entry.recipe,
            epochs=entry.epochs,
            wall_s=entry.wall_s,
        )
        return start, weights

    def key(self, data_sha256: str, start: Start | None) -> str:
        """Return the hash of all that determines the training, given the training images'."""
        parts = (
            self.model,
            self.dataset,
            str(self.seed),
            self.recipe.model_dump_json(),
            data_sha256,
            torch.__version__,
            start.weights_sha256 if start else "",
        )
        return hashlib.sha256("|".join(parts).encode()).hexdigest()
