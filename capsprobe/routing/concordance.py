"""How alike two clusterings of the same children are, for many images at once.

Thousands of calls of scikit-learn, which is the oracle, would take minutes.
"""

from functools import lru_cache

import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

LABELS = "images children"
TABLE = "images clusters others"


def contingency(
    labels: Int64[Tensor, LABELS], others: Int64[Tensor, LABELS], *, clusters: int
) -> Int64[Tensor, "images clusters clusters"]:
    """Return how many children each two clusters share; labels are below `clusters`."""
    cells = labels * clusters + others
    counts = torch.zeros(len(labels), clusters * clusters, dtype=torch.int64)
    counts.scatter_add_(1, cells, torch.ones_like(cells))
    return counts.unflatten(1, (clusters, clusters))


def adjusted_rand(table: Int64[Tensor, TABLE]) -> Float64[Tensor, " images"]:
    """Return the adjusted Rand index (Hubert and Arabie 1985): 1 for equal ones, 0 by chance.

    Of the pairs of children: together in both, in one alone, in neither. Where no pair is
    together in one clustering alone the two are equal, and the index is 1.
    """
    count = table.sum(dim=(1, 2))
    both = table.square().sum(dim=(1, 2)) - count
    first = table.sum(dim=2).square().sum(dim=1) - count - both
    second = table.sum(dim=1).square().sum(dim=1) - count - both
    neither = count.square() - count - both - first - second
    above = 2.0 * (both * neither - first * second).double()
    below = ((both + first) * (first + neither) + (both + second) * (second + neither)).double()
    index = above / torch.where(below == 0.0, 1.0, below)
    return torch.where(_are_equal(table), 1.0, index)


def adjusted_mutual_information(table: Int64[Tensor, TABLE]) -> Float64[Tensor, " images"]:
    """Return (I - E[I]) / ((H + H') / 2 - E[I]) (Vinh, Epps and Bailey 2010).

    E[I] is exact, over all labelings with the same sizes of clusters. Equal clusterings have 1,
    also where there is no other of their sizes and the formula reads 0 / 0.
    """
    rows, columns = table.sum(dim=2), table.sum(dim=1)
    count = int(table[0].sum())
    expected = _expected(count)[rows.unsqueeze(2), columns.unsqueeze(1)].sum(dim=(1, 2))
    above = _information(table) - expected
    below = (_entropy(rows, count) + _entropy(columns, count)) / 2.0 - expected
    index = above / torch.where(below == 0.0, 1.0, below)
    return torch.where(_are_equal(table), 1.0, index)


def _information(table: Int64[Tensor, TABLE]) -> Float64[Tensor, " images"]:
    """Return the mutual information, in nats."""
    count = table.sum(dim=(1, 2), keepdim=True).double()
    apart = (table.sum(dim=2, keepdim=True) * table.sum(dim=1, keepdim=True)).double()
    shares = table.double() / count
    ratio = torch.where(table > 0, table.double() * count / apart.clamp_min(1.0), 1.0)
    return (shares * ratio.log()).sum(dim=(1, 2)).clamp_min(0.0)


def _entropy(sizes: Int64[Tensor, "images clusters"], count: int) -> Float64[Tensor, " images"]:
    shares = sizes.double() / count
    return -torch.xlogy(shares, shares).sum(dim=1)


def _are_equal(table: Int64[Tensor, TABLE]) -> Bool[Tensor, " images"]:
    """Return whether no cluster of either meets two of the other."""
    shared = table > 0
    return (shared.sum(dim=1) <= 1).all(dim=1) & (shared.sum(dim=2) <= 1).all(dim=1)


@lru_cache(maxsize=4)
def _expected(count: int) -> Float64[Tensor, "sizes sizes"]:
    """Return what clusters of sizes a and b, of so many children, add to E[I] by chance.

    sum_n n/N ln(N n / (a b)) p(n), p hypergeometric: it depends on the two sizes alone, so one
    table serves all images.
    """
    sizes = torch.arange(count + 1, dtype=torch.float64)
    faculty = torch.lgamma(sizes + 1.0)
    table = torch.zeros(count + 1, count + 1, dtype=torch.float64)
    for a in range(1, count + 1):
        shared = torch.arange(1, a + 1).unsqueeze(0)
        b = torch.arange(a, count + 1).unsqueeze(1)
        outside = count - a - b + shared
        possible = outside >= 0
        log_p = (
            (faculty[a] + faculty[count - a] - faculty[count])
            + (faculty[b] + faculty[count - b] - faculty[shared])
            - (faculty[a - shared] + faculty[b - shared] + faculty[outside.clamp_min(0)])
        )
        ratio = (count * shared).double() / (a * b)
        part = shared.double() / count * ratio.log() * log_p.exp()
        table[a, a:] = torch.where(possible, part, 0.0).sum(dim=1)
    return table + table.triu(1).T
