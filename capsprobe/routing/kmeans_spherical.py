"""Spherical k-means as routing, soft and hard: votes count by their direction alone."""

from functools import partial

from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import RoutingTrace, routings, unit
from capsprobe.routing.means import cosine, route_by_means, softly, wholly
from capsprobe.shapes import VOTES


@routings.register("kmeans-spherical")
def route_kmeans_spherical(
    votes: Float[Tensor, VOTES], *, iterations: int = 3, temperature: float = 1.0
) -> RoutingTrace:
    """Return the trace of c_ij = softmax over j of cos(u_ij, m_j) / temperature.

    m_j = sum_i c_ij u_ij / |u_ij|: a mixture of directions with one concentration, 1 / temperature
    (Banerjee et al. 2005), on votes. The first iteration is uniform routing.
    """
    return route_by_means(
        votes,
        unit(votes),
        iterations=iterations,
        compare=partial(cosine, temperature=temperature),
        assign=softly,
    )


@routings.register("kmeans-spherical-hard")
def route_kmeans_spherical_hard(
    votes: Float[Tensor, VOTES], *, iterations: int = 3
) -> RoutingTrace:
    """Return the trace of spherical k-means: each child goes to the parent of largest cosine.

    Dhillon and Modha 2001, on votes. Gradients pass through the sums, not through the choice.
    """
    return route_by_means(votes, unit(votes), iterations=iterations, compare=cosine, assign=wholly)
