"""Weights packed by xz, as shipped ones may be: about a seventh smaller, nothing lost.

`xz --lzma2=preset=6,lc=0,lp=1,pb=1 FILE.safetensors` packs what is in half precision: the two
bytes of a number are told apart, for only the one with the exponent can be foreseen.
"""

import lzma
from pathlib import Path

from capsprobe.faults import ModelFault

PLAIN, PACKED = ".safetensors", ".safetensors.xz"
_MOST_BYTES = 2**30
_MOST_MEMORY = 2**28


def weights_path(folder: Path, stem: str) -> Path:
    """Return where a checkpoint's weights lie, or would: packed only where they are not plain."""
    plain, packed = folder / f"{stem}{PLAIN}", folder / f"{stem}{PACKED}"
    return packed if packed.is_file() and not plain.is_file() else plain


def stem_of(path: Path) -> str:
    """Return the name of a checkpoint, given where its weights lie."""
    for ending in (PACKED, PLAIN):
        if path.name.endswith(ending):
            return path.name.removesuffix(ending)
    return path.stem


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a safetensors file, unpacked where it is packed.

    Raises
    ------
    ModelFault
        Where it cannot be read, is not what its name says, or would unpack to over 1 GiB.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFault(f"{path.name}: cannot be read: {error.strerror}") from error
    return _unpacked(path.name, content) if path.name.endswith(PACKED) else content


def _unpacked(name: str, content: bytes) -> bytes:
    unpacking = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MOST_MEMORY)
    try:
        unpacked = unpacking.decompress(content, max_length=_MOST_BYTES)
    except lzma.LZMAError as error:
        raise ModelFault(f"{name}: expected a file packed by xz, got: {error}") from error
    if not unpacking.eof:
        what = f"over {_MOST_BYTES} bytes" if len(unpacked) == _MOST_BYTES else "one cut short"
        raise ModelFault(f"{name}: expected a whole file packed by xz, got {what}")
    return unpacked
