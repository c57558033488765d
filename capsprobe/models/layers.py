"""Networks taken apart where children are weighed: by routing, by a gate, or by the literal head.

What comes back lies in the processor's memory, whatever the network runs on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from capsprobe.models.base import Embeds, Network, as_logits, embedder
from capsprobe.models.cnn import ConvNet
from capsprobe.models.inference import device_of
from capsprobe.models.rerouting import Capsular
from capsprobe.models.se_head import SeHead
from capsprobe.models.senet import SENet, SqueezeExcitation
from capsprobe.routing.base import length
from capsprobe.shapes import CHILDREN, IMAGES, SCORES

WEIGHTS = "images children"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """The children of one layer, what the network itself weighs them by, and what it makes of them.

    `carried` is what the rest of the network, `rest`, gets: the children, gated where there is a
    gate. `weights` holds by name what the network has: `gate`; `summed`, a gate that there is for
    each class, over all classes; `routing`, the coefficient of the winning parent, or of the one
    that was asked for; `activity`, the
    coefficients summed over parents, each times the parent's activation; `total`, the plain sum.
    """

    name: str
    children: Float[Tensor, CHILDREN]
    carried: Float[Tensor, CHILDREN]
    rest: Callable[[Tensor], Tensor]
    weights: dict[str, Float[Tensor, WEIGHTS]] = field(default_factory=dict)

    @property
    def own(self) -> str:
        """Return the name of what the network itself weighs the children by."""
        return "routing" if "routing" in self.weights else "gate"

    def drops(self) -> Float[Tensor, WEIGHTS]:
        """Return by how much the predicted class's logit drops where one child is zeroed."""
        whole = self.rest(self.carried)
        named = whole.argmax(dim=1, keepdim=True)
        found = []
        for child in range(self.carried.shape[1]):
            without = self.carried.clone()
            without[:, child] = 0.0
            found.append((whole - self.rest(without)).gather(1, named))
        return torch.cat(found, dim=1).cpu()


def can_be_taken_apart(network: Network) -> bool:
    """Return whether the network weighs children in a way known here."""
    return isinstance(network, Capsular | SeHead | SENet)


def taken_apart(
    network: Network,
    images: Float[Tensor, IMAGES],
    classes: Int64[Tensor, " images"] | None = None,
) -> list[Layer]:
    """Return the layers in which the network weighs children, for these images.

    Where weights differ by class, those of the given `classes` count, of the predicted by default.
    """
    pixels = images.to(device_of(network))
    with torch.no_grad():
        if isinstance(network, SENet):
            return list(_stages(network, pixels))
        if isinstance(network, SeHead):
            return [_literal(network, pixels, classes)]
        return [_routed(network, pixels, classes)] if isinstance(network, Capsular) else []


def can_be_ablated(network: Network) -> bool:
    """Return whether there are parts known here that can be taken from what is passed on."""
    return can_be_taken_apart(network) or isinstance(network, ConvNet | Embeds)


def last_layer(network: Network, images: Float[Tensor, IMAGES]) -> Layer:
    """Return the last layer of parts that can be taken away, and how much the network heeds each.

    Primary capsules by their activation and the coefficient of the winning parent; a SENet's
    channels by their gates; a literal head's capsules by its weights; a plain CNN's channels, at
    the same place as a SENet's, and the features of any other embedding by how active they are.
    `weights` holds that alone, by the name `own`.

    Raises
    ------
    ModelFault
        Where the network shows no parts.
    """
    with torch.no_grad():
        if can_be_taken_apart(network):
            layer = taken_apart(network, images)[-1]
            own = layer.weights[layer.own]
            return replace(layer, weights={"own": own * length(layer.children)})
        pixels = images.to(device_of(network))
        return (
            _channels(network, pixels)
            if isinstance(network, ConvNet)
            else _features(network, pixels)
        )


