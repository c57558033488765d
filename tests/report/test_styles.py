from itertools import combinations

import numpy as np
import pytest

from capsprobe.report.names import KNOWN_MODELS
from capsprobe.report.styles import PALETTE, styles

PAPER, DARK = "#ffffff", "#14171b"
# Machado et al. 2009, severity 1.0: what the commonest kinds of colour blindness leave of RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255.0
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    weights = np.array([0.2126, 0.7152, 0.0722])
    bright, dim = sorted((float(linear(each) @ weights) for each in (a, b)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_each_colour_can_be_seen_on_its_page() -> None:
    assert min(contrast(light, PAPER) for light, _ in PALETTE) >= 3.0
    assert min(contrast(dark, DARK) for _, dark in PALETTE) >= 3.0


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("theme", [0, 1])
def test_the_colours_of_the_four_main_models_stay_apart(kind: str, theme: int) -> None:
    seen = [BLINDNESS[kind] @ linear(pair[theme]) for pair in PALETTE[:4]]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 0.1


def test_known_models_look_the_same_in_every_report() -> None:
    alone = styles(["senet"])["senet"]
    assert styles([*KNOWN_MODELS, "mine"])["senet"] == alone


def test_unknown_model_looks_the_same_beside_others() -> None:
    assert styles(["mine"])["mine"] == styles(["mine", "cnn", "capsnet"])["mine"]


def test_no_two_models_look_alike() -> None:
    names = [*KNOWN_MODELS, *(f"model-{place}" for place in range(60))]
    looks = styles(names)
    assert len({(look.colour, look.marker) for look in looks.values()}) == len(names)


def test_more_models_than_looks_are_borne() -> None:
    assert len(styles(f"model-{place}" for place in range(200))) == 200
