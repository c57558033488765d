"""The routing block in three versions, ours and two textbook ones, and what is asked of them.

A version is not timed before its result has been compared with the textbook's in float64.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import torch
from torch import Tensor

from capsprobe.routing.base import blocks, squash
from tests.benchmarks.cases import Sizes
from tests.benchmarks.textbook import route_einsum, route_plain

Mode = Literal["forward", "input-gradient", "all-gradients"]
# In float64 the votes of all images at once would need gigabytes.
_IMAGES_AT_ONCE = 16
OUTPUT_TOLERANCE, OTHER_TOLERANCE = 1e-5, 1e-4


class Disagreement(Exception):
    """Two versions do not compute the same, so that their times cannot be compared."""


class Route(Protocol):
    """Children and weights, in a layout of the version's own, to the last parents."""

    def __call__(self, children: Tensor, weight: Tensor, *, iterations: int) -> Tensor:
        """Return (images, parents, pose)."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """One way to compute the block, with children and weights in the memory that it reads best.

    `children` and `weight` are the orders of the axes (image, child, child_pose) and (child,
    child_pose, parent, pose). The children keep their axes and differ in memory alone: ours lies
    along the images, as the package's networks hand it over. The weights change their axes.
    """

    name: str
    route: Route
    children: tuple[int, int, int]
    weight: tuple[int, int, int, int]

    def lay_out_children(self, children: Tensor) -> Tensor:
        """Return the same children in this version's memory."""
        return children.permute(self.children).contiguous().permute(_back(self.children))

    def lay_out_weight(self, weight: Tensor) -> Tensor:
        """Return the weights (children, child_pose, parents, pose) as this version has them."""
        return weight.permute(self.weight).contiguous()

    def restore(self, weight: Tensor) -> Tensor:
        """Return weights, or their gradient, with the axes in the common order."""
        return weight.permute(_back(self.weight))


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Children, weights (children, child_pose, parents, pose), and a gradient by the parents."""

    children: Tensor
    weight: Tensor
    gradient: Tensor
    iterations: int

    @classmethod
    def drawn(cls, sizes: Sizes, device: torch.device) -> "Problem":
        """Return random ones: children shorter than one, weights as a fresh network has them."""
        draw = torch.Generator().manual_seed(0)
        outer = (sizes.images, sizes.children, sizes.child_pose)
        matrices = (sizes.children, sizes.child_pose, sizes.parents, sizes.pose)
        poses = (sizes.images, sizes.parents, sizes.pose)
        return cls(
            children=squash(torch.randn(outer, generator=draw)).to(device),
            weight=0.1 * torch.randn(matrices, generator=draw).to(device),
            gradient=torch.randn(poses, generator=draw).to(device),
            iterations=sizes.iterations,
        )

    def few(self, images: slice) -> "Problem":
        """Return the problem of some images in double precision."""
        return replace(
            self,
            children=self.children[images].double(),
            weight=self.weight.double(),
            gradient=self.gradient[images].double(),
        )


def route_ours(children: Tensor, weight: Tensor, *, iterations: int) -> Tensor:
    """Return the package's fast path, weights (children, child_pose, parents, pose)."""
    parents = weight.shape[2]
    return blocks["dynamic"](children, weight.flatten(2), parents=parents, iterations=iterations)


OURS = Version(name="capsprobe", route=route_ours, children=(1, 2, 0), weight=(0, 1, 2, 3))
PLAIN = Version(name="textbook", route=route_plain, children=(0, 1, 2), weight=(0, 2, 3, 1))
EINSUM = Version(
    name="textbook in einsum", route=route_einsum, children=(0, 1, 2), weight=(0, 2, 1, 3)
)


def computation(version: Version, problem: Problem, mode: Mode) -> Callable[[], tuple[Tensor, ...]]:
    """Return what computes the parents, and the gradients that the mode asks for."""
    weight = version.lay_out_weight(problem.weight).requires_grad_(mode == "all-gradients")
    children = version.lay_out_children(problem.children).detach()
    children.requires_grad_(mode != "forward")
    leaves = (children, weight) if mode == "all-gradients" else (children,)

    def forward() -> tuple[Tensor, ...]:
        with torch.inference_mode():
            return (version.route(children, weight, iterations=problem.iterations),)

    def both_ways() -> tuple[Tensor, ...]:
        parents = version.route(children, weight, iterations=problem.iterations)
        return (parents.detach(), *torch.autograd.grad(parents, leaves, problem.gradient))

    return forward if mode == "forward" else both_ways


def check(version: Version, problem: Problem, mode: Mode) -> None:
    """Raise Disagreement where a version is not near the textbook in float64.

    Ours may differ by 1e-5 in the parents. The other versions, and all gradients, may by 1e-4,
    relative to the largest number where that is above one.
    """
    results = _common(version, computation(version, problem, mode)())
    for place, (result, expected) in enumerate(zip(results, reference(problem, mode), strict=True)):
        strict = place == 0 and version is OURS
        scale = 1.0 if strict else max(1.0, expected.abs().max().item())
        allowed = scale * (OUTPUT_TOLERANCE if strict else OTHER_TOLERANCE)
        off = (result.double() - expected).abs().max().item()
        # Written so that a NaN fails it too.
        if not off <= allowed:
            raise Disagreement(
                f"{version.name}, {mode}: expected at most {allowed:.1g} from the textbook in "
                f"float64, got {off:.2g} in result {place + 1}"
            )


def reference(problem: Problem, mode: Mode) -> tuple[Tensor, ...]:
    """Return parents and gradients of the plain textbook in double precision."""
    parts = []
    for start in range(0, len(problem.children), _IMAGES_AT_ONCE):
        few = problem.few(slice(start, start + _IMAGES_AT_ONCE))
        parts.append(_common(PLAIN, computation(PLAIN, few, mode)()))
    by_image = [torch.cat(each) for each in list(zip(*parts, strict=True))[:2]]
    by_weight = [sum(each) for each in list(zip(*parts, strict=True))[2:]]
    return (*by_image, *by_weight)


def _common(version: Version, results: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return results with the gradient by the weights, where there is one, in the common order."""
    return (*results[:2], *(version.restore(each) for each in results[2:]))


def _back(order: tuple[int, ...]) -> tuple[int, ...]:
    """Return the permutation that undoes one."""
    return tuple(sorted(range(len(order)), key=lambda axis: order[axis]))
