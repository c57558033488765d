"""k-means as routing, soft and hard: a child belongs where its vote is near the mean."""

from functools import partial

from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import RoutingTrace, routings
from capsprobe.routing.means import nearness, route_by_means, softly, wholly
from capsprobe.shapes import VOTES


@routings.register("kmeans")
def route_kmeans(
    votes: Float[Tensor, VOTES], *, iterations: int = 3, temperature: float = 1.0
) -> RoutingTrace:
    """Return the trace of soft k-means: c_ij = softmax over j of -|u_ij - m_j|^2 / temperature.

    m_j = sum_i c_ij u_ij / sum_i c_ij: soft k-means of stiffness 1 / temperature (MacKay 2003,
    ch. 20), on votes instead of shared points. The first iteration is uniform routing.
    """
    return route_by_means(
        votes,
        votes,
        iterations=iterations,
        compare=partial(nearness, temperature=temperature),
        assign=softly,
    )


@routings.register("kmeans-hard")
def route_kmeans_hard(votes: Float[Tensor, VOTES], *, iterations: int = 3) -> RoutingTrace:
    """Return the trace of k-means: each child goes to the parent with the smallest |u_ij - m_j|^2.

    Lloyd's iteration from the means of all votes, so the first iteration is uniform routing.
    Gradients pass through the sums, not through the choice.
    """
    return route_by_means(votes, votes, iterations=iterations, compare=nearness, assign=wholly)
