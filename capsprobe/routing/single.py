"""The article's routing with its one parent, beside a weighted mean: k-means with k = 1.

With one parent there is nothing to choose between: "clusters many vectors into one" is a mean
whose weights are to be looked at.
"""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import cosine_similarity

from capsprobe.routing.article import route_article
from capsprobe.routing.base import RoutingTrace
from capsprobe.routing.findings import Finding
from capsprobe.routing.shares import entropy
from capsprobe.shapes import CHILDREN


def route_single(children: Float[Tensor, CHILDREN], *, iterations: int) -> RoutingTrace:
    """Return the trace of the article's routing of these vectors to one parent."""
    return route_article(children.unsqueeze(2), iterations=iterations)


def singles(
    children: Float[Tensor, CHILDREN], condition: str, *, iterations: int
) -> Iterator[Finding]:
    """Yield for 1, 2, ... of the article's rounds how its output compares with means.

    The output is sum_i b_i u_i, the weights of the last sum as they are after the round; the
    means are (1/m) sum_i u_i and sum_i c_i u_i with c = softmax(b) over the children.
    """
    trace = route_single(children, iterations=iterations + 1)
    mean = children.mean(dim=1)
    for iteration in range(1, iterations + 1):
        output = summed(children, trace.logits[iteration])
        weighted = summed(children, trace.coefficients[iteration])
        values = {
            "cosine_mean": _cosine(output, mean),
            "cosine_weighted": _cosine(output, weighted),
            "effective_children": entropy(trace.coefficients[iteration].squeeze(2)).exp(),
        }
        for metric, value in values.items():
            yield Finding(condition=condition, iteration=iteration, metric=metric, values=value)


def summed(
    children: Float[Tensor, CHILDREN], weights: Float[Tensor, "images children 1"]
) -> Float[Tensor, "images child_pose"]:
    """Return sum_i w_i u_i."""
    return (weights * children).sum(dim=1)


def _cosine(
    one: Float[Tensor, "images child_pose"], other: Float[Tensor, "images child_pose"]
) -> Float[Tensor, " images"]:
    return cosine_similarity(one, other, dim=1).clamp(-1.0, 1.0)
