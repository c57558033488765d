"""Gates beside routing coefficients, over the same children of the same network."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from capsprobe.probes.base import Probe
from capsprobe.tables import Condition, Metric

_MOST_VARIATION = 1e3
_WEIGHTS = {
    "gate": "the gate",
    "routing": "the coefficient of the winning parent",
    "activity": "the coefficients summed over parents, each by its activation",
    "article": "the coefficients of the article's routing to one parent",
    "length": "the length of the child's pose",
    "constant": "the routing's mean over all other images",
}
_PAIRS = (("gate", "article"), ("constant", "routing"), ("article", "routing"))
_VARYING = ("gate", "routing", "article")


def _correlations(name: str, text: str) -> Iterable[Metric]:
    for null, beside in (("", ""), ("_shuffled", ", children shuffled")):
        yield Metric(name=f"{name}{null}", lower=-1.0, upper=1.0, description=f"{text}{beside}")


METRICS = (
    *(
        metric
        for a, b in _PAIRS
        for metric in _correlations(f"{a}_{b}", f"rank correlation of {_WEIGHTS[a]}, {_WEIGHTS[b]}")
    ),
    *(
        metric
        for name, text in _WEIGHTS.items()
        for metric in _correlations(f"drop_{name}", f"rank correlation of ablation drop, {text}")
    ),
    *(
        Metric(
            name=f"{name}_variation",
            lower=0.0,
            upper=_MOST_VARIATION,
            description=f"{_WEIGHTS[name]}: share of its variance that no constant carries",
        )
        for name in _VARYING
    ),
    Metric(
        name="sum_spread",
        lower=0.0,
        upper=_MOST_VARIATION,
        description="spread over children of the coefficients summed over parents",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Gate(Probe):
    """Set what a gate says of each child beside what routing says of it."""

    name: ClassVar = "gate"
    question: ClassVar = "Do gates do what routing coefficients do?"
    metrics: ClassVar = METRICS

    iterations: int = 3

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the layers that have children to weigh; severity is the number of rounds."""
        texts = {
            "layer/capsules": "primary capsules",
            "layer/stage-1": "channels after the first stage",
            "layer/stage-2": "channels after the second stage",
        }
        return tuple(
            Condition(name=name, unit="iterations", description=text, has_clean=False)
            for name, text in texts.items()
        )