def _channels(network: ConvNet, pixels: Float[Tensor, IMAGES]) -> Layer:
    """Return the channels that leave the trunk."""
    maps = network.trunk(pixels)

    def rest(carried: Tensor) -> Tensor:
        whole = network.halving(carried.reshape(maps.shape))
        return _logits(network, network.classify(network.embedding(whole)))

    children = maps.flatten(2).cpu()
    return Layer(
        name="stage-2",
        children=children,
        carried=maps.flatten(2),
        rest=rest,
        weights={"own": length(children)},
    )


def _features(network: Network, pixels: Float[Tensor, IMAGES]) -> Layer:
    """Return the numbers of an embedding, each a child of one dimension."""
    shown = embedder(network)
    embedding = shown.embed(pixels).unsqueeze(2)
    return Layer(
        name="features",
        children=embedding.cpu(),
        carried=embedding,
        rest=lambda carried: _logits(network, shown.classify(carried.squeeze(2))),
        weights={"own": embedding.abs().squeeze(2).cpu()},
    )


def _stages(network: SENet, pixels: Float[Tensor, IMAGES]) -> Iterator[Layer]:
    """Yield the channels before each gate: a channel is a child, its map the pose."""
    layers = list(network.trunk)
    places = [at for at, each in enumerate(layers) if isinstance(each, SqueezeExcitation)]
    for number, place in enumerate(places, start=1):
        maps = nn.Sequential(*layers[:place])(pixels)
        gated = layers[place](maps)
        after = nn.Sequential(*layers[place + 1 :])

        def rest(carried: Tensor, after: nn.Module = after, like: Tensor = gated) -> Tensor:
            whole = after(carried.reshape(like.shape))
            return _logits(network, network.classify(network.embedding(network.halving(whole))))

        yield Layer(
            name=f"stage-{number}",
            children=maps.flatten(2).cpu(),
            carried=gated.flatten(2),
            rest=rest,
            weights={"gate": network.gates(pixels)[number - 1].cpu()},
        )


def _literal(
    network: SeHead, pixels: Float[Tensor, IMAGES], classes: Int64[Tensor, " images"] | None
) -> Layer:
    """Return the primary capsules under the literal head."""
    children = network.children_of(pixels)

    def rest(carried: Tensor) -> Tensor:
        return _logits(network, network.classify(network.excitation(carried).flatten(1)))

    weights = network.excitation.weights(children)
    named = (rest(children).argmax(dim=1) if classes is None else classes).to(weights.device)
    return Layer(
        name="capsules",
        children=children.cpu(),
        carried=children,
        rest=rest,
        weights={
            "gate": weights[torch.arange(len(named)), :, named].cpu(),
            "summed": weights.sum(dim=2).cpu(),
        },
    )


def _routed(
    network: Capsular, pixels: Float[Tensor, IMAGES], classes: Int64[Tensor, " images"] | None
) -> Layer:
    """Return the primary capsules under routing."""
    children = network.children_of(pixels)
    routing, iterations = network.routing, network.iterations

    def rest(carried: Tensor) -> Tensor:
        routed = network.votes.route(carried, routing=routing, iterations=iterations)
        return as_logits(network.classify(routed.flatten(1)), "lengths")

    trace = network.votes.trace(children, routing=routing, iterations=iterations)
    coefficients, activations = trace.coefficients[-1], length(trace.parents[-1])
    named = (activations.argmax(dim=1) if classes is None else classes).to(activations.device)
    return Layer(
        name="capsules",
        children=children.cpu(),
        carried=children,
        rest=rest,
        weights={
            "routing": coefficients[torch.arange(len(named)), :, named].cpu(),
            "activity": (coefficients * activations.unsqueeze(1)).sum(dim=2).cpu(),
            "total": coefficients.sum(dim=2).cpu(),
        },
    )


def _logits(network: Network, scores: Float[Tensor, SCORES]) -> Float[Tensor, SCORES]:
    return as_logits(scores.float(), network.scores)
