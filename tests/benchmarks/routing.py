"""How fast routing is beside a textbook version of it, on this machine's processor.

Prints one line a setting: medians with quartiles, and the ratio. Only ratios can be compared
between machines. `python tests/benchmarks/routing.py [repetitions]`
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

from capsprobe.models.capsules import Votes
from capsprobe.routing.dynamic import route_dynamic

IMAGES, CHILDREN, PARENTS, CHILD_POSE, POSE = 128, 1152, 10, 8, 16
ITERATIONS = (1, 3, 5)
REPETITIONS = 9


def textbook(children: Tensor, weight: Tensor, iterations: int) -> Tensor:
    """Return the parents as most ports compute them: one einsum for each formula."""
    votes = torch.einsum("bik,ijkd->bijd", children, weight)
    logits = torch.zeros(votes.shape[:3])
    for iteration in range(iterations):
        coefficients = torch.softmax(logits, dim=2)
        sums = torch.einsum("bij,bijd->bjd", coefficients, votes)
        squared = sums.square().sum(dim=2, keepdim=True)
        parents = squared / (1.0 + squared) * sums / torch.sqrt(squared + 1e-12)
        if iteration + 1 < iterations:
            logits = logits + torch.einsum("bijd,bjd->bij", votes, parents)
    return parents


def times(compute: Callable[[], Tensor], repetitions: int) -> list[float]:
    """Return the milliseconds of each repetition after one to warm up."""
    compute()
    found = []
    for _ in range(repetitions):
        start = time.perf_counter()
        compute()
        found.append(1e3 * (time.perf_counter() - start))
    return found


def shown(found: list[float]) -> str:
    """Return median and quartiles."""
    low, middle, high = statistics.quantiles(found, n=4)
    return f"{middle:8.1f} ms ({low:.1f} to {high:.1f})"


def main() -> None:
    """Compare votes and routing, forward, of the full-size network's class capsules."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS
    torch.manual_seed(0)
    votes = Votes(children=CHILDREN, child_pose=CHILD_POSE, parents=PARENTS, pose=POSE)
    children = torch.rand(IMAGES, CHILDREN, CHILD_POSE)
    weight = votes.weight.detach().unflatten(2, (PARENTS, POSE)).transpose(1, 2).contiguous()
    print(f"{IMAGES} images, {torch.get_num_threads()} threads, median and quartiles")
    with torch.inference_mode():
        for iterations in ITERATIONS:
            compare(votes, children, weight, iterations, repetitions)


def compare(
    votes: Votes, children: Tensor, weight: Tensor, iterations: int, repetitions: int
) -> None:
    """Print one line, once both have been seen to compute the same."""

    def ours() -> Tensor:
        return route_dynamic(votes(children), iterations=iterations).parents[-1]

    def theirs() -> Tensor:
        return textbook(children, weight, iterations)

    torch.testing.assert_close(ours(), theirs(), rtol=1e-3, atol=1e-4)
    mine, plain = times(ours, repetitions), times(theirs, repetitions)
    ratio = statistics.median(plain) / statistics.median(mine)
    print(f"r = {iterations}: ours {shown(mine)}, textbook {shown(plain)}, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
