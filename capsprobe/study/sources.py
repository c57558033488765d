"""Which other checkpoints a probe makes something of, to put it to the one that it examines."""

from collections.abc import Sequence
from dataclasses import dataclass

from capsprobe.models.checkpoints import Entry
from capsprobe.study.settings import Settings
from capsprobe.study.swaps import Swap, swap_of
from capsprobe.tables import ITSELF


@dataclass(frozen=True, kw_only=True)
class Source:
    """A checkpoint, perhaps with another routing, and what the probe calls it."""

    name: str
    entry: Entry
    swap: Swap | None = None


def sources_of(settings: Settings, entry: Entry, entries: Sequence[Entry]) -> tuple[Source, ...]:
    """Return the sources of a checkpoint among those of its dataset: itself, then models by name.

    A model stands there with the next training seed, after the last the first: with one training
    seed all begin from the same trunk and see the same batches, and are weak at the same places.
    With its own seed it stands there only where there is no other, and its own model then not.
    """
    named = {ITSELF: entry}
    for model in sorted({each.model for each in entries}):
        if other := _apart(entry, [each for each in entries if each.model == model]):
            named[model] = other
    return tuple(
        Source(name=name, entry=each, swap=swap_of(settings, each)) for name, each in named.items()
    )


def _apart(entry: Entry, trained: Sequence[Entry]) -> Entry | None:
    """Return of a model's checkpoints the one to set beside this; none where that is itself."""

    def turn(other: Entry) -> tuple[bool, bool, int]:
        return other.seed == entry.seed, other.seed < entry.seed, other.seed

    alike = (each for each in trained if each.dataset == entry.dataset and each != entry)
    return min(alike, key=turn, default=None)
