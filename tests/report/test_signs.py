import math

import pytest

from capsprobe.report.signs import NAMES, SIGNS, sentence
from capsprobe.stats.lights.signs import LIGHTS


def row(light: str, value: float, threshold: float, severity: float = 0.1) -> dict[str, object]:
    held = {"light": light, "value": value, "threshold": threshold, "severity": severity}
    return {**held, "state": "passed", "beside": "senet"}


def test_every_light_has_a_name_and_every_state_a_sign() -> None:
    assert list(NAMES) == list(LIGHTS)
    assert set(SIGNS) == {"passed", "failed", "not checked"}
    assert len(set(SIGNS.values())) == len(SIGNS)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (row("iterative", 0.1, 0.05), "One step leaves 10.0 pp less standing than PGD at ε = 0.1"),
        (row("iterative", -0.1, 0.05), "One step leaves 10.0 pp more standing than PGD"),
        (row("monotone", 0.1, 0.05), "ε = 0.1 leaves 10.0 pp more standing than the one before"),
        (row("transfer", 0.1, 0.005), "made for senet leave 10.0 pp less standing"),
        (row("transfer", 0.1, 0.005), "; allowed is 0.5 pp."),
        (row("gradient", 1.0, 0.05, math.nan), "100.0 % of the images have no gradient to follow"),
        (row("repeatable", 0.125, 1e-5, math.nan), "Two passes differ by 0.12; allowed is 1e-05."),
    ],
)
def test_a_light_says_what_was_seen_and_what_is_allowed(held: dict[str, object], said: str) -> None:
    assert said in sentence(held)


@pytest.mark.parametrize("light", list(LIGHTS))
def test_a_light_that_was_not_checked_says_why(light: str) -> None:
    held = {**row(light, math.nan, math.nan), "state": "not checked"}
    assert "nan" not in sentence(held) and sentence(held).endswith(".")
