"""What a network costs: its size, the time that it takes, and the memory."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.data.images import ImageSet
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network, Routed
from capsprobe.models.batches import fitting
from capsprobe.models.inference import device_of, score
from capsprobe.models.memory import peak_bytes
from capsprobe.models.own.adopted import Adopted
from capsprobe.models.rerouting import Capsular, capsular, children_of
from capsprobe.models.size import ROUTING, VOTES, decoder_parameters, macs_by_part, parameters
from capsprobe.models.timing import (
    LEAST_REPEATS,
    Pass,
    forward_pass,
    learning,
    passes,
    reference,
    swapped_pass,
    turns,
)
from capsprobe.probes.base import Probe, probes, together
from capsprobe.routing.base import check_iterations
from capsprobe.shapes import IMAGES
from capsprobe.tables import Condition, Measurement, Metric, observe

# Tables, and how many observations could not be made, by reason.
Found = tuple[list[pd.DataFrame], dict[str, int]]

_MOST = 1e15
_MIB = 2**20
_LOOKED_AT = 32
_PRIMARY = "primary"
_BESIDE = "reference "
_PASSES = {"forward": "scores of a batch", "training": "scores, then back to images and weights"}
_NEEDED: dict[str, type] = {"block": Capsular, "iterations": Routed}
_TOO_LARGE = "batches that the memory does not hold"
_DOUBLED = "images that come alone, which a network of your own is shown twice"
_NO_GRADIENT = "scores without a gradient"


def _metric(name: str, text: str, unit: str = "1") -> Metric:
    return Metric(name=name, lower=0.0, upper=_MOST, unit=unit, description=text)


PARAMETERS = _metric("parameters", "trained numbers, those of a decoder apart")
DECODER_PARAMETERS = _metric("decoder_parameters", "trained numbers of the decoder")
MACS = _metric("macs", "multiply-accumulates of one image's scores")
MACS_TRUNK = _metric("macs_trunk", "of these, all but votes and routing")
MACS_PRIMARY = _metric("macs_primary", "of these, the layer that makes primary capsules")
MACS_VOTES = _metric("macs_votes", "of these, votes")
MACS_ROUTING = _metric("macs_routing", "of these, routing")
LATENCY = _metric("latency_ms", "time that a batch takes", "ms")
REFERENCE = _metric("reference_ms", "time of one fixed convolution in the same repeat", "ms")
RELATIVE = _metric("relative_latency", "latency as a multiple of the fixed convolution's")
PEAK = _metric("peak_memory_mib", "most memory held at once beyond weights and images", "MiB")


@probes.register("cost")
@dataclass(frozen=True, kw_only=True)
class Expense(Probe):
    """Count parameters and MACs, time passes, and find the most memory that they hold.

    `size` is that of the network as it is examined: where a study has folded normalisations into
    convolutions, their parameters are the folded ones. `latency` and `memory` are of scores alone
    (`forward`), and of scores and the gradient of their sum for images and weights (`training`),
    in eval mode. `block` is of votes and routing alone, over children that are there;
    `iterations` of all of the network at other numbers of iterations. A network of the user's own
    routes by code of its own, of which neither can be told.

    Times are taken in this process, with the threads that it has, and nothing keeps others off
    the machine: a second run finds other ones. What is compared within a part takes turns, and so
    does one fixed convolution beside `latency`: networks that were timed at different hours
    should be compared by `relative_latency`. A setting is repeated until `repeats` or `seconds`
    are reached, but three times at least. Size and memory repeat exactly.
    """

    name: ClassVar = "cost"
    question: ClassVar = "What does a network cost to run and to train?"
    alone: ClassVar = True
    metrics: ClassVar = (
        PARAMETERS,
        DECODER_PARAMETERS,
        MACS,
        MACS_TRUNK,
        MACS_PRIMARY,
        MACS_VOTES,
        MACS_ROUTING,
        LATENCY,
        REFERENCE,
        RELATIVE,
        PEAK,
    )

    latency_batches: tuple[int, ...] = (1, 32, 128)
    memory_batches: tuple[int, ...] = (32, 128)
    routing_batch: int = 128
    iterations: tuple[int, ...] = (1, 2, 3, 4, 5)
    repeats: int = 10
    seconds: float = 0.4

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        _check("latency_batches", self.latency_batches)
        _check("memory_batches", self.memory_batches)
        _check("routing_batch", (self.routing_batch,))
        _check("iterations", self.iterations)
        check_iterations(max(self.iterations))
        if self.repeats < LEAST_REPEATS:
            raise UsageFault(f"expected at least {LEAST_REPEATS} repeats, got {self.repeats}")
        if not 0.0 < self.seconds < np.inf:
            raise UsageFault(f"expected seconds > 0, got {self.seconds:g}")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return what is counted, timed and held; nothing is done to images."""
        return (
            _condition("size/all", "1", "all of the network"),
            *(_condition(f"latency/{name}", "images", text) for name, text in _PASSES.items()),
            _condition("block/routing", "iterations", "votes and routing alone"),
            _condition("iterations/forward", "iterations", _PASSES["forward"]),
            *(_condition(f"memory/{name}", "images", text) for name, text in _PASSES.items()),
        )

    def lacks_for(self, network: Network, part: str) -> str:
        """Return what a network without a routing of capsprobe's lacks, where that is timed."""
        able = isinstance(network, _NEEDED.get(part, Network))
        own = part in _NEEDED and isinstance(network, Adopted)
        return "" if able and not own else "a routing that capsprobe computes"

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return what one part costs; nothing is drawn."""
        # As with any probe, no number comes from a network that cannot answer.
        score(network, images.images[:_LOOKED_AT])
        measured = {
            "size": self._size,
            "latency": self._latency,
            "block": self._block,
            "iterations": self._iterations,
            "memory": self._memory,
        }[part]
        with learning(network):
            tables, left_out = measured(network, images)
        return Measurement(observations=together(tables or [_nothing()]), left_out=left_out)

    def _size(self, network: Network, images: ImageSet) -> Found:
        del images
        counts = [(metric, float(number)) for metric, number in _sizes(network)]
        return [_counted("size/all", 0, *counted) for counted in counts], {}

    def _latency(self, network: Network, images: ImageSet) -> Found:
        tables: list[pd.DataFrame] = []
        left_out: Counter[str] = Counter()
        for size in self.latency_batches:
            there, without = _passes(network, images, size)
            left_out.update({why: count * self.repeats for why, count in without.items()})
            fixed = reference(size, device_of(network))
            sides: dict[str, Pass] = {}
            for name, run in there.items():
                # One after the other, so that little can happen in between.
                sides |= {name: run, _BESIDE + name: fixed[name]}
            times = self._turns(network, sides)
            for name in there:
                tables += _related(f"latency/{name}", size, times[name], times[_BESIDE + name])
        return tables, dict(left_out)

    def _block(self, network: Network, images: ImageSet) -> Found:
        routed = capsular(network)
        if why := _refused(network, self.routing_batch):
            return [], {why: len(self.iterations) * self.repeats}
        children = children_of(routed, _filled(network, images, self.routing_batch))
        children = children.to(device_of(network))

        def over(iterations: int) -> Pass:
            route = partial(routed.votes.route, routing=routed.routing, iterations=iterations)
            return forward_pass(route, children)

        return self._by_iterations(network, "block/routing", over), {}

    def _iterations(self, network: Network, images: ImageSet) -> Found:
        if why := _refused(network, self.routing_batch):
            return [], {why: len(self.iterations) * self.repeats}
        whole = forward_pass(network, _filled(network, images, self.routing_batch))
        over = partial(swapped_pass, whole, network)
        return self._by_iterations(network, "iterations/forward", over), {}

    def _memory(self, network: Network, images: ImageSet) -> Found:
        tables: list[pd.DataFrame] = []
        left_out: Counter[str] = Counter()
        for size in self.memory_batches:
            there, without = _passes(network, images, size)
            left_out.update(without)
            for name, run in there.items():
                peak = peak_bytes(run, device_of(network)) / _MIB
                tables.append(_counted(f"memory/{name}", size, PEAK, peak))
        return tables, dict(left_out)

    def _by_iterations(
        self, network: Network, condition: str, over: Callable[[int], Pass]
    ) -> list[pd.DataFrame]:
        times = self._turns(network, {str(each): over(each) for each in self.iterations})
        return [_observed(condition, each, LATENCY, times[str(each)]) for each in self.iterations]

    def _turns(self, network: Network, each: dict[str, Pass]) -> dict[str, np.ndarray]:
        device = device_of(network)
        return turns(each, repeats=self.repeats, seconds=self.seconds, device=device)


def _check(name: str, numbers: tuple[int, ...]) -> None:
    if not numbers or min(numbers) < 1 or len(set(numbers)) != len(numbers):
        raise UsageFault(f"expected {name} of at least 1, once each, got {numbers}")


def _condition(name: str, unit: str, text: str) -> Condition:
    return Condition(name=name, unit=unit, description=text, has_clean=False)


def _sizes(network: Network) -> Iterator[tuple[Metric, int]]:
    """Yield what can be counted: where a network brings its votes, not what they cost."""
    yield PARAMETERS, parameters(network)
    if network.decoder is not None:
        yield DECODER_PARAMETERS, decoder_parameters(network)
    parts = macs_by_part(network)
    yield MACS, sum(parts.values())
    if _PRIMARY in parts:
        yield MACS_PRIMARY, parts[_PRIMARY]
    if parts.get(VOTES):
        yield MACS_VOTES, parts[VOTES]
        yield MACS_ROUTING, parts[ROUTING]
        yield MACS_TRUNK, sum(parts.values()) - parts[VOTES] - parts[ROUTING]


def _passes(
    network: Network, images: ImageSet, size: int
) -> tuple[dict[str, Pass], dict[str, int]]:
    """Return the passes over a batch, and how many cannot be made, by reason."""
    if why := _refused(network, size):
        return {}, {why: len(_PASSES)}
    there = passes(network, _filled(network, images, size))
    without = len(_PASSES) - len(there)
    return there, {_NO_GRADIENT: without} if without else {}


def _refused(network: Network, size: int) -> str:
    """Return why a batch of that size cannot be measured, "" where it can."""
    if size == 1 and isinstance(network, Adopted):
        return _DOUBLED
    return "" if fitting(size, network, device_of(network)) == size else _TOO_LARGE


def _filled(network: Network, images: ImageSet, size: int) -> Float[Tensor, IMAGES]:
    """Return a batch where the network lies; where there are fewer images they come again."""
    return images.images[torch.arange(size) % len(images)].to(device_of(network))


def _related(
    condition: str, size: int, times: np.ndarray, beside: np.ndarray
) -> list[pd.DataFrame]:
    """Return latencies, the fixed convolution's, and their quotients, repeat by repeat."""
    values = {LATENCY: times, REFERENCE: beside, RELATIVE: times / beside}
    return [_observed(condition, size, metric, each) for metric, each in values.items()]


def _observed(
    condition: str, severity: int, metric: Metric, values: np.ndarray, *, unit: str = "repeat"
) -> pd.DataFrame:
    return observe(
        condition=condition,
        severity=float(severity),
        unit=unit,
        unit_ids=np.arange(len(values)),
        metric=metric,
        values=values,
    )


def _counted(condition: str, severity: int, metric: Metric, number: float) -> pd.DataFrame:
    return _observed(condition, severity, metric, np.array([number]), unit="network")


def _nothing() -> pd.DataFrame:
    """Return a table without rows."""
    return _observed("size/all", 0, PARAMETERS, np.array([]), unit="network")
