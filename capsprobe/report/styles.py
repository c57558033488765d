"""How each model is drawn: one colour, one marker and one kind of line, in every figure.

The colours stay apart under the common kinds of colour blindness (they follow Okabe and Ito's
set) and have a contrast of 3 to 1 or more with a white and with a dark page; each has a lighter
twin for the dark one. Marker and line say the same once more, for print in grey.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from capsprobe.report.names import KNOWN_MODELS, in_order

# On a white page, on a dark page.
PALETTE = (
    ("#0067b1", "#62b5f6"),
    ("#c44601", "#ff9a5c"),
    ("#00795a", "#45d0a4"),
    ("#a04a94", "#e39ad8"),
    ("#8a6500", "#e0b84d"),
    ("#3d5a80", "#a9c1e6"),
    ("#b0103f", "#ff8aa5"),
    ("#5d6670", "#b4bdc7"),
    ("#6a4fc0", "#b8a6ff"),
    ("#7d4a26", "#dba67f"),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
DASHES = ("", (5.0, 2.0), (2.0, 1.5), (6.0, 2.0, 1.5, 2.0))
_SLOTS = len(PALETTE) * len(MARKERS)


@dataclass(frozen=True, kw_only=True)
class Style:
    """A colour by its place in PALETTE, a marker, and a pattern of dashes."""

    colour: int
    marker: str
    dashes: str | tuple[float, ...]


def styles(models: Iterable[str]) -> dict[str, Style]:
    """Return each model's style. Ours have fixed ones; a name decides any other's.

    Where two names would meet in one report, the later in the alphabet moves on to the next.
    """
    chosen: dict[str, int] = {}
    for name in in_order(models):
        slot = _first_choice(name)
        while slot in chosen.values() and len(chosen) < _SLOTS:
            slot = (slot + 1) % _SLOTS
        chosen[name] = slot
    return {name: _style(slot) for name, slot in chosen.items()}


def _first_choice(name: str) -> int:
    if name in KNOWN_MODELS:
        return KNOWN_MODELS.index(name)
    free = _SLOTS - len(KNOWN_MODELS)
    digest = hashlib.sha256(name.encode("utf-8", "replace")).digest()
    return len(KNOWN_MODELS) + int.from_bytes(digest[:8]) % free


def _style(slot: int) -> Style:
    colour = slot % len(PALETTE)
    return Style(
        colour=colour,
        marker=MARKERS[(slot + slot // len(PALETTE)) % len(MARKERS)],
        dashes=DASHES[slot % len(DASHES)],
    )
