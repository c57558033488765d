"""The rounds of routing by agreement on CUDA, and when they can be used.

The votes are computed in registers by kernels in Triton (capsprobe.routing.kernels), which are
checked against the tiles once a process, device and size of capsules before they are trusted.
Triton itself is imported only where a kernel is launched.
"""

import logging
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.rounds import (
    INSIDE_CHILDREN,
    INSIDE_PARENTS,
    Rounds,
    TiledRounds,
    Weights,
)

_logger = logging.getLogger(__name__)

# A warp's share of a tile of votes, and of one child's weights: 32 and 64 registers a thread,
# for there are up to four such tiles, and two such weights, in the 255 that a thread can have.
_VOTES_A_WARP = 1024
_WEIGHTS_A_WARP = 2048
_MOST_WARPS = 8
_MOST_IMAGES = 32
# A kernel's text is repeated for each number of a child's pose: more would take minutes to compile.
_MOST_CHILD_POSE = 16
# As many programs of one warp as fit a multiprocessor at that many registers.
_PROGRAMS_A_PROCESSOR = 8
_TOLERANCE = 1e-4


def rounds_for(weights: Weights) -> type[Rounds]:
    """Return the way to compute rounds with these weights: kernels where they can be used.

    They can on CUDA, in single precision, where Triton is installed, where a child's votes fit
    the registers, and where they compute what the tiles do.
    """
    if not _suits(weights.flat):
        return TiledRounds
    sizes = Sizes(weights.child_pose, weights.parents, weights.pose)
    return KernelRounds if sizes.fit and _trusted(weights.flat.device, sizes) else TiledRounds


def moved_bytes(
    images: int, children: int, child_pose: int, parents: int, pose: int, iterations: int
) -> int:
    """Return how many bytes a forward pass moves at least, each round everything once.

    A round reads images * children * child_pose numbers of the children and children *
    child_pose * parents * pose weights, and writes images * parents * pose sums; all rounds but
    the first read as many numbers of the parents so far. A number has four bytes. Left out is
    what a GPU's caches should keep from its memory: the weights read again by every block of
    images, and the sums of a slice of the children, written and read once for each slice.
    """
    poses = images * parents * pose
    numbers = images * children * child_pose + children * child_pose * parents * pose + poses
    return 4 * (iterations * numbers + (iterations - 1) * poses)


