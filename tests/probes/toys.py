"""Networks whose answers are known without training, and images that they are asked about."""

from dataclasses import replace

import torch
from torch import nn

from capsprobe.data.images import ImageSet
from capsprobe.models.base import Frame, Network
from tests.data.toys import bars


class Toy(Network):
    """A network with one idle parameter."""

    scores = "logits"

    def __init__(self, canvas: int = 28, classes: int = 4) -> None:
        super().__init__()
        self.frame = Frame(classes=classes, canvas=canvas)
        self.idle = nn.Parameter(torch.zeros(1))


class Constant(Toy):
    """Prefers the classes in their order, whatever it sees."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        order = -torch.arange(self.frame.classes, dtype=torch.float32)
        return order.expand(len(images), -1).clone()


class Weigher(Toy):
    """Knows bars by their ink, so that no move of the image can confuse it."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        ink = images.sum(dim=(1, 2, 3)).unsqueeze(1)
        known = 16.0 + 8.0 * torch.arange(self.frame.classes)
        return -(ink - known).abs()


class Upright(Toy):
    """Says class 0 where the ink is taller than wide, otherwise class 1."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        ink = images.sum(dim=1) > 0.5
        tall = ink.any(dim=2).sum(dim=1).float()
        wide = ink.any(dim=1).sum(dim=1).float()
        rest = torch.full((len(images), self.frame.classes - 2), -100.0)
        return torch.cat([torch.stack([tall, wide], dim=1), rest], dim=1)


def standing() -> ImageSet:
    """Return bars at least twice as tall as wide, all with the label 0."""
    images = bars().take(torch.tensor([2, 3, 6, 7, 10, 11]))
    return replace(images, labels=torch.zeros(6, dtype=torch.int64))


def accuracy(measurement):
    """Return the fraction right by condition and severity."""
    table = measurement.observations.query("metric == 'correct'")
    return table.pivot_table(index="condition", columns="severity", values="value")
