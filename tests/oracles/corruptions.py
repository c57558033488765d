"""Corruptions of one image in plain loops, from the numbers that an image's generator gives."""

import math

import numpy as np


def swapped(image: np.ndarray, chance: np.ndarray, *, reach: int) -> np.ndarray:
    """Return frosted glass without its blur; `chance` is (rounds, coin row column, side, side)."""
    side, pixels = len(image), image.tolist()
    for coin, down, across in chance:
        for row in range(side - reach, reach, -1):
            for column in range(side - reach, reach, -1):
                if coin[row, column] < 0.5:
                    r = row - reach + int(2 * reach * down[row, column])
                    c = column - reach + int(2 * reach * across[row, column])
                    pixels[row][column], pixels[r][c] = pixels[r][c], pixels[row][column]
    return np.array(pixels)


def smeared(image: np.ndarray, *, degrees: float, radius: int, sigma: float) -> np.ndarray:
    """Return a mean along a line that fades out like half a Gaussian; edges are repeated."""
    side = len(image)
    down, across = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    weights = [math.exp(-(far**2) / (2.0 * sigma**2)) for far in range(2 * radius + 1)]
    made = np.zeros((side, side))
    for row in range(side):
        for column in range(side):
            for far, weight in enumerate(weights):
                r = min(max(row + round(far * down), 0), side - 1)
                c = min(max(column + round(far * across), 0), side - 1)
                made[row, column] += weight / math.fsum(weights) * image[r, c]
    return made


def landscape(jitter: np.ndarray, *, decay: float) -> np.ndarray:
    """Return heights by diamonds and squares on a torus, pixel by pixel, from 0 to 1."""
    large = len(jitter)
    height = np.zeros((large, large))
    half, size = large // 2, 1.0
    while half:
        for rows, columns, around in (
            (half, half, ((-half, -half), (-half, half), (half, -half), (half, half))),
            (0, half, ((-half, 0), (half, 0), (0, -half), (0, half))),
            (half, 0, ((-half, 0), (half, 0), (0, -half), (0, half))),
        ):
            for row in range(rows, large, 2 * half):
                for column in range(columns, large, 2 * half):
                    near = [height[(row + r) % large, (column + c) % large] for r, c in around]
                    height[row, column] = sum(near) / 4.0 + size * jitter[row, column]
        half, size = half // 2, size / decay**2
    return (height - height.min()) / (height.max() - height.min())


def canny(down: np.ndarray, across: np.ndarray, *, low: float, high: float) -> np.ndarray:
    """Return Canny's edges from a gradient: crests by the octant of the slope, then flooding."""
    side = len(down)
    steep = [[math.hypot(down[r, c], across[r, c]) for c in range(side)] for r in range(side)]
    crest = {
        (r, c)
        for r in range(1, side - 1)
        for c in range(1, side - 1)
        if steep[r][c] >= low and _is_crest(steep, r, c, down[r, c], across[r, c])
    }
    edges = np.zeros((side, side), dtype=bool)
    waiting = [place for place in crest if steep[place[0]][place[1]] >= high]
    while waiting:
        row, column = waiting.pop()
        if (row, column) in crest and not edges[row, column]:
            edges[row, column] = True
            waiting += [(row + r, column + c) for r in (-1, 0, 1) for c in (-1, 0, 1)]
    return edges


def _is_crest(steep: list, r: int, c: int, down: float, across: float) -> bool:
    """Return whether neither neighbour along the slope, between two pixels, is steeper."""
    i, j = (1 if down >= 0 else -1), (1 if across >= 0 else -1)
    if abs(down) >= abs(across):
        part, straight = abs(across) / abs(down), (i, 0)
    else:
        part, straight = abs(down) / abs(across), (0, j)
    for sign in (1, -1):
        slanted = steep[r + sign * i][c + sign * j]
        plain = steep[r + sign * straight[0]][c + sign * straight[1]]
        if part * slanted + (1.0 - part) * plain > steep[r][c] * (1.0 + 1e-9):
            return False
    return True
