"""A run's estimates on MNIST, each beside what was published of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from capsprobe.report.literature import FARTHEST
from capsprobe.report.names import in_order
from capsprobe.report.panels import Cell
from capsprobe.report.reproduction.published import DATASET, NUMBERS, ORDERS, OURS, Order, Test
from capsprobe.report.summary import Repeated
from capsprobe.stats.repeated import judge_number, judge_order
from capsprobe.stats.summary import Summary as Tables


@dataclass(frozen=True, kw_only=True)
class _Found:
    """One of our estimates."""

    cell: Cell
    severity: float
    n_seeds: int
    n_units: int

    @property
    def ends(self) -> tuple[float, float]:
        """Return both ends of the interval."""
        return self.cell.lower, self.cell.upper


def repeated(tables: Mapping[str, Tables]) -> tuple[Repeated, ...]:
    """Return a row for each published number, then each order, that the run has ours of.

    On MNIST alone, networks of single digits: so none of a run on another dataset.
    """
    return (*_numbers(tables), *_orders(tables))


def _numbers(tables: Mapping[str, Tables]) -> Iterator[Repeated]:
    for number in NUMBERS:
        found = _estimates(tables, number.test)
        for model in (name for name in OURS[number.network] if name in found):
            ours = found[model]
            yield Repeated(
                dataset=DATASET,
                test=number.test.key,
                condition=number.test.condition,
                metric=number.test.metric,
                model=model,
                published_severity=number.test.severity,
                severity=ours.severity,
                published=number.value,
                ours=ours.cell,
                n_seeds=(ours.n_seeds, ours.n_seeds),
                n_units=(ours.n_units, ours.n_units),
                source=number.source,
                outcome=judge_number(
                    number.value,
                    ours.cell.estimate,
                    lower=ours.cell.lower,
                    upper=ours.cell.upper,
                    is_fraction=number.test.metric == "correct",
                ),
            )


def _orders(tables: Mapping[str, Tables]) -> Iterator[Repeated]:
    for order in ORDERS:
        found, others = (_estimates(tables, test) for test in (order.test, order.other))
        for model, beside in _pairs(order, found):
            if model in found and beside in others:
                yield _ordered(order, (model, found[model]), (beside, others[beside]))


def _pairs(order: Order, found: Mapping[str, _Found]) -> Iterator[tuple[str, str]]:
    """Yield which two of ours an order is about."""
    if not order.network:
        yield from ((name, name) for name in in_order(found))
        return
    for model in OURS[order.network]:
        yield from ((model, beside) for beside in OURS[order.beside])


def _ordered(order: Order, one: tuple[str, _Found], other: tuple[str, _Found]) -> Repeated:
    (model, ours), (beside, theirs) = one, other
    first, second = order.values or (None, None)
    return Repeated(
        dataset=DATASET,
        test=order.test.key,
        condition=order.test.condition,
        metric=order.test.metric,
        model=model,
        published_severity=order.test.severity,
        severity=ours.severity,
        published=first,
        ours=ours.cell,
        n_seeds=_ends(ours.n_seeds, theirs.n_seeds),
        n_units=_ends(ours.n_units, theirs.n_units),
        source=order.source,
        outcome=judge_order(order.expected, ours.ends, theirs.ends),
        beside=beside,
        beside_condition=order.other.condition,
        expected=order.expected,
        published_beside=second,
        ours_beside=theirs.cell,
    )


def _estimates(tables: Mapping[str, Tables], test: Test) -> dict[str, _Found]:
    """Return our estimates by model, at the severity nearest to the published one."""
    if test.probe not in tables:
        return {}
    held = tables[test.probe].estimates
    rows = held[
        (held["dataset"] == DATASET)
        & (held["condition"] == test.condition)
        & (held["metric"] == test.metric)
        & ((held["severity"] != 0.0) | (test.severity == 0.0))
    ]
    apart = (rows["severity"] - test.severity).abs()
    near = rows[(apart == apart.min()) & (apart <= FARTHEST)]
    return {str(row["model"]): _found(row) for row in near.to_dict("records")}


def _found(row: Mapping) -> _Found:
    return _Found(
        cell=Cell(estimate=row["estimate"], lower=row["lower"], upper=row["upper"]),
        severity=float(row["severity"]),
        n_seeds=int(row["n_seeds"]),
        n_units=int(row["n_units"]),
    )


def _ends(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)
