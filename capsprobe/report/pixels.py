"""Grey and coloured pixels as PNG data URIs, so that a page holds its own pictures."""

import base64
import struct
import zlib

import numpy as np
from jaxtyping import Float, UInt8

# Ink taken away, nothing changed, ink added.
_LESS = np.array([0.0, 103.0, 177.0])
_SAME = np.array([246.0, 246.0, 244.0])
_MORE = np.array([196.0, 70.0, 1.0])


def grey_picture(pixels: UInt8[np.ndarray, "height width"]) -> str:
    """Return grey levels as they are."""
    return _data_uri(pixels, kind=0)


def difference_picture(
    clean: UInt8[np.ndarray, "height width"], perturbed: UInt8[np.ndarray, "height width"]
) -> str:
    """Return what was added in orange and what was taken away in blue.

    The largest change has full colour, because that of an attack could not be seen otherwise.
    """
    change = perturbed.astype(np.float64) - clean.astype(np.float64)
    return _data_uri(_coloured(change / max(np.abs(change).max(initial=0.0), 1.0)), kind=2)


def _coloured(change: Float[np.ndarray, "height width"]) -> UInt8[np.ndarray, "height width 3"]:
    part = np.abs(change)[..., None]
    ends = np.where(change[..., None] > 0.0, _MORE, _LESS)
    return np.round(_SAME + part * (ends - _SAME)).astype(np.uint8)


def _data_uri(pixels: np.ndarray, kind: int) -> str:
    """Return an uncoloured (0) or RGB (2) picture of 8 bits; the format is RFC 2083's."""
    height, width = pixels.shape[:2]
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(name, data)
        for name, data in ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    )
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)
