"""Networks as users bring them, each with something of its own."""

import torch
from torch import nn


class Linear(nn.Module):
    """Scores of the pixels, linear; what becomes of them is another's."""

    def __init__(self, classes: int = 10, side: int = 28, channels: int = 1) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.channels, self.side = channels, side
        self.layer = nn.Linear(channels * side * side, classes)

    def forward(self, images):
        if images.shape[1:] != (self.channels, self.side, self.side):
            raise ValueError(f"expected {self.channels}x{self.side}x{self.side}")
        return self.layer(images.flatten(1))


class Pairs(Linear):
    def forward(self, images):
        return super().forward(images), images


class Named(Linear):
    def forward(self, images):
        scores = super().forward(images)
        return {"aside": scores * 0.0, "logits": scores}


class Probabilities(Linear):
    def forward(self, images):
        return super().forward(images).softmax(dim=1)


class Lengths(Linear):
    def forward(self, images):
        return super().forward(images).sigmoid()


class Capsules(Linear):
    """Poses [images, pose, classes, 1], whose lengths are the scores."""

    def forward(self, images):
        scores = super().forward(images).sigmoid()
        return torch.stack([scores * 0.6, scores * 0.8], dim=1).unsqueeze(-1)


class NotFinite(Linear):
    def forward(self, images):
        return super().forward(images) / 0.0


class Constant(Linear):
    def forward(self, images):
        return super().forward(images) * 0.0 + torch.arange(10.0)


class Restless(Linear):
    def forward(self, images):
        scores = super().forward(images)
        return scores + torch.rand_like(scores)


class Detached(Linear):
    def forward(self, images):
        return super().forward(images).detach()


class Rounded(Linear):
    def forward(self, images):
        return super().forward(images).round(decimals=2)


class Sociable(Linear):
    def forward(self, images):
        scores = super().forward(images)
        return scores - scores.mean(dim=0)


class Writing(Linear):
    def forward(self, images):
        images.mul_(0.5)
        return super().forward(images)


class Squeezing(Linear):
    def forward(self, images):
        return super().forward(images).squeeze()


class OneNumber(Linear):
    def forward(self, images):
        return super().forward(images).sum(dim=1)


class Raising(Linear):
    def forward(self, images):
        raise RuntimeError("no weights\nof mine")


def half():
    return Linear().half()


def double():
    return Linear().double()


def seven():
    return Linear(classes=7)


def colour():
    return Linear(side=32, channels=3)


def row():
    return nn.Linear(784, 10)


def not_a_network():
    return 3
