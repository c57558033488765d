"""Reading options: lists of names and numbers, and the command as it was typed."""

import shlex
from pathlib import Path

from capsprobe.faults import UsageFault


def names(option: str, given: list[str] | None) -> tuple[str, ...]:
    """Return what options that were repeated, separated by commas, or both, name.

    Raises
    ------
    UsageFault
        Where the option is given and names nothing.
    """
    found = tuple(part.strip() for text in given or [] for part in text.split(",") if part.strip())
    if given and not found:
        raise UsageFault(f"{option}: expected at least one value, got {','.join(given)!r}")
    return found


def paths(option: str, given: list[str] | None) -> tuple[Path, ...]:
    """Return paths from an option, as `names`; one that is there may have commas in its name."""
    whole = tuple(Path(text) for text in given or [])
    # An empty text is no path: it would be the folder that one stands in.
    if given and all(given) and all(path.exists() for path in whole):
        return whole
    return tuple(Path(name) for name in names(option, given))


def one_path(option: str, given: list[str] | None) -> Path | None:
    """Return one path from an option, none where it is not given; raise UsageFault for more."""
    found = paths(option, given)
    if given and len(given) == 1 and not any(path.exists() for path in found):
        return Path(given[0])
    if len(found) > 1:
        raise UsageFault(
            f"{option}: expected one file or folder here, got {len(found)}: "
            f"{', '.join(map(str, found))}"
        )
    return found[0] if found else None


def integers(option: str, given: list[str] | None) -> tuple[int, ...]:
    """Return whole numbers from an option; raise UsageFault for anything else."""
    try:
        return tuple(int(part) for part in names(option, given))
    except ValueError:
        raise UsageFault(f"{option}: expected whole numbers, got {','.join(given or [])}") from None


def integer(option: str, given: str) -> int:
    """Return one whole number from an option; raise UsageFault for anything else."""
    try:
        return int(given)
    except ValueError:
        raise UsageFault(f"{option}: expected auto or a whole number, got {given!r}") from None


def floats(option: str, given: list[str] | None) -> tuple[float, ...]:
    """Return numbers from an option; raise UsageFault for anything else."""
    try:
        return tuple(float(part) for part in names(option, given))
    except ValueError:
        raise UsageFault(f"{option}: expected numbers, got {','.join(given or [])}") from None


def typed(arguments: list[str]) -> str:
    """Return the command that repeats a call, quoted for a shell."""
    return shlex.join(["python", "-m", "capsprobe", *arguments])
