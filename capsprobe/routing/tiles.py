"""How much of a routing is worked on at once: what stays in the processor's cache."""

from functools import cache

import torch

# Columns of a matrix product: fewer would leave vector units idle, more would only take cache.
IMAGES_AT_ONCE = 128
# Of fewer images a vector unit would see too few numbers in a row.
_LEAST_IMAGES = 4
# Where the processor does not say: 1 MiB a core and 32 MiB a GPU are common today.
_CORE_BYTES = 2**20
_GPU_BYTES = 2**25


def image_tiles(images: int) -> list[slice]:
    """Return slices that cover the images, each of at most 128 and of nearly equal length."""
    return _even(images, IMAGES_AT_ONCE)


def vote_tiles(images: int, *, image_bytes: int, device: torch.device) -> list[slice]:
    """Return slices that cover the images; each one's `image_bytes` together fit the cache.

    Where those of four images do not, slices are of four.
    """
    fit = max(_LEAST_IMAGES, cache_bytes(device) // max(1, image_bytes))
    return _even(images, min(IMAGES_AT_ONCE, fit))


def child_tiles(children: int, *, child_bytes: int, device: torch.device) -> list[slice]:
    """Return slices that cover the children; each one's `child_bytes` together fit the cache."""
    return _even(children, max(1, cache_bytes(device) // max(1, child_bytes)))


def cache_bytes(device: torch.device) -> int:
    """Return what the cores' second-level caches, or a GPU's, hold together."""
    if device.type == "cuda":
        return _gpu_bytes(device.index or 0)
    return _core_bytes() * torch.get_num_threads()


@cache
def _core_bytes() -> int:
    capabilities: dict[str, int] = getattr(torch.cpu, "get_capabilities", dict)()
    return capabilities.get("l2_cache_size", 0) or _CORE_BYTES


@cache
def _gpu_bytes(index: int) -> int:
    properties = torch.cuda.get_device_properties(index)
    return int(getattr(properties, "L2_cache_size", 0)) or _GPU_BYTES


def _even(count: int, most: int) -> list[slice]:
    """Return at least one slice, which of nothing is empty."""
    tiles = max(1, -(-count // most))
    size = max(1, -(-count // tiles))
    return [slice(start, min(start + size, count)) for start in range(0, max(1, count), size)]
