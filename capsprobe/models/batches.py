"""How many images at once: as many as pay and as the memory holds, fewer where it runs out."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from capsprobe.models.base import Network

Result = TypeVar("Result")
# Beyond these a batch is no faster: a processor's caches overflow, a GPU is full.
MOST_ON_CPU, MOST_ON_GPU = 128, 1024
# What passes may keep, the same on every machine: what is drawn for a batch depends on its size,
# and so does the name of a finished cell, which a busier hour must not change.
_ALLOWED_ON_CPU, _ALLOWED_ON_GPU = 2**31, 2**33
# Half of the free memory, for what an allocator wastes; a backward pass doubles what is kept.
_SHARE = 0.5
_PASSES = 2
_CGROUP = Path("/sys/fs/cgroup")
_LOG = logging.getLogger(__name__)


def batch_size_for(network: Network, device: torch.device) -> int:
    """Return the largest power of two that pays and whose passes keep what they may."""
    if device.type == "cpu":
        return min(MOST_ON_CPU, _held(network, _ALLOWED_ON_CPU))
    return min(MOST_ON_GPU, _held(network, _ALLOWED_ON_GPU))


def fitting(batch_size: int, network: Network, device: torch.device) -> int:
    """Return the batch size, or with a warning what half of the free memory holds, if less."""
    held = _held(network, int(_SHARE * free_bytes(device)))
    if held < batch_size:
        _LOG.warning("little memory; going on with %d images at once", held)
    return min(held, batch_size)


def image_bytes(network: Network) -> int:
    """Return what one image's forward pass keeps for the backward pass, weights apart."""
    weights = {part.data_ptr() for part in network.parameters()}
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        if tensor.data_ptr() not in weights:
            kept[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    side = network.frame.canvas
    weight = next(network.parameters())
    image = torch.zeros(1, 1, side, side, device=weight.device, requires_grad=True)
    with saved_tensors_hooks(note, lambda tensor: tensor), torch.enable_grad():
        scores = network(image)
    del scores
    return max(1, sum(kept.values()))


def free_bytes(device: torch.device) -> int:
    """Return the memory that a computation may still take on the device."""
    if device.type == "cuda":
        # What torch keeps for the next tensor is free too.
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept
    try:
        machine = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 2**31
    return min(machine, *_limits(), 2**63)


def in_batches(
    network: Network, rows: int, compute: Callable[[slice], Result]
) -> Iterator[tuple[slice, Result]]:
    """Yield what `compute` returns for slices of at most `network.batch_size` rows, in order.

    Where the memory does not hold a batch, the network's batch size is halved, with a warning,
    and the slice is tried again; a batch of one that fails raises what it raised.
    """
    start = 0
    while start < rows:
        few = slice(start, min(start + network.batch_size, rows))
        try:
            result = compute(few)
        except RuntimeError as error:
            if not _out_of_memory(error) or few.stop - few.start == 1:
                raise
            network.batch_size = max(1, (few.stop - few.start) // 2)
            _LOG.warning("out of memory; going on with %d images at once", network.batch_size)
            continue
        yield few, result
        start = few.stop


def _held(network: Network, memory: int) -> int:
    """Return the largest power of two of images whose passes keep no more than so many bytes."""
    images = max(1, memory // (_PASSES * image_bytes(network)))
    return 2 ** (images.bit_length() - 1)


def _out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _limits() -> Iterator[int]:
    """Yield what the container leaves, where there is one with a limit."""
    try:
        limit = (_CGROUP / "memory.max").read_text()
        used = (_CGROUP / "memory.current").read_text()
        yield max(0, int(limit) - int(used))
    except (OSError, ValueError):
        return
