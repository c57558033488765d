"""What every kind of corruption shares: its severities, its draws, what it may be given.

A kind has five severities; `published` names the one at which MNIST-C shows it. Where MNIST-C
defines five, they are its own; where it has one, each step is a factor of the square root of
two. Draws belong to an image's id and are the same at all severities, so that a curve follows
one image under more and more of the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.data.images import ImageSet
from capsprobe.faults import DataFault, UsageFault
from capsprobe.registry import Registry
from capsprobe.seeds import generator
from capsprobe.shapes import IMAGES

LARGEST = 5
STACK = "images side side"
Draws = Sequence[np.random.Generator]
# What a parameter is at severities 1 to 5.
Values = tuple[float | int, ...]
Spoil = Callable[..., Float[np.ndarray, STACK]]
# Small sets are spoilt once and shown to every network; all kinds and severities fit.
_MOST_KEPT, _KEPT = 1000, 96


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind: `spoil` takes images, a generator for each, and the parameters of one severity.

    `published` is the severity at which MNIST-C shows it.
    """

    spoil: Spoil
    parameters: Mapping[str, Values]
    published: int

    @property
    def description(self) -> str:
        """Return in one line what is done, with which parameters, and at which severity there."""
        first = (self.spoil.__doc__ or "").partition("\n")[0]
        values = "; ".join(
            f"{name} {', '.join(f'{value:.3g}' for value in of)}"
            for name, of in self.parameters.items()
        )
        return f"{first} MNIST-C's own severity is {self.published}. At 1 to 5: {values}."

    def at(self, severity: int) -> dict[str, float | int]:
        """Return the parameters of a severity; raise UsageFault where there is no such."""
        if not 1 <= severity <= LARGEST:
            raise UsageFault(f"expected a severity from 1 to {LARGEST}, got {severity}")
        return {name: values[severity - 1] for name, values in self.parameters.items()}


corruptions: Registry[Kind] = Registry("corruption", "capsprobe.data.corruptions")


def corruption(name: str, *, published: int, **parameters: Values) -> Callable[[Spoil], Spoil]:
    """Return a decorator that files a function as the kind `name`; it reads `group/kind`."""

    def file(spoil: Spoil) -> Spoil:
        if any(len(values) != LARGEST for values in parameters.values()):
            raise ValueError(f"expected {LARGEST} values of each parameter of {name}")
        corruptions.register(name)(Kind(spoil=spoil, parameters=parameters, published=published))
        return spoil

    return file


def steps(own: float, *, published: int) -> tuple[float, ...]:
    """Return five values, each sqrt(2) times the last, with MNIST-C's own at its severity."""
    return tuple(own * 2.0 ** ((severity - published) / 2.0) for severity in range(1, LARGEST + 1))


def corrupt(images: ImageSet, *, kind: str, severity: int, seed: int) -> ImageSet:
    """Return the images at a severity of a kind; at 0 they are as they were.

    What an image goes through depends on the seed, the kind and its id alone.

    Raises
    ------
    UsageFault
        Where there is no such kind or severity.
    DataFault
        Where images are not square, or have colours.
    """
    _check(images)
    if severity == 0:
        return images
    # An unknown kind or severity is an error before anything is kept.
    corruptions[kind].at(severity)
    made = _kept if len(images) <= _MOST_KEPT else _spoilt
    return replace(images, images=made(_Named(images), kind, severity, seed).clone())


def uniform(draws: Draws, *shape: int) -> Float[np.ndarray, "images ..."]:
    """Return the next numbers in [0, 1) of each image's generator."""
    return np.stack([rng.random(shape) for rng in draws])


class _Named:
    """Images that are equal where their hashes are, so that what is made of them can be kept."""

    def __init__(self, images: ImageSet) -> None:
        self.images = images

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Named) and self.images.sha256 == other.images.sha256

    def __hash__(self) -> int:
        return hash(self.images.sha256)


def _spoilt(named: _Named, kind: str, severity: int, seed: int) -> Float[Tensor, IMAGES]:
    images = named.images
    draws = _generators(images.ids, seed, kind)
    stack = images.images.squeeze(1).cpu().numpy()
    made = corruptions[kind].spoil(stack.copy(), draws, **corruptions[kind].at(severity))
    return torch.from_numpy(np.clip(made, 0.0, 1.0).astype(np.float32)).unsqueeze(1)


_kept = lru_cache(maxsize=_KEPT)(_spoilt)


def _generators(ids: Int64[Tensor, " images"], seed: int, kind: str) -> Draws:
    return [generator(seed, kind, each) for each in ids.tolist()]


def _check(images: ImageSet) -> None:
    channels, height, width = images.images.shape[1:]
    if channels != 1 or height != width:
        raise DataFault(
            f"{images.name}: expected square images of one channel, "
            f"got {channels} of {height}x{width}"
        )
