"""The user's network as one of ours: images of our form in, scores in our form out.

What it is able to do decides its class: probes ask by abilities and never by names.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.faults import ModelFault
from capsprobe.models.base import Frame, Network
from capsprobe.models.capsules import Votes
from capsprobe.models.decoder import apart
from capsprobe.models.own.contract import Contract, examine
from capsprobe.routing.base import Routing, RoutingTrace, length
from capsprobe.shapes import CHILDREN, IMAGES, PARENTS, SCORES, VOTES


def adopt(module: nn.Module, frame: Frame, contract: Contract | None = None) -> Network:
    """Return the network as one of ours, in eval mode.

    Raises
    ------
    ModelFault
        Where the contract finds a fault.
    """
    found = contract or examine(module, frame)
    if found.fault:
        raise ModelFault(found.fault)
    plain, drawing = _KINDS[_able(found)]
    kind = plain if found.redrawn is None else drawing
    return kind(module, frame, found).eval()


def _able(found: Contract) -> str:
    if found.voting is not None:
        return "votes"
    return "scores" if found.last is None else "features"


class Adopted(Network):
    """A network of the user's own that gives scores."""

    def __init__(self, module: nn.Module, frame: Frame, found: Contract) -> None:
        super().__init__()
        assert found.intake is not None and found.reading is not None
        self.module, self.frame = module, frame
        self._found, self._intake, self._reading = found, found.intake, found.reading
        self.scores = "lengths" if found.reading.kind == "lengths" else "logits"
        # So that it is known where it lies, also where it has no weights of its own.
        self.place = nn.Parameter(torch.empty(0), requires_grad=False)

    def forward(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, SCORES]:
        """Return the network's own scores."""
        return self._reading.scores(self.outputs(images))[: len(images)]

    def outputs(self, images: Float[Tensor, IMAGES]) -> Any:
        """Return all that the network gives.

        Two of an image that comes alone: many networks squeeze a batch of one away.
        """
        return self.module(self._intake(_at_least_two(images)))


class AdoptedFeatures(Adopted):
    """One whose scores are a linear layer of what it knows: that is its embedding."""

    def embed(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, "images features"]:
        """Return what enters the last layer."""
        with _entering(self._last) as entered:
            self.outputs(images)
        return entered[-1][: len(images)]

    def classify(self, embedding: Float[Tensor, "images features"]) -> Float[Tensor, SCORES]:
        """Return the last layer's scores, on the scale of the network's."""
        return self._last(embedding)

    @property
    def _last(self) -> nn.Module:
        return self.module.get_submodule(self._found.last or "")


class AdoptedCapsules(Adopted):
    """One that gives its votes, from which a routing known here makes its scores.

    A child is all that it votes for, side by side. Under its own routing the network answers
    itself; under another, that routing does, over the network's votes.
    """

    def __init__(self, module: nn.Module, frame: Frame, found: Contract) -> None:
        super().__init__(module, frame, found)
        assert found.voting is not None
        self._voting = voting = found.voting
        self.routing, self.iterations = voting.routing, voting.iterations
        self.votes = GivenVotes(parents=frame.classes)

    def forward(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, SCORES]:
        """Return the network's own scores, or what another routing makes of its votes."""
        if (self.routing, self.iterations) == (self._voting.routing, self._voting.iterations):
            return super().forward(images)
        scores = self._voting.scores(self.classify(self.embed(images)))
        if self._reading.kind == "probabilities":
            return scores.clamp(min=torch.finfo(scores.dtype).tiny).log()
        return scores

    def children_of(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, CHILDREN]:
        """Return the votes of each child, side by side."""
        if self._found.traced:
            trace: Any = self.module.trace
            shown = trace(self._intake(_at_least_two(images)))
        else:
            shown = self.outputs(images)
        return self._voting.votes(shown)[: len(images)].float().flatten(2)

    def embed(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, "images features"]:
        """Return all class capsules' poses side by side."""
        children = self.children_of(images)
        return self.votes.route(children, routing=self.routing, iterations=self.iterations).flatten(
            1
        )

    def classify(self, embedding: Float[Tensor, "images features"]) -> Float[Tensor, SCORES]:
        """Return the lengths of poses that lie side by side."""
        return length(embedding.unflatten(1, (self.frame.classes, -1)))

    def trace(self, images: Float[Tensor, IMAGES]) -> RoutingTrace:
        """Return votes, logits, coefficients and parents of every iteration."""
        return self.votes.trace(
            self.children_of(images), routing=self.routing, iterations=self.iterations
        )


class GivenVotes(Votes):
    """Votes that lie in the children already: nothing is left to multiply with."""

    def __init__(self, *, parents: int) -> None:
        nn.Module.__init__(self)
        self.weight = nn.Parameter(torch.empty(0), requires_grad=False)
        self.parents = parents
        self.learned = nn.ModuleDict()

    def forward(self, children: Float[Tensor, CHILDREN]) -> Float[Tensor, VOTES]:
        """Return the votes."""
        return children.unflatten(2, (self.parents, -1))

    def route(
        self, children: Float[Tensor, CHILDREN], *, routing: str, iterations: int
    ) -> Float[Tensor, PARENTS]:
        """Return the last parents alone."""
        return self.trace(children, routing=routing, iterations=iterations).parents[-1]

    def through(
        self, route: Routing, children: Float[Tensor, CHILDREN], *, iterations: int
    ) -> Float[Tensor, PARENTS]:
        """Return the last parents under any function from votes to a trace."""
        return route(self(children), iterations=iterations).parents[-1]


class Redrawing(Adopted):
    """One that draws its input again."""

    def distance_from_redrawn(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, " images"]:
        """Return the Euclidean distance of each image, as the network takes it, from its drawing.

        Pixels are in [0, 1] on both sides: drawings are not on the scale of a shifted input.
        """
        assert self._found.redrawn is not None
        pixels = replace(self._intake, mean=0.0, std=1.0)(images).flatten(1)
        drawn = self._found.redrawn.of(self.outputs(images))[: len(images)].flatten(1)
        return apart(drawn, pixels)


class RedrawingFeatures(Redrawing, AdoptedFeatures):
    """One that also shows an embedding."""


class RedrawingCapsules(Redrawing, AdoptedCapsules):
    """One that also gives its votes."""


_KINDS: dict[str, tuple[type[Adopted], type[Adopted]]] = {
    "votes": (AdoptedCapsules, RedrawingCapsules),
    "features": (AdoptedFeatures, RedrawingFeatures),
    "scores": (Adopted, Redrawing),
}


def _at_least_two(images: Float[Tensor, IMAGES]) -> Float[Tensor, "some channels height width"]:
    return images.expand(2, -1, -1, -1) if len(images) == 1 else images


@contextmanager
def _entering(layer: nn.Module) -> Iterator[list[Tensor]]:
    """Note what enters a layer, by position or by name."""
    entered: list[Tensor] = []

    def note(_: nn.Module, taken: tuple[Tensor, ...], named: dict[str, Tensor]) -> None:
        entered.append((*taken, *named.values())[0])

    hook = layer.register_forward_pre_hook(note, with_kwargs=True)
    try:
        yield entered
    finally:
        hook.remove()
