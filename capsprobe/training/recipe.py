"""What a training is determined by, apart from the model, the data and the seed."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from capsprobe.data.views import ViewName
from capsprobe.models.base import Frame
from capsprobe.training.losses import LossName

RECIPE_VERSION = 1
Precision = Literal["fp32", "bf16"]


class Recipe(BaseModel):
    """Settings of a training; the same for every model on a dataset, but for the attack."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = RECIPE_VERSION
    epochs: int = Field(default=25, ge=1, le=10_000)
    batch_size: int = Field(default=128, ge=2, le=65_536)
    learning_rate: float = Field(default=2e-3, gt=0.0, le=1.0)
    loss: LossName = "margin"
    decoder_weight: float = Field(default=0.0, ge=0.0, le=1.0)
    precision: Precision = "fp32"
    # Linf; 0 trains on the images as they are.
    adversarial_epsilon: float = Field(default=0.0, ge=0.0, le=1.0)
    # With three of them a network learns to withstand three steps and no more: of 200 images all
    # stood after three at 0.2 and none after forty (what Wong et al. 2020 call catastrophic).
    adversarial_steps: int = Field(default=7, ge=1, le=1000)
    width: int = Field(default=48, ge=2, le=1024)
    types: int = Field(default=5, ge=1, le=256)

    def frame(self, *, classes: int, canvas: int) -> Frame:
        """Return the frame to build a model in."""
        return Frame(classes=classes, canvas=canvas, width=self.width, types=self.types)


_DIGITS_EPOCHS: dict[ViewName, int] = {"single": 100, "placed": 200, "pairs": 300}
_EPOCHS: dict[ViewName, int] = {"single": 25, "placed": 8, "pairs": 14}
# Twice the size at which it has to be robust.
_ADVERSARIAL = {"cnn-adversarial": 0.2}
# As in Sabour et al. 2017, sec. 4.1, for every head alike.
_DECODER_WEIGHT = 0.0005
_WITH_DECODER = ("capsnet-decoder", "cnn-decoder", "senet-decoder")


def default_recipe(base: str, view: ViewName, model: str) -> Recipe:
    """Return the recipe of the shipped checkpoints of a dataset, in single precision.

    Their manifest says where they were trained in bfloat16 instead. `digits` has a fiftieth of
    MNIST's images, so its networks are half as wide.
    """
    epsilon = _ADVERSARIAL.get(model, 0.0)
    weight = _DECODER_WEIGHT if model in _WITH_DECODER else 0.0
    if base == "digits":
        return Recipe(
            epochs=_DIGITS_EPOCHS[view],
            batch_size=64,
            width=24,
            types=3,
            decoder_weight=weight,
            adversarial_epsilon=epsilon,
        )
    return Recipe(epochs=_EPOCHS[view], decoder_weight=weight, adversarial_epsilon=epsilon)