@dataclass(frozen=True)
class Sizes:
    """The sizes of capsules, for which a kernel is compiled."""

    child_pose: int
    parents: int
    pose: int

    @property
    def padded(self) -> tuple[int, int, int]:
        """The same as powers of two."""
        return _power(self.child_pose), _power(self.parents), _power(self.pose)

    @property
    def votes(self) -> int:
        """Numbers in a child's votes for one image, padded."""
        return self.padded[1] * self.padded[2]

    @property
    def weights(self) -> int:
        """Numbers in a child's weights, padded."""
        return self.padded[0] * self.votes

    @property
    def block(self) -> int:
        """Images whose votes a program holds."""
        return min(_MOST_IMAGES, max(1, _VOTES_A_WARP // self.votes))

    @property
    def fit(self) -> bool:
        """Whether a program's registers can hold them."""
        return (
            self.child_pose <= _MOST_CHILD_POSE
            and self.votes <= _MOST_WARPS * _VOTES_A_WARP
            and self.weights <= _MOST_WARPS * _WEIGHTS_A_WARP
        )


def slice_count(blocks: int, most: int, processors: int) -> int:
    """Return into how many slices to cut, so that `blocks` * slices programs fill the GPU.

    Blocks take turns over the slices, and multiprocessors over programs: where the number of
    slices divides that of processors, all programs of one processor share a slice, and its
    weights, in their cache.
    """
    wanted = -(-_PROGRAMS_A_PROCESSOR * processors // max(blocks, 1))
    shared = [count for count in range(wanted, processors + 1) if processors % count == 0]
    return min(shared[0] if shared else wanted, most)


def largest_difference(device: torch.device, sizes: Sizes) -> float:
    """Return how far kernels are from tiles in double precision, on a few random capsules.

    Votes and logits are of size one.
    """
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int, scale: int = 1) -> Tensor:
        return torch.randn(shape, generator=generator).div_(scale**0.5).to(device)

    # Two full blocks of images, and a last one that is not.
    count, images = 5, 2 * sizes.block + 1
    children = draw(count, sizes.child_pose, images)
    weight = draw(count, sizes.child_pose, sizes.parents * sizes.pose, scale=sizes.child_pose)
    poses = draw(2, sizes.parents, sizes.pose, images, scale=sizes.pose)
    ours = _tried(KernelRounds, children, weight, poses)
    oracle = _tried(TiledRounds, children.double(), weight.double(), poses.double())
    apart = [(mine - right).abs().max() for mine, right in zip(ours, oracle, strict=True)]
    # Not Python's max, which passes over what is not a number.
    return float(torch.stack(apart).max())


class KernelRounds:
    """Rounds as kernels that hold the votes in registers; all images at once."""

    def __init__(self, children: Float[Tensor, INSIDE_CHILDREN], weights: Weights) -> None:
        self.children, self.flat = children, weights.flat.contiguous()
        self.count, _, self.images = children.shape
        self.sizes = Sizes(weights.child_pose, weights.parents, weights.pose)

    @staticmethod
    def image_tiles(images: int) -> list[slice]:
        """Return one slice: what is held beside the images does not grow with them."""
        return [slice(0, images)]

    def sums(self, parents: Float[Tensor, INSIDE_PARENTS]) -> Float[Tensor, INSIDE_PARENTS]:
        """Return sum_i c_ij u_ij."""
        from capsprobe.routing.kernels.rounds import sum_votes

        blocks, slices = self._cut()
        partials = self._partials(slices)
        tensors = (self.children, self.flat, _outside(parents), partials)
        self._launch(sum_votes, blocks, slices, *tensors, **self._by_images())
        return partials.sum(dim=0).permute(1, 2, 0)

    def gradients(
        self,
        parents: Float[Tensor, INSIDE_PARENTS],
        by_sums: Float[Tensor, INSIDE_PARENTS],
        *,
        by_children: Float[Tensor, INSIDE_CHILDREN],
        by_weights: Float[Tensor, "rows parents_pose"] | None,
    ) -> Float[Tensor, INSIDE_PARENTS]:
        """Return the gradient by the parents so far; add those by children and weights."""
        from capsprobe.routing.kernels.rounds import pull_children

        given = (self.children, self.flat, _outside(parents), _outside(by_sums))
        blocks, slices = self._cut()
        partials = self._partials(slices)
        self._launch(
            pull_children, blocks, slices, *given, by_children, partials, **self._by_images()
        )
        if by_weights is not None:
            self._add_weights(by_weights, *given)
        return partials.sum(dim=0).permute(1, 2, 0)

    def _add_weights(self, by_weights: Tensor, *given: Tensor) -> None:
        from capsprobe.routing.kernels.rounds import pull_weights

        slices = slice_count(self.count, self.images, _processors(self.flat.device))
        partials = self.flat.new_empty(slices, *by_weights.shape)
        constants = {
            "PADDED_CHILD_POSE": self.sizes.padded[0],
            "num_warps": max(1, self.sizes.weights // _WEIGHTS_A_WARP),
        }
        self._launch(pull_weights, self.count, slices, *given, partials, **constants)
        by_weights += partials.sum(dim=0)

    def _cut(self) -> tuple[int, int]:
        """Return the number of blocks of images and of slices of children."""
        blocks = -(-self.images // self.sizes.block)
        return blocks, slice_count(blocks, self.count, _processors(self.flat.device))

    def _by_images(self) -> dict[str, int]:
        return {"IMAGES": self.sizes.block, "num_warps": max(1, self.sizes.votes // _VOTES_A_WARP)}

    def _partials(self, slices: int) -> Tensor:
        return self.flat.new_empty(slices, self.images, self.sizes.parents, self.sizes.pose)

    def _launch(
        self, kernel: Any, blocks: int, slices: int, *tensors: Tensor, **constants: int
    ) -> None:
        _, padded_parents, padded_pose = self.sizes.padded
        with torch.cuda.device_of(self.flat):
            kernel[(blocks * slices,)](
                *tensors,
                self.images,
                self.count,
                slices,
                CHILD_POSE=self.sizes.child_pose,
                PARENTS=self.sizes.parents,
                POSE=self.sizes.pose,
                PADDED_PARENTS=padded_parents,
                PADDED_POSE=padded_pose,
                # The sums are of products: a rounding less each, at no cost.
                enable_fp_fusion=True,
                **constants,
            )


def _suits(flat: Tensor) -> bool:
    return flat.device.type == "cuda" and flat.dtype == torch.float32 and _triton_is_here()


@cache
def _triton_is_here() -> bool:
    return find_spec("triton") is not None


@cache
def _trusted(device: torch.device, sizes: Sizes) -> bool:
    """Return whether the kernels compute what the tiles do; say so once where they do not."""
    try:
        difference = largest_difference(device, sizes)
    # Whatever it is, a missing compiler or a driver's fault: there is another way to go.
    except Exception as error:
        _warn(f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}")
        return False
    if not difference <= _TOLERANCE:
        _warn(f"expected a difference of at most {_TOLERANCE} on a trial, got {difference:.1e}")
        return False
    return True


@cache
def _warn(cause: str) -> None:
    _logger.warning("routing by tiles, for its CUDA kernels cannot be used: %s", cause)


def _tried(
    rounds: type[Rounds], children: Tensor, weight: Tensor, poses: Tensor
) -> tuple[Tensor, ...]:
    """Return everything that a round and its gradients compute."""
    weights = Weights(weight, poses.shape[1])
    by_children, by_weights = torch.zeros_like(children), torch.zeros_like(weights.flat)
    tried = rounds(children, weights)
    by_parents = tried.gradients(poses[0], poses[1], by_children=by_children, by_weights=by_weights)
    return tried.sums(poses[0]), by_parents, by_children, by_weights


def _outside(poses: Float[Tensor, INSIDE_PARENTS]) -> Float[Tensor, "images parents pose"]:
    """Return poses image by image, as kernels read them."""
    return poses.permute(2, 0, 1).contiguous()


def _processors(device: torch.device) -> int:
    return int(torch.cuda.get_device_properties(device).multi_processor_count)


def _power(size: int) -> int:
    """Return the smallest power of two that is not smaller."""
    return 1 << (size - 1).bit_length()
