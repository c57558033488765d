"""Networks whose smallest adversarial perturbation is known, and some that cannot be attacked."""

import random

import numpy as np
import torch
from torch import nn

from capsprobe.attacks.base import attacks
from capsprobe.models.base import Frame, Network
from capsprobe.models.capsules import Votes
from capsprobe.routing.base import length

SIDE = 6


class Linear(Network):
    """Two classes, logits linear in the image; `gain` stretches them and turns no decision."""

    scores = "logits"

    def __init__(self, *, seed=0, gain=1.0):
        super().__init__()
        self.frame = Frame(classes=2, canvas=SIDE)
        generator = torch.Generator().manual_seed(seed)
        self.gain = gain
        self.weight = nn.Parameter(torch.randn(2, SIDE * SIDE, generator=generator))
        self.bias = nn.Parameter(torch.randn(2, generator=generator) * 0.1)
        self.dropout = nn.Dropout(0.5)
        self.normalisation = nn.BatchNorm2d(1)

    def logits(self, images):
        flat = self.dropout(self.normalisation(images)).flatten(1)
        return self.gain * (flat @ self.weight.T + self.bias)

    def forward(self, images):
        return self.logits(images)

    @property
    def arrays(self):
        """Return weights and bias as they act on the image, in double precision."""
        scale = 1.0 / (1.0 + self.normalisation.eps) ** 0.5
        weight, bias = self.weight.detach().double(), self.bias.detach().double()
        return (scale * weight).numpy(), bias.numpy()


class Saturated(Linear):
    """The same decisions, as lengths: the sigmoid of the logits."""

    scores = "lengths"

    def forward(self, images):
        return torch.sigmoid(self.logits(images))


class Pair(Linear):
    def forward(self, images):
        return super().forward(images), images


class Flat(Linear):
    def forward(self, images):
        return super().forward(images)[:, 0]


class Undefined(Linear):
    def logits(self, images):
        return super().logits(images) * torch.nan


class Constant(Linear):
    def logits(self, images):
        return torch.zeros(len(images), 2)


class Rounded(Linear):
    """Scores with two decimals: differentiable, and flat everywhere."""

    def forward(self, images):
        return torch.round(self.logits(images), decimals=2)


class Explosive(Linear):
    """Raises on its n-th pass."""

    def __init__(self, passes):
        super().__init__()
        self.passes = passes

    def logits(self, images):
        self.passes -= 1
        if self.passes == 0:
            raise KeyboardInterrupt
        return super().logits(images)


class Backfiring(Linear):
    """Raises when a gradient comes back to its scores."""

    def logits(self, images):
        scores = super().logits(images)
        if scores.requires_grad:
            scores.register_hook(_interrupt)
        return scores


class Remembering(Linear):
    """Keeps the scores that it returned, as a network with a cache would."""

    def forward(self, images):
        self.returned = super().forward(images)
        return self.returned


class Undifferentiable(Linear):
    """Its gradient by the image is not a number, its scores are finite."""

    def logits(self, images):
        return super().logits(images) + 0.0 * (images * 0.0).abs().sqrt().sum()


class Capsules(Linear):
    """The same decisions by routing: one child, whose vote for a class grows with its logit.

    Routing by agreement favours the longer vote, and the mean of the votes does so too.
    """

    scores = "lengths"

    def __init__(self, **settings):
        super().__init__(**settings)
        self.routing, self.iterations = "dynamic", 3
        self.votes = Votes(children=1, child_pose=2, parents=2, pose=1)
        self.votes.weight.data = 2.0 * torch.eye(2)[None]

    def forward(self, images):
        return self.classify(self.embed(images))

    def children_of(self, images):
        return torch.sigmoid(self.logits(images)).unsqueeze(1)

    def embed(self, images):
        children = self.children_of(images)
        return self.votes.route(children, routing=self.routing, iterations=self.iterations).flatten(
            1
        )

    def classify(self, embedding):
        return length(embedding.unsqueeze(2))

    def trace(self, images):
        return self.votes.trace(
            self.children_of(images), routing=self.routing, iterations=self.iterations
        )


def suited(name, kind, **settings):
    """Return a network of a kind; where the attack is on routing, its twin that routes."""
    if attacks[name]().lacks(Linear()):
        kind = Capsules if kind is Linear else type(kind.__name__, (kind, Capsules), {})
    return kind(**settings)


def middling(count=12, seed=1):
    """Return images around mid grey, so that no small perturbation meets the box."""
    generator = torch.Generator().manual_seed(seed)
    return 0.4 + 0.2 * torch.rand(count, 1, SIDE, SIDE, generator=generator)


def answers(network, images):
    """Return what the network says in eval mode."""
    with torch.no_grad():
        return network.eval()(images).argmax(dim=1)


def state(network):
    """Return everything that an attack could leave changed."""
    modes = [module.training for module in network.modules()]
    wants = [parameter.requires_grad for parameter in network.parameters()]
    gradients = [parameter.grad for parameter in network.parameters()]
    values = {name: value.clone() for name, value in network.state_dict().items()}
    # Global state is what this is about.
    numpys = np.random.get_state()[1].tolist()  # noqa: NPY002 - the global generator must stay as it is
    # To check the tuples of a routing trace, beartype draws an item by Python's own generator.
    pythons = None if isinstance(network, Capsules) else random.getstate()
    return modes, wants, gradients, values, torch.get_rng_state(), (pythons, numpys)


def assert_same(before, after):
    """Fail unless two states are equal."""
    assert before[:3] == after[:3]
    assert before[3].keys() == after[3].keys()
    assert all(torch.equal(before[3][name], after[3][name]) for name in before[3])
    assert torch.equal(before[4], after[4])
    assert before[5] == after[5]


def _interrupt(gradient):
    raise KeyboardInterrupt
