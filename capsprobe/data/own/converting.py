"""Raw images and labels into an `ImageSet`: what is surely meant is converted, and said.

What could mean two things is refused: a wrong guess about a range or a label would stand in every
number that follows.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad
from torchvision.transforms.functional import rgb_to_grayscale

from capsprobe.data.base import Split
from capsprobe.data.images import ImageSet
from capsprobe.data.own.labelling import labelled
from capsprobe.data.own.splitting import Raw, check_lengths
from capsprobe.faults import DataFault

CANVAS = 28
_CHANNELS = (1, 3, 4)
# Floats as high as this are grey levels of 0 to 255 and not overshoots of [0, 1].
_LEAST_LEVEL = 32.0
_LIGHT = 0.5


def converted(raw: Raw, *, name: str, split: Split) -> ImageSet:
    """Return the images, grey, in [0, 1], on our canvas, with notes on all that was done.

    Raises
    ------
    DataFault
        Where images or labels are not what they have to be, with what was expected and came.
    """
    check_lengths(raw, name)
    count = len(raw.images)
    if count == 0:
        raise DataFault(f"{name}: expected images in the split {split}, got none")
    labels, classes, about_labels = labelled(raw, name)
    images, about_images = _pictures(raw.images, name)
    notes = (
        f"{count} images of {classes} classes in the split {split}",
        *raw.notes,
        *about_labels,
        *about_images,
        *_twice(images, labels),
        *_ground(images),
    )
    return ImageSet(
        name=name,
        split=split,
        classes=classes,
        images=images,
        labels=labels,
        ids=torch.arange(count),
        notes=notes,
    )


def _pictures(images: Any, name: str) -> tuple[Tensor, list[str]]:
    """Return the pixels, and what was done to them; images of several sizes come as a list."""
    if not isinstance(images, Sequence):
        return _picture(_stacked(images, name), name)
    found, notes = [], dict[str, None]()
    for index, image in enumerate(images):
        one, told = _picture(_stacked(np.asarray(image)[None], f"{name}[{index}]"), name)
        found.append(one)
        notes |= dict.fromkeys(told)
    return torch.cat(found), list(notes)


def _stacked(images: Any, name: str) -> Tensor:
    """Return images as (images, channels, height, width), numbers as they come."""
    array = images.detach().cpu().numpy() if isinstance(images, Tensor) else np.asarray(images)
    if array.dtype == object or array.dtype.kind not in "buif":
        raise DataFault(f"{name}: expected numbers for pixels, got {array.dtype}")
    if array.dtype.kind in "u" and array.dtype.itemsize > 1:
        array = array.astype(np.int64)
    tensor = torch.from_numpy(np.array(array, order="C"))
    if tensor.dim() == 3:
        return tensor.unsqueeze(1)
    if tensor.dim() == 4 and tensor.shape[-1] in _CHANNELS and tensor.shape[1] not in _CHANNELS:
        return tensor.movedim(-1, 1)
    if tensor.dim() == 4 and tensor.shape[1] in _CHANNELS:
        return tensor
    raise DataFault(
        f"{name}: expected images (n, height, width), with 1, 3 or 4 channels before or after, "
        f"got shape {tuple(tensor.shape)}"
    )


def _picture(stack: Tensor, name: str) -> tuple[Tensor, list[str]]:
    scaled, notes = _scaled(stack, name)
    if scaled.shape[1] == 4:
        scaled, notes = scaled[:, :3], [*notes, "the fourth channel is dropped"]
    if scaled.shape[1] == 3:
        scaled = rgb_to_grayscale(scaled)
        notes = [*notes, "colours are made grey (ITU-R 601-2 luma)"]
    height, width = scaled.shape[-2:]
    if (height, width) == (CANVAS, CANVAS):
        return scaled, notes
    if min(height, width) < 1:
        raise DataFault(f"{name}: expected pixels, got images of {height}x{width}")
    return _fitted(scaled), [*notes, f"sizes are fitted to {CANVAS}x{CANVAS}, sides in proportion"]


def _scaled(stack: Tensor, name: str) -> tuple[Tensor, list[str]]:
    """Return the pixels in [0, 1]."""
    whole = not stack.is_floating_point()
    pixels = stack.float()
    if not torch.isfinite(pixels).all():
        raise DataFault(f"{name}: expected finite pixels, got NaN or infinity")
    low, high = pixels.min().item(), pixels.max().item()
    if stack.dtype == torch.bool or (low >= 0.0 and high <= 1.0 and stack.dtype != torch.uint8):
        return pixels, []
    if stack.dtype == torch.uint8:
        return pixels / 255.0, []
    if 0.0 <= low and high <= 255.0 and (whole or high >= _LEAST_LEVEL):
        return pixels / 255.0, ["pixels of 0 to 255 are divided by 255"]
    if -1.0 <= low < 0.0 and high <= 1.0:
        return (pixels + 1.0) / 2.0, ["pixels of -1 to 1 are moved to 0 to 1"]
    raise DataFault(
        f"{name}: expected pixels in [0, 1], [-1, 1] or [0, 255], got [{low:g}, {high:g}]"
    )


def _fitted(images: Tensor) -> Tensor:
    """Return images whose longer side is the canvas's, on empty ground."""
    height, width = images.shape[-2:]
    longest = max(height, width)
    size = tuple(max(1, round(CANVAS * side / longest)) for side in (height, width))
    small = interpolate(images, size, mode="bilinear", antialias=True, align_corners=False)
    down, right = CANVAS - size[0], CANVAS - size[1]
    edges = (right // 2, right - right // 2, down // 2, down - down // 2)
    return pad(small, edges).clamp(0.0, 1.0)


def _twice(images: Tensor, labels: Tensor) -> list[str]:
    """Return a note where images occur more than once, and where under several labels."""
    seen: dict[bytes, set[int]] = {}
    for image, label in zip(images.numpy(), labels.tolist(), strict=True):
        seen.setdefault(image.tobytes(), set()).add(label)
    again = len(images) - len(seen)
    torn = sum(len(held) > 1 for held in seen.values())
    if not again:
        return []
    under = f", {torn} of them under several labels" if torn else ""
    return [f"{again} images are copies of others{under}"]


def _ground(images: Tensor) -> list[str]:
    """Return a note where the edges are light: what is moved leaves black behind."""
    edge = torch.cat([images[..., 0, :], images[..., -1, :], images[..., 0], images[..., -1]], -1)
    light = edge.median().item()
    if light <= _LIGHT:
        return []
    return [
        f"the ground is light (median {light:.2f} at the edges); where images are moved or turned, "
        "black comes in: invert them if their ink is dark"
    ]
