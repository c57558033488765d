"""Every routing near its source, in double precision and plain loops, one image at a time.

Each function takes the votes (children, parents, pose) of one image and the number of iterations,
and returns parents, coefficients and logits of the last.
"""

import math

import numpy as np
import torch

from tests.oracles.routing import route, softmax, squash

Outcome = tuple[np.ndarray, np.ndarray, np.ndarray]


def dot(one: np.ndarray, other: np.ndarray) -> float:
    return sum(float(x) * float(y) for x, y in zip(one, other, strict=True))


def weighted(votes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the sum of each parent's votes, not squashed."""
    children, parents, pose = votes.shape
    sums = np.zeros((parents, pose))
    for j in range(parents):
        for i in range(children):
            sums[j] += weights[i, j] * votes[i, j]
    return sums


def squashed(votes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.array([squash(total) for total in weighted(votes, weights)])


def over_parents(logits: np.ndarray) -> np.ndarray:
    return np.array([softmax(row) for row in logits])


def uniform(votes: np.ndarray, iterations: int) -> Outcome:
    return route(votes, 1)


def random(votes: np.ndarray, iterations: int) -> Outcome:
    drawn = torch.randn(votes.shape[:2], generator=torch.Generator().manual_seed(0))
    logits = drawn.double().numpy()
    coefficients = over_parents(logits)
    return squashed(votes, coefficients), coefficients, logits


def article(votes: np.ndarray, iterations: int) -> Outcome:
    """Take each parent's votes for the capsules u_i of ARTICLE.md's one output."""
    children, parents, pose = votes.shape
    logits, coefficients = np.zeros((children, parents)), np.zeros((children, parents))
    outputs = np.zeros((parents, pose))
    for j in range(parents):
        capsules, b = votes[:, j], np.zeros(children)
        for _ in range(iterations - 1):
            c = softmax(b)
            v = sum(c[i] * capsules[i] for i in range(children))
            s = squash(v)
            b = np.array([b[i] + dot(s, capsules[i]) for i in range(children)])
        outputs[j] = squash(sum(b[i] * capsules[i] for i in range(children)))
        logits[:, j], coefficients[:, j] = b, softmax(b)
    return outputs, coefficients, logits


def negative_distance(point: np.ndarray, mean: np.ndarray) -> float:
    return -sum((float(x) - float(m)) ** 2 for x, m in zip(point, mean, strict=True))


def angle_cosine(point: np.ndarray, mean: np.ndarray) -> float:
    norms = math.sqrt(dot(point, point)) * math.sqrt(dot(mean, mean))
    return dot(point, mean) / norms if norms else 0.0


def nearest(logits: np.ndarray) -> np.ndarray:
    """Return the largest of each row; what lies within rounding of it shares evenly."""
    hits = np.array([[float(b >= row.max() - 1e-12) for b in row] for row in logits])
    return hits / hits.sum(axis=1, keepdims=True)


def by_means(votes: np.ndarray, iterations: int, compare, assign, points: np.ndarray) -> Outcome:
    children, parents, _ = votes.shape
    logits, means = np.zeros((children, parents)), np.zeros_like(votes[0])
    for iteration in range(iterations):
        coefficients = assign(logits)
        if iteration + 1 == iterations:
            return squashed(votes, coefficients), coefficients, logits
        sums = weighted(points, coefficients)
        for j in range(parents):
            mass = sum(float(c) for c in coefficients[:, j])
            means[j] = sums[j] / mass if mass else means[j]
        logits = np.array(
            [[compare(points[i, j], means[j]) for j in range(parents)] for i in range(children)]
        )
    raise AssertionError("at least one iteration")


def directions(votes: np.ndarray) -> np.ndarray:
    units = np.zeros_like(votes)
    for place in np.ndindex(votes.shape[:2]):
        norm = math.sqrt(dot(votes[place], votes[place]))
        units[place] = votes[place] / norm if norm else 0.0
    return units


def kmeans(votes: np.ndarray, iterations: int) -> Outcome:
    return by_means(votes, iterations, negative_distance, over_parents, votes)


def kmeans_hard(votes: np.ndarray, iterations: int) -> Outcome:
    return by_means(votes, iterations, negative_distance, nearest, votes)


def kmeans_spherical(votes: np.ndarray, iterations: int) -> Outcome:
    return by_means(votes, iterations, angle_cosine, over_parents, directions(votes))


def kmeans_spherical_hard(votes: np.ndarray, iterations: int) -> Outcome:
    return by_means(votes, iterations, angle_cosine, nearest, directions(votes))


def attention(votes: np.ndarray, iterations: int) -> Outcome:
    children, parents, pose = votes.shape
    logits = np.zeros((children, parents))
    for j in range(parents):
        for i in range(children):
            for k in range(children):
                logits[i, j] += dot(votes[i, j], votes[k, j]) / math.sqrt(pose)
    coefficients = over_parents(logits)
    return squashed(votes, coefficients), coefficients, logits


def em(votes: np.ndarray, iterations: int) -> Outcome:
    """Procedure 1 of Hinton et al. 2018 with both betas zero and children's activations one."""
    children, parents, pose = votes.shape
    logits = np.zeros((children, parents))
    for t in range(1, iterations + 1):
        R = over_parents(logits)
        warmth = (1.0 - 2.0**-t) / (children * pose / parents)
        activations, outputs = np.zeros(parents), np.zeros((parents, pose))
        log_p = np.zeros((children, parents))
        for j in range(parents):
            mass = sum(float(R[i, j]) for i in range(children))
            mean = sum(R[i, j] * votes[i, j] for i in range(children)) / mass
            variance = (
                1e-4 + sum(R[i, j] * (votes[i, j] - mean) ** 2 for i in range(children)) / mass
            )
            cost = sum(math.log(math.sqrt(variance[h])) * mass for h in range(pose))
            activations[j] = 1.0 / (1.0 + math.exp(-warmth * (0.0 - cost)))
            norm = math.sqrt(dot(mean, mean))
            outputs[j] = activations[j] * mean / norm if norm else 0.0
            for i in range(children):
                for h in range(pose):
                    log_p[i, j] -= (votes[i, j, h] - mean[h]) ** 2 / (2.0 * variance[h])
                    log_p[i, j] -= 0.5 * math.log(variance[h])
        if t == iterations:
            return outputs, R, logits
        logits = np.log(activations) + log_p
    raise AssertionError("at least one iteration")


ORACLES = {
    "article": article,
    "attention": attention,
    "dynamic": route,
    "em": em,
    "kmeans": kmeans,
    "kmeans-hard": kmeans_hard,
    "kmeans-spherical": kmeans_spherical,
    "kmeans-spherical-hard": kmeans_spherical_hard,
    "random": random,
    "uniform": uniform,
}
