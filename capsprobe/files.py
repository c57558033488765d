"""Writing files so that nobody ever sees half of one, also after a kill or a power cut."""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from capsprobe.faults import EnvironmentFault

_UNFINISHED = ".part"
# Between its making and its lock a file must not be taken for one that nobody writes any more.
_SETTLED_S = 2.0


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Call `write` on a temporary file in the same folder, sync it, then rename it to `path`.

    The temporary file is removed after an error; the old file stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_UNFINISHED)
    temporary = Path(name)
    try:
        _lock(handle)
        write(temporary)
        _sync(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)
    _sync(path.parent)


def sweep(folder: Path) -> None:
    """Remove what runs that were killed have left half written in a folder and below.

    Whoever writes a file holds a lock on it, which ends with its process: what another run is
    writing right now stays.
    """
    for path in folder.rglob(f".*{_UNFINISHED}"):
        try:
            with path.open("rb") as file:
                settled = time.time() - os.fstat(file.fileno()).st_mtime > _SETTLED_S
                if settled and _lock(file.fileno()):
                    path.unlink(missing_ok=True)
        except OSError:
            # Finished meanwhile, or not ours to remove.
            continue


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


if sys.platform == "win32":

    def _lock(descriptor: int) -> bool:
        """Windows has no such locks: what a killed run leaves there stays."""
        return False
else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        """Lock an open file until it is closed; return whether nobody else holds it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
