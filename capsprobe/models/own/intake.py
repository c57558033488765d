"""What goes into a network of the user's own: which size, how many channels, which range."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad

from capsprobe.faults import ModelFault
from capsprobe.shapes import IMAGES

# Sides that networks for small images are built for; 28 is what ours are.
_SIDES = (28, 32, 36, 40, 48, 64, 96, 128, 160, 192, 224)
_CHANNELS = (1, 3)
# Up to here a larger canvas is empty ground around the digit, beyond it the digit grows.
_MOST_PADDED = 48
_KEYS = ("size", "channels", "mean", "std", "flat")
Statistic = float | tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Intake:
    """How images (images, 1, side, side) in [0, 1] become what the network takes.

    `mean` and `std` are subtracted and divided by, one number or one a channel, as a network wants
    them that was trained on such pixels. `flat` ones take a row of pixels.
    """

    size: int
    channels: int = 1
    mean: Statistic = 0.0
    std: Statistic = 1.0
    flat: bool = False

    def __call__(self, images: Float[Tensor, IMAGES]) -> Tensor:
        """Return the images as the network takes them, always a copy."""
        side = images.shape[-1]
        if self.size == side:
            fitted = images.clone()
        elif side < self.size <= _MOST_PADDED:
            before = (self.size - side) // 2
            after = self.size - side - before
            fitted = pad(images, (before, after, before, after))
        else:
            fitted = interpolate(
                images, (self.size, self.size), mode="bilinear", antialias=self.size < side
            )
        wide = fitted.expand(-1, self.channels, -1, -1)
        scaled = (wide - self._of(self.mean, images)) / self._of(self.std, images)
        return scaled.flatten(1) if self.flat else scaled.contiguous()

    def told(self, side: int) -> str:
        """Return in words what is done to an image of this side."""
        steps = []
        if self.size != side:
            how = "padded" if side < self.size <= _MOST_PADDED else "resized"
            steps.append(f"{how} from {side}x{side} to {self.size}x{self.size}")
        if self.channels != 1:
            steps.append(f"its grey in {self.channels} channels")
        if (self.mean, self.std) != (0.0, 1.0):
            steps.append(f"minus {self.mean}, over {self.std}")
        if self.flat:
            steps.append("as one row of pixels")
        return ", ".join(steps) or f"as it is, {side}x{side} grey in [0, 1]"

    def _of(self, values: Statistic, like: Tensor) -> Tensor:
        return torch.tensor(values, dtype=like.dtype, device=like.device).reshape(1, -1, 1, 1)


def stated(module: nn.Module) -> dict[str, Any]:
    """Return what a network says of its input: its `preprocessing`, or timm's configuration.

    Raises
    ------
    ModelFault
        Where it says something that cannot be meant.
    """
    said = getattr(module, "preprocessing", None)
    if said is None:
        return _of_timm(getattr(module, "pretrained_cfg", None))
    if not isinstance(said, dict) or not set(said) <= set(_KEYS):
        raise ModelFault(f"preprocessing: expected a dict with keys of {_KEYS}, got {said!r:.80}")
    try:
        whole = {key: int(said[key]) for key in ("size", "channels") if key in said}
        real = {key: _statistic(said[key]) for key in ("mean", "std") if key in said}
    except (TypeError, ValueError) as error:
        raise ModelFault(f"preprocessing: expected numbers, got {said!r:.80}") from error
    if min(whole.values(), default=1) < 1 or _has_zero(real.get("std", 1.0)):
        raise ModelFault(f"preprocessing: expected sizes and std above zero, got {said!r:.80}")
    return {**whole, **real, **({"flat": bool(said["flat"])} if "flat" in said else {})}


def candidates(module: nn.Module, canvas: int) -> Iterator[Intake]:
    """Yield what the network may take, what it says first, then our own canvas and others."""
    said = stated(module)
    sides = (said.pop("size"),) if "size" in said else (canvas, *_SIDES)
    widths = (said.pop("channels"),) if "channels" in said else _CHANNELS
    forms = (said.pop("flat"),) if "flat" in said else (False, True)
    for flat in forms:
        for side in dict.fromkeys(sides):
            for channels in widths:
                yield Intake(size=side, channels=channels, flat=flat, **said)


def _of_timm(said: object) -> dict[str, Any]:
    """Return the same out of timm's `pretrained_cfg`, nothing where there is none."""
    held = said if isinstance(said, dict) else getattr(said, "__dict__", {})
    shape = held.get("input_size")
    if not (isinstance(shape, tuple | list) and len(shape) == 3):
        return {}
    found: dict[str, Any] = {"channels": int(shape[0]), "size": int(shape[1])}
    for key in ("mean", "std"):
        if isinstance(held.get(key), tuple | list):
            found[key] = _statistic(held[key])
    return found


def _statistic(value: Any) -> Statistic:
    return tuple(map(float, value)) if isinstance(value, tuple | list) else float(value)


def _has_zero(value: Statistic) -> bool:
    return 0.0 in (value if isinstance(value, tuple) else (value,))
