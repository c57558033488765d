"""Writing files so that nobody ever sees half of one, also after a kill or a power cut."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from capsprobe.faults import EnvironmentFault


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Call `write` on a temporary file in the same folder, sync it, then rename it to `path`.

    The temporary file is removed after an error; the old file stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        _sync(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with plain line ends, atomically."""

    def write(part: Path) -> None:
        part.write_bytes(text.encode())

    write_atomically(path, write)


def check_writable(folder: Path) -> None:
    """Make a folder and prove that it can be written to, before anything is computed for it.

    Raises
    ------
    EnvironmentFault
        Where it cannot.
    """
    trial = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(trial, "")
        # Another run in the same folder may have been quicker.
        trial.unlink(missing_ok=True)
    except OSError as error:
        raise EnvironmentFault(
            f"expected a folder that can be written to, got {folder}: {error.strerror}"
        ) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
