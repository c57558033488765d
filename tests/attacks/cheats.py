"""Networks that hide how weak they are, each in its own way, around one that hides nothing."""

import torch
from torch import nn

from capsprobe.models.base import Frame, Network

SIDE = 21


class Honest(Network):
    """A linear network: the ink in each third of the image is the logit of a class."""

    scores = "logits"

    def __init__(self, *, classes=3, gain=1.0):
        super().__init__()
        self.frame = Frame(classes=classes, canvas=SIDE)
        self.gain = nn.Parameter(torch.tensor(gain))

    def logits(self, images):
        parts = images.flatten(1).unflatten(1, (self.frame.classes, -1))
        return self.gain * parts.sum(dim=2)

    def forward(self, images):
        return self.logits(images)


class Wrapped(Network):
    """A network inside another that changes what comes out of it, or what goes in."""

    def __init__(self, inner):
        super().__init__()
        self.inner, self.frame, self.scores = inner, inner.frame, inner.scores

    def forward(self, images):
        return self.inner(images)


class Rounded(Wrapped):
    """Outputs with two decimals."""

    def forward(self, images):
        return torch.round(self.inner(images), decimals=2)


class Stretched(Wrapped):
    """Logits times 1000."""

    def forward(self, images):
        return 1000.0 * self.inner(images)


class Detached(Wrapped):
    """No gradient comes back."""

    def forward(self, images):
        return self.inner(images.detach())


class Restless(Wrapped):
    """The image is moved by chance before it is looked at, in a test too."""

    def forward(self, images):
        step = int(torch.randint(-2, 3, ()))
        return self.inner(torch.roll(images, step, dims=3)) + 0.05 * torch.randn(len(images), 1)


class Softmax(Wrapped):
    """Probabilities, sharpened until one is all, in the place of logits."""

    def forward(self, images):
        return torch.softmax(20.0 * self.inner(images), dim=1)


class Squashed(Wrapped):
    """Lengths of capsules whose poses are so long that squash cannot tell them apart."""

    def __init__(self, inner):
        super().__init__(inner)
        self.scores = "lengths"

    def forward(self, images):
        logits = self.inner(images)
        # |s|^2 / (1 + |s|^2) of poses with ln |s| = 2 z, in a form that does not overflow.
        return torch.sigmoid(4.0 * (logits - logits.mean(dim=1, keepdim=True)))


def placed(count=24, seed=0):
    """Return images, the ink of each in one third, and their labels."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 3
    images = 0.4 + 0.05 * torch.rand(count, 3, SIDE * SIDE // 3, generator=generator)
    images[torch.arange(count), labels] += 0.02 + 0.3 * torch.rand(count, 1, generator=generator)
    return images.view(count, 1, SIDE, SIDE).clamp(0.0, 1.0), labels
