"""What others found, as numbers or as an order of two, and which of our estimates repeats it."""

from dataclasses import dataclass
from typing import Literal

from capsprobe.report.literature import PROBES, UNNAMED

MICHELS = "Michels et al. 2019"
ENGSTROM = "Engstrom et al. 2019"
DATASET = "mnist"
# Whom of ours a published network is held beside.
OURS = {"CNN": ("cnn",), "CapsNet": ("capsnet", "capsnet-sabour")}
_FGSM = next(each for each in PROBES if each.key == "fgsm")


@dataclass(frozen=True, kw_only=True)
class Test:
    """One estimate of ours; `severity` is the published one, ours is the nearest to it."""

    key: str
    probe: str
    condition: str
    metric: str
    severity: float


@dataclass(frozen=True, kw_only=True)
class Number:
    """What a test gave for a published network, none where it was not recorded."""

    test: Test
    network: str
    value: float | None
    source: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """Which of two is higher, by what was published.

    Two networks in one test, or all of ours in two tests: then `network` and `beside` are "".
    `values` are the two published numbers, if any were recorded.
    """

    test: Test
    other: Test
    network: str
    beside: str
    expected: Literal["higher", "lower"]
    values: tuple[float, float] | None
    source: str


def _distance(key: str) -> Test:
    return Test(
        key=key, probe="adversarial", condition=f"l2/{key}", metric="distance", severity=0.0
    )


def _spatial(kind: str) -> Test:
    return Test(
        key="spatial",
        probe="spatial",
        condition=f"spatial/{kind}",
        metric="correct",
        severity=1.0,
    )


def _order(test: Test, cnn: float, caps: float, source: str) -> Order:
    return Order(
        test=test,
        other=test,
        network="CapsNet",
        beside="CNN",
        expected="higher" if caps > cnn else "lower",
        values=(caps, cnn),
        source=source,
    )


def _pair(test: Test, cnn: float | None, caps: float | None, source: str) -> tuple[Number, ...]:
    return tuple(
        Number(test=test, network=network, value=value, source=source)
        for network, value in (("CNN", cnn), ("CapsNet", caps))
    )


def _fgsm() -> tuple[tuple[Test, float, float], ...]:
    """Return the published curve's tests with the accuracies of CNN and CapsNet."""
    by_place = {(row.severity, row.model): row.value for row in _FGSM.rows}
    return tuple(
        (
            Test(
                key="fgsm",
                probe=_FGSM.probe,
                condition=_FGSM.condition,
                metric=_FGSM.measured,
                severity=severity,
            ),
            by_place[severity, "CNN"],
            by_place[severity, "CapsNet"],
        )
        for severity in _FGSM.severities
    )


# Means over images; that of DeepFool was not recorded.
_DISTANCES = ((_distance("cw"), 1.40, 1.82), (_distance("boundary"), 3.07, 3.26))
NUMBERS: tuple[Number, ...] = (
    *(each for test, cnn, caps in _DISTANCES for each in _pair(test, cnn, caps, MICHELS)),
    *_pair(_distance("deepfool"), None, None, MICHELS),
    *(each for test, cnn, caps in _fgsm() for each in _pair(test, cnn, caps, UNNAMED)),
)
ORDERS: tuple[Order, ...] = (
    *(_order(test, cnn, caps, MICHELS) for test, cnn, caps in _DISTANCES),
    *(_order(test, cnn, caps, UNNAMED) for test, cnn, caps in _fgsm()),
    Order(
        test=_spatial("grid"),
        other=_spatial("random"),
        network="",
        beside="",
        expected="lower",
        values=None,
        source=ENGSTROM,
    ),
)
