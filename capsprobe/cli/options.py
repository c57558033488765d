"""Reading options: lists of names and numbers, and the command as it was typed."""

import shlex

from capsprobe.faults import UsageFault


def names(given: list[str] | None) -> tuple[str, ...]:
    """Return the names in options that were repeated, separated by commas, or both."""
    return tuple(part.strip() for text in given or [] for part in text.split(",") if part.strip())


def integers(option: str, given: list[str] | None) -> tuple[int, ...]:
    """Return whole numbers from an option; raise UsageFault for anything else."""
    try:
        return tuple(int(part) for part in names(given))
    except ValueError:
        raise UsageFault(f"{option}: expected whole numbers, got {','.join(given or [])}") from None


def floats(option: str, given: list[str] | None) -> tuple[float, ...]:
    """Return numbers from an option; raise UsageFault for anything else."""
    try:
        return tuple(float(part) for part in names(given))
    except ValueError:
        raise UsageFault(f"{option}: expected numbers, got {','.join(given or [])}") from None


def typed(arguments: list[str]) -> str:
    """Return the command that repeats a call, quoted for a shell."""
    return shlex.join(["python", "-m", "capsprobe", *arguments])
