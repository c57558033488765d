"""What a training draws from: the training images in their view, and the validation images."""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.data.base import Source, datasets
from capsprobe.data.views import Name, canvas, fresh, load_images
from capsprobe.faults import UsageFault
from capsprobe.models.base import Frame
from capsprobe.seeds import derive
from capsprobe.shapes import IMAGES, SCORES
from capsprobe.training.losses import targets
from capsprobe.training.recipe import Recipe

Batch = tuple[Float[Tensor, IMAGES], Float[Tensor, SCORES]]


class Material:
    """The images of one training.

    Every epoch draws its batches from (seed, dataset, epoch) alone: all models see the same
    data in the same order, and a resumed training draws what it would have drawn.

    Raises
    ------
    UsageFault
        Where there is no such dataset, or a batch is larger than the training split.
    DataFault, EnvironmentFault
        Where its files are missing or damaged.
    """

    def __init__(self, dataset: str, recipe: Recipe, source: Source) -> None:
        name = Name.parse(dataset)
        self.dataset = str(name)
        self.view = name.view
        self.batch_size = recipe.batch_size
        self.train = datasets[name.base]("train", source)
        self.validation = load_images(self.dataset, split="validation", source=source)
        self.steps = len(self.train) // recipe.batch_size
        if self.steps == 0:
            raise UsageFault(
                f"expected a batch size up to {len(self.train)} images, got {recipe.batch_size}"
            )
        if recipe.decoder_weight > 0.0 and self.view == "pairs":
            raise UsageFault("expected single digits for a decoder, got overlapping pairs")
        if recipe.adversarial_epsilon > 0.0 and self.view == "pairs":
            raise UsageFault("expected single digits to attack, got overlapping pairs")
        self.frame: Frame = recipe.frame(
            classes=self.train.classes, canvas=canvas(name.view, self.train)
        )

    def batches(self, *, seed: int, epoch: int) -> Iterator[Batch]:
        """Yield the batches of an epoch: images, and a row of ones and zeros for their classes."""
        path = ("training batches", self.dataset, epoch)
        generator = torch.Generator().manual_seed(derive(seed, *path))
        order = torch.randperm(len(self.train), generator=generator)
        for rows in order[: self.steps * self.batch_size].split(self.batch_size):
            images, labels = fresh(self.view, self.train, rows, generator=generator)
            yield images, targets(labels, classes=self.train.classes)
