"""Names on a page and in file names. Those of models are a user's, so they may hold anything."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

LONGEST = 28
# The order in which the models stand beside one another everywhere.
KNOWN_MODELS = (
    "capsnet",
    "cnn",
    "senet",
    "capsnet-uniform",
    "capsnet-sabour",
    "capsnet-article",
    "capsnet-kmeans",
    "capsnet-em",
    "capsnet-attention",
    "se-head",
    # After ten others, so that each has its model's colour without a decoder.
    "capsnet-decoder",
    "cnn-decoder",
    "senet-decoder",
)
# Control, format (which turns the direction of text) and unassigned characters, and surrogates.
_UNSEEN = {"Cc", "Cf", "Cn", "Cs", "Co"}


def visible(text: str) -> str:
    """Return text on one line, without characters that cannot be seen or turn its direction."""
    spaced = re.sub(r"\s+", " ", text).strip()
    return "".join(each for each in spaced if unicodedata.category(each) not in _UNSEEN)


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return text on one line; beyond so many characters, its beginning and its end."""
    line = visible(text) or "(no name)"
    if len(line) <= longest:
        return line
    end = longest // 3
    return f"{line[: longest - end - 1]}…{line[-end:]}"


def slug(text: str) -> str:
    """Return a file name: itself where plain, else plain letters and a piece of its hash."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:48]
    if plain and plain == re.sub(r"[/ ]", "-", text):
        return plain
    return f"{plain or 'name'}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:6]}"


def in_order(models: Iterable[str]) -> list[str]:
    """Return models, each once: ours in a fixed order, then others by the alphabet."""
    found = set(models)
    return [name for name in KNOWN_MODELS if name in found] + sorted(found - set(KNOWN_MODELS))
