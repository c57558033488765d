"""What a training is determined by, apart from the model, the data and the seed."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from capsprobe.models.base import Frame
from capsprobe.training.losses import LossName

RECIPE_VERSION = 1


class Recipe(BaseModel):
    """Settings of a training; the same for every model on a dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = RECIPE_VERSION
    epochs: int = Field(default=30, ge=1, le=10_000)
    batch_size: int = Field(default=128, ge=2, le=65_536)
    learning_rate: float = Field(default=2e-3, gt=0.0, le=1.0)
    loss: LossName = "margin"
    decoder_weight: float = Field(default=0.0, ge=0.0)
    precision: Literal["fp32", "bf16"] = "fp32"
    width: int = 48
    types: int = 5

    def frame(self, *, classes: int, canvas: int) -> Frame:
        """Return the frame to build a model in."""
        return Frame(classes=classes, canvas=canvas, width=self.width, types=self.types)


def default_recipe(dataset: str) -> Recipe:
    """Return the recipe that the shipped checkpoints of a dataset were trained with."""
    base, _, view = dataset.partition("-")
    if base == "digits":
        epochs = {"placed": 200, "pairs": 300}.get(view, 100)
        return Recipe(epochs=epochs, batch_size=64, width=24, types=3)
    return Recipe(epochs={"placed": 20, "pairs": 30}.get(view, 25), precision="bf16")
