"""Another routing at test time: which checkpoints get it, and what they are called with it."""

from dataclasses import dataclass

from capsprobe.faults import UsageFault
from capsprobe.models.base import Routed
from capsprobe.models.checkpoints import Entry
from capsprobe.routing.base import routings
from capsprobe.study.networks import skeleton
from capsprobe.study.settings import Settings

ITERATIONS = 3
"""Where a routing is swapped in and the number of iterations is not said: Sabour et al.'s."""


@dataclass(frozen=True, kw_only=True)
class Swap:
    """The routing that a checkpoint is run with in the place of its own."""

    routing: str
    iterations: int
    suffix: str


def swap_of(settings: Settings, entry: Entry) -> Swap | None:
    """Return what is swapped into a checkpoint; none where nothing is asked or it has no routing.

    The suffix of the model's name says the iterations only where the user did.
    """
    own = _own_routing(settings, entry) if _wanted(settings) else None
    if own is None:
        return None
    routing = settings.routing or own
    count = settings.iterations
    return Swap(
        routing=routing,
        iterations=count or ITERATIONS,
        suffix=f"+{routing}" if count is None else f"+{routing}-{count}",
    )


def check_swap(settings: Settings, entries: list[Entry]) -> None:
    """Check that what is to be swapped can be.

    Models without a routing are left as they are, beside those that have one; but not where they
    were named, or there is no other.

    Raises
    ------
    UsageFault
        Where no routing has the name, or a model has none to swap.
    """
    if settings.routing is not None:
        routings[settings.routing]
    if not _wanted(settings):
        return
    rigid = {entry.model for entry in entries if swap_of(settings, entry) is None}
    if rigid and (settings.models or len(rigid) == len({entry.model for entry in entries})):
        option = "--iterations" if settings.routing is None else "--routing"
        raise UsageFault(f"{option}: expected a model with routing, got {', '.join(sorted(rigid))}")


def _wanted(settings: Settings) -> bool:
    return settings.routing is not None or settings.iterations is not None


def _own_routing(settings: Settings, entry: Entry) -> str | None:
    network = skeleton(settings, entry)
    return network.routing if isinstance(network, Routed) else None
