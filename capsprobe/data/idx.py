"""Reading idx files, the format that MNIST and Fashion-MNIST come in, with their hash checked.

torchvision reads a raw file with a flipped bit without a word, so the reader is ours.
"""

import gzip
import hashlib
import math
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from capsprobe.faults import DataFault

_UNSIGNED_BYTES = 0x08


def read_idx(path: Path, *, sha256: str) -> UInt8[np.ndarray, "..."]:
    """Return the array in an idx file, gzip or plain, whose uncompressed bytes have this hash.

    Raises
    ------
    DataFault
        Where the file cannot be read, is no idx file of bytes, is cut short, or hashes otherwise.
    """
    content = _unpacked(path, _bytes(path))
    array = _array(path, content)
    _check(path, content, sha256)
    return array


def read_packed_idx(path: Path, *, sha256: str) -> UInt8[np.ndarray, "..."]:
    """Return the array in a gzip file that has this hash as it lies on the disk.

    For files of which only the packed bytes' hash is published.

    Raises
    ------
    DataFault
        As for `read_idx`.
    """
    packed = _bytes(path)
    content = _unpacked(path, packed)
    _check(path, packed, sha256)
    return _array(path, content)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataFault(f"{path}: cannot be read: {error.strerror}") from error


def _unpacked(path: Path, raw: bytes) -> bytes:
    try:
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise DataFault(f"{path}: expected a whole gzip file, got: {error}") from error


def _check(path: Path, content: bytes, sha256: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DataFault(f"{path}: expected SHA-256 {sha256[:16]}…, got {found[:16]}…")


def _array(path: Path, content: bytes) -> UInt8[np.ndarray, "..."]:
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UNSIGNED_BYTES:
        raise DataFault(f"{path}: expected an idx file of bytes, got {content[:4]!r}")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise DataFault(f"{path}: expected at least {start} bytes, got {len(content)}")
    shape = np.frombuffer(content[4:start], dtype=">u4").tolist()
    expected = start + math.prod(shape)
    if len(content) != expected:
        raise DataFault(f"{path}: expected {expected} bytes, got {len(content)}")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
