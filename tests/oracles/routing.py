"""Procedure 1 of Sabour et al. 2017, line by line, in double precision and plain loops."""

import math

import numpy as np


def squash(pose: np.ndarray) -> np.ndarray:
    """Return eq. 1; a zero vector, for which it is not defined, stays zero."""
    squared = sum(float(x) ** 2 for x in pose)
    if squared == 0.0:
        return np.zeros_like(pose)
    return squared / (1.0 + squared) * pose / math.sqrt(squared)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return eq. 3 for one child."""
    powers = [math.exp(float(b) - float(logits.max())) for b in logits]
    return np.array([power / sum(powers) for power in powers])


def route(votes: np.ndarray, iterations: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return parents, coefficients and logits of the last iteration for one image's votes."""
    children, parents, pose = votes.shape
    logits = np.zeros((children, parents))
    for iteration in range(iterations):
        coefficients = np.array([softmax(logits[i]) for i in range(children)])
        poses = np.zeros((parents, pose))
        for j in range(parents):
            for i in range(children):
                poses[j] += coefficients[i, j] * votes[i, j]
            poses[j] = squash(poses[j])
        if iteration + 1 == iterations:
            return poses, coefficients, logits
        for i in range(children):
            for j in range(parents):
                logits[i, j] += sum(
                    float(u) * float(v) for u, v in zip(votes[i, j], poses[j], strict=True)
                )
    raise AssertionError("at least one iteration")
