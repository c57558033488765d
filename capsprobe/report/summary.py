"""What a report says, as numbers: frozen, complete, and formatted nowhere but in the templates."""

from dataclasses import dataclass
from typing import Any, Literal

from capsprobe.report.exhibits import Exhibit
from capsprobe.report.panels import Cell, Grid, Panel

Direction = Literal["higher", "lower", "none", "same"]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One number asked of every model.

    `severity` None is the mean over all severities other than zero.
    """

    probe: str
    dataset: str
    condition: str
    metric: str
    severity: float | None
    unit: str


FEWEST = 20
"""Images below which no direction is named."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Model a minus model b in one measure, paired by training seed and image."""

    a: str
    b: str
    measure: Measure
    estimate: float
    lower: float
    upper: float
    n_seeds: int
    n_units: int

    @property
    def direction(self) -> Direction:
        """Return what the interval shows of a: that it is higher, lower, or neither.

        "same" where it is the point 0, because no image tells the two apart: often both are at
        0 or at 100 %, and the width is no certainty. Neither, whatever the interval, below 20
        images: a bootstrap of a handful that all agree has no width at all.
        """
        if self.n_units < FEWEST:
            return "none"
        if self.lower == self.upper == 0.0:
            return "same"
        if self.lower > 0.0:
            return "higher"
        return "lower" if self.upper < 0.0 else "none"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One sentence: two models compared in the measures of one probe and dataset."""

    probe: str
    dataset: str
    a: str
    b: str
    differences: tuple[Difference, ...]

    def towards(self, direction: Direction) -> tuple[Difference, ...]:
        """Return the differences whose interval shows this."""
        return tuple(each for each in self.differences if each.direction == direction)

    @property
    def n_seeds(self) -> tuple[int, int]:
        """Return the fewest and the most training seeds."""
        return _span([each.n_seeds for each in self.differences])

    @property
    def n_units(self) -> tuple[int, int]:
        """Return the fewest and the most images."""
        return _span([each.n_units for each in self.differences])


@dataclass(frozen=True, kw_only=True)
class Caution:
    """Something to know before a number is believed; `kind` chooses its sentence."""

    kind: str
    facts: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class NotShown:
    """A model whose robustness is not shown under a threat model, and the lights that failed."""

    model: str
    dataset: str
    threat: str
    lights: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CleanRow:
    """One model on one dataset as it left training; accuracies are over its training seeds."""

    model: str
    dataset: str
    parameters: int
    seeds: tuple[int, ...]
    accuracy: float
    lowest: float
    highest: float
    n_test: int
    epochs: int
    origin: str = ""


@dataclass(frozen=True, kw_only=True)
class Forest:
    """One small figure: a minus b in all measures, with their intervals."""

    name: str
    a: str
    b: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One image before and after; the pictures are PNG as data URIs."""

    model: str
    training_seed: int
    dataset: str
    condition: str
    severity: float
    unit: str
    unit_id: int
    label: str
    clean_prediction: str
    prediction: str
    clean: str
    perturbed: str
    difference: str


@dataclass(frozen=True, kw_only=True)
class Beside:
    """One line of "published numbers beside ours"; `source` "" is ours."""

    model: str
    value: float
    source: str
    note: str = ""
    dataset: str = ""
    severity: float | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A published test, what others got and what we got, and how the two tests differ."""

    key: str
    metric: str
    differs: tuple[str, ...]
    rows: tuple[Beside, ...]


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """A published number, or an order of two, beside ours, and whether it came out again.

    An order has `beside`, the other model, or the other condition of the same one; `expected`
    says what was published of the first.
    """

    dataset: str
    test: str
    condition: str
    metric: str
    model: str
    published_severity: float
    severity: float
    published: float | None
    ours: Cell
    n_seeds: tuple[int, int]
    n_units: tuple[int, int]
    source: str
    outcome: str
    beside: str = ""
    beside_condition: str = ""
    expected: str = ""
    published_beside: float | None = None
    ours_beside: Cell | None = None


@dataclass(frozen=True, kw_only=True)
class Part:
    """What is shown of a probe for networks of one dataset.

    A probe whose numbers need more than curves has exhibits beside panels or in place of them.
    """

    dataset: str
    panels: tuple[Panel, ...]
    means: Grid
    estimates: Grid
    samples: tuple[Sample, ...]
    exhibits: tuple[Exhibit, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProbePage:
    """The section of one probe; `parts` is empty where it yielded nothing."""

    name: str
    question: str
    parts: tuple[Part, ...]
    benchmarks: tuple[Benchmark, ...]
    settings: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class CellRow:
    """What became of one probe on one checkpoint; parts are counted together."""

    probe: str
    model: str
    dataset: str
    training_seed: int
    done: int
    cached: int
    failed: int
    missing: int
    seconds: float
    causes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where the numbers came from."""

    command: str
    schema: int | None
    device: str
    versions: dict[str, str]
    data: dict[str, Any]
    settings: dict[str, Any]
    weights: tuple[dict[str, Any], ...]
    n_weights: int
    cells: tuple[CellRow, ...]
    n_cells: int
    states: dict[str, int]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Everything that a page shows."""

    title: str
    dataset: str
    split: str
    n_images: int
    partial: bool
    models: tuple[str, ...]
    shown: tuple[str, ...]
    training_seeds: tuple[int, ...]
    not_shown: tuple[NotShown, ...]
    cautions: tuple[Caution, ...]
    statements: tuple[Statement, ...]
    forests: tuple[Forest, ...]
    clean: tuple[CleanRow, ...]
    clean_benchmarks: tuple[Benchmark, ...]
    probes: tuple[ProbePage, ...]
    repeated: tuple[Repeated, ...]
    provenance: Provenance

    def is_doubted(self, model: str, dataset: str, condition: str) -> bool:
        """Return whether a number under a condition is one of robustness that is not shown."""
        threat = condition.partition("/")[0]
        return any(
            (each.model, each.dataset, each.threat) == (model, dataset, threat)
            for each in self.not_shown
        )


def _span(numbers: list[int]) -> tuple[int, int]:
    return min(numbers), max(numbers)
