"""Lloyd's algorithm on votes, and what is said of clusterings, in plain loops and doubles."""

import math

import numpy as np


def distance(vote: np.ndarray, centre: np.ndarray) -> float:
    return sum((float(u) - float(m)) ** 2 for u, m in zip(vote, centre, strict=True))


def lloyd(votes: np.ndarray, starts: np.ndarray) -> tuple[list[int], float]:
    """Return labels and inertia of one image's children, where no cluster runs empty."""
    children, parents, pose = votes.shape
    centres, labels = starts.astype(float).copy(), [-1] * children
    while True:
        nearest = [
            min(range(parents), key=lambda j, i=i: distance(votes[i, j], centres[j]))
            for i in range(children)
        ]
        if nearest == labels:
            found = sum(distance(votes[i, j], centres[j]) for i, j in enumerate(labels))
            return labels, found
        labels = nearest
        for j in range(parents):
            members = [i for i in range(children) if labels[i] == j]
            assert members, "this oracle knows no empty clusters"
            for d in range(pose):
                centres[j, d] = sum(float(votes[i, j, d]) for i in members) / len(members)


def entropy(shares: np.ndarray) -> float:
    """Return the entropy in nats, nothing times the logarithm of nothing being nothing."""
    return -sum(float(p) * math.log(float(p)) for p in shares if p > 0.0)


def divergence(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean over children of the Jensen-Shannon divergence, as two relative entropies."""

    def relative(p, q):
        return sum(
            float(a) * math.log2(float(a) / float(b)) for a, b in zip(p, q, strict=True) if a
        )

    found = []
    for p, q in zip(one, other, strict=True):
        middle = (p + q) / 2
        found.append(relative(p, middle) / 2 + relative(q, middle) / 2)
    return sum(found) / len(found)


def objective(votes, parents, shares, before) -> tuple[float, float]:
    """Return the clustering loss and, with the divergence from the round before, the objective."""
    loss = regular = 0.0
    children, count, _ = votes.shape
    for i in range(children):
        for j in range(count):
            loss -= float(shares[i, j]) * float(votes[i, j] @ parents[j]) / children
            if shares[i, j] > 0.0:
                ratio = float(shares[i, j]) / float(before[i, j])
                regular += float(shares[i, j]) * math.log(ratio) / children
    return loss, loss + regular
