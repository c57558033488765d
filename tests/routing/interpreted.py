"""How far the kernels are from the tiles: printed as JSON, in a process of its own.

Triton reads TRITON_INTERPRET when it is imported, and no process can import it twice.
`python tests/routing/interpreted.py cpu|cuda`; on a CPU with TRITON_INTERPRET=1.
"""

import json
import sys

import torch
from torch import Tensor

from capsprobe.routing import fused, gpu
from capsprobe.routing.base import blocks
from capsprobe.routing.rounds import TiledRounds, Weights

# Children, images, child_pose, parents, pose, iterations.
ROUTES = {
    "one child": (1, 5, 8, 10, 16, 3),
    "one parent": (4, 5, 8, 1, 16, 3),
    "one image": (4, 1, 8, 10, 16, 3),
    "one of all": (1, 1, 1, 1, 1, 3),
    "sizes that are no powers of two": (5, 7, 3, 5, 6, 3),
    "the reference, 1 iteration": (5, 5, 8, 10, 16, 1),
    "the reference, 2 iterations": (5, 5, 8, 10, 16, 2),
    "the reference, 3 iterations": (5, 5, 8, 10, 16, 3),
    "the reference, 4 iterations": (5, 5, 8, 10, 16, 4),
}
# child_pose, parents, pose: also what one warp does not hold.
SIZES = ((8, 10, 16), (9, 20, 8), (2, 130, 16), (8, 32, 16))
KERNELS = "capsprobe.routing.kernels.rounds"


def route(rounds: type, case: tuple[int, ...], device: str, dtype: torch.dtype) -> list[Tensor]:
    """Return the parents, and a loss's gradients by children and by weights."""
    count, images, child_pose, parents, pose, iterations = case
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int, scale: int = 1) -> Tensor:
        drawn = torch.randn(shape, generator=generator).div_(scale**0.5)
        return drawn.to(device, dtype).requires_grad_()

    children = draw(images, count, child_pose)
    weight = draw(count, child_pose, parents * pose, scale=child_pose)
    fused.rounds_for = lambda weights: rounds
    routed = fused.route_fused(children, weight, parents=parents, iterations=iterations)
    towards = draw(*routed.shape).detach()
    by_children, by_weights = torch.autograd.grad(routed, (children, weight), towards)
    return [routed.detach(), by_children, by_weights]


def apart(mine: Tensor, right: Tensor) -> float:
    """Return the largest difference, beside the largest number."""
    return float((mine - right).abs().max() / right.abs().max().clamp(min=1.0))


def compare(device: str) -> dict[str, object]:
    """Return the differences by name, and what else is asked of the kernels."""
    list(blocks)
    found: dict[str, object] = {"kernels imported early": KERNELS in sys.modules}
    if device == "cuda":
        weights = Weights(torch.zeros(4, 8, 160, device=device), 10)
        found["chosen"] = gpu.rounds_for(weights).__name__
        weights = Weights(weights.flat.double().view(4, 8, 160), 10)
        found["chosen for double"] = gpu.rounds_for(weights).__name__
    else:
        gpu._processors = lambda device: 3
    for name, case in ROUTES.items():
        ours = route(gpu.KernelRounds, case, device, torch.float32)
        oracle = route(TiledRounds, case, device, torch.float64)
        found[name] = [apart(*pair) for pair in zip(ours, oracle, strict=True)]
    case = ROUTES["one child"]
    twice = [route(gpu.KernelRounds, case, device, torch.float32) for _ in range(2)]
    found["repeats"] = all(map(torch.equal, *twice))
    for sizes in SIZES:
        found[str(sizes)] = gpu.largest_difference(torch.device(device), gpu.Sizes(*sizes))
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(compare(sys.argv[1])))
