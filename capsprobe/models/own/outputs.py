"""What comes out of a network of the user's own, found by shape.

The same images in two numbers tell which axis counts images; the number of classes tells which one
counts parents. Axes of length one are nobody's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.faults import ModelFault
from capsprobe.routing.base import length
from capsprobe.shapes import SCORES

Kind = Literal["logits", "probabilities", "lengths"]
# What outputs are called, in mappings, by those who say which is which.
_NAMED: dict[str, Kind | None] = {
    "logits": "logits",
    "probabilities": "probabilities",
    "probs": "probabilities",
    "lengths": "lengths",
    "scores": None,
}
_SUM = 1e-3


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A tensor among the outputs: where it stands, and which axis counts the images."""

    path: str
    axis: int

    def of(self, outputs: Any) -> Tensor:
        """Return the tensor, images first, without axes of length one."""
        tensor = dict(leaves(outputs))[self.path].movedim(self.axis, 0)
        kept = [size for size in tensor.shape[1:] if size != 1]
        return tensor.reshape(tensor.shape[0], *kept)


def leaves(outputs: Any, path: str = "") -> Iterator[tuple[str, Tensor]]:
    """Yield every tensor of nested tuples, lists, mappings and dataclass-like outputs, by path."""
    if isinstance(outputs, Tensor):
        yield path or "output", outputs
    elif isinstance(outputs, Mapping):
        for key, value in outputs.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(outputs, tuple | list):
        for index, value in enumerate(outputs):
            yield from leaves(value, f"{path}[{index}]")
    elif hasattr(outputs, "__dict__"):
        yield from leaves(vars(outputs), path)


def counted(few: Any, more: Any) -> list[Leaf]:
    """Return the leaves of which one axis, and no other, grows with the number of images."""
    found, larger = [], dict(leaves(more))
    for path, tensor in leaves(few):
        other = larger.get(path)
        if other is None or other.dim() != tensor.dim() or not tensor.is_floating_point():
            continue
        changed = [axis for axis in range(tensor.dim()) if tensor.shape[axis] != other.shape[axis]]
        if len(changed) == 1:
            found.append(Leaf(path=path, axis=changed[0]))
    return found


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How scores are read out of the outputs.

    `posed`: the leaf holds class capsules, whose lengths are the scores, `turned` where their
    dimensions stand before the classes.
    """

    leaf: Leaf
    kind: Kind
    posed: bool = False
    turned: bool = False

    def raw(self, outputs: Any) -> Float[Tensor, SCORES]:
        """Return the scores as they come."""
        found = self.leaf.of(outputs)
        if self.posed:
            return length(found.transpose(1, 2) if self.turned else found)
        return found

    def scores(self, outputs: Any) -> Float[Tensor, SCORES]:
        """Return lengths as they are, logits too, and probabilities as their logarithms."""
        raw = self.raw(outputs)
        if self.kind != "probabilities":
            return raw
        return raw.clamp(min=torch.finfo(raw.dtype).tiny).log()


def reading(outputs: Any, found: list[Leaf], *, classes: int) -> Reading:
    """Return how scores are to be read: what is named so, then what has their shape, then capsules.

    Raises
    ------
    ModelFault
        Where nothing has one number an image and class.
    """
    plain = [leaf for leaf in found if tuple(leaf.of(outputs).shape[1:]) == (classes,)]
    plain.sort(key=lambda leaf: _last(leaf) not in _NAMED)
    if plain:
        return Reading(leaf=plain[0], kind=_kind(plain[0], plain[0].of(outputs)))
    for leaf in found:
        shape = tuple(leaf.of(outputs).shape[1:])
        if len(shape) == 2 and classes in shape:
            return Reading(leaf=leaf, kind="lengths", posed=True, turned=shape[0] != classes)
    raise ModelFault(f"expected {classes} scores an image, got {shapes(outputs)}")


def shapes(outputs: Any) -> str:
    """Return the shapes of all outputs, for a complaint."""
    texts = [f"{path} {tuple(tensor.shape)}" for path, tensor in leaves(outputs)]
    return ", ".join(texts[:6]) or f"no tensor but {type(outputs).__name__}"


def drawn(outputs: Any, found: list[Leaf], taken: Tensor) -> Leaf | None:
    """Return the leaf with as many numbers an image as the network takes pixels, the last one."""
    pixels = taken[0].numel()
    alike = [leaf for leaf in found if leaf.of(outputs)[0].numel() == pixels]
    return alike[-1] if alike else None


def _kind(leaf: Leaf, scores: Tensor) -> Kind:
    named = _NAMED.get(_last(leaf))
    if named is not None:
        return named
    if scores.min() < 0.0 or scores.max() > 1.0:
        return "logits"
    sums = scores.sum(dim=1)
    return "probabilities" if bool((sums - 1.0).abs().max() < _SUM) else "lengths"


def _last(leaf: Leaf) -> str:
    return leaf.path.rpartition(".")[2].lower()
