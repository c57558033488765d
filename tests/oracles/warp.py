"""An affine warp by SciPy, one image at a time, its matrix put together from the textbook's."""

import numpy as np
from scipy.ndimage import affine_transform


def forward(rotation: float, shear: float, scale_x: float, scale_y: float) -> np.ndarray:
    """Return the map of (row, column), from matrices for x to the right and y upwards."""
    angle = np.deg2rad(rotation)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    lean = np.array([[1.0, shear], [0.0, 1.0]])
    upright = turn @ lean @ np.diag([scale_x, scale_y])
    # (row, column) = (-y, x)
    change = np.array([[0.0, -1.0], [1.0, 0.0]])
    return change @ upright @ np.linalg.inv(change)


def warp(image: np.ndarray, matrix: np.ndarray, move: np.ndarray, canvas: int, mode: str):
    """Return the image under the map about the middle, moved, on a canvas."""
    inverse = np.linalg.inv(matrix)
    middle_in = (np.array(image.shape) - 1) / 2
    middle_out = np.full(2, (canvas - 1) / 2) + move
    return affine_transform(
        image.astype(np.float64),
        inverse,
        offset=middle_in - inverse @ middle_out,
        output_shape=(canvas, canvas),
        order=1,
        mode=mode,
    )
