"""Weights of the user's own: a safetensors file, told apart from what it is not."""

import hashlib
from pathlib import Path

import torch
from torch import Tensor, nn

from capsprobe.faults import ModelFault
from capsprobe.models.checkpoints import parse_weights

_CONVERT = (
    "convert it where you trust it: `safetensors.torch.save_file(model.state_dict(), "
    "'weights.safetensors')`"
)
# What is under another name where a network was wrapped when it was saved.
_WRAPPED = ("module.", "_orig_mod.")
_SHOWN = 3


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file.

    Raises
    ------
    ModelFault
        Where it is none, or a number in it is not finite. A pickle is never read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFault(f"--weights {path.name}: cannot be read: {error.strerror}") from error
    if what := _other_than(content):
        raise ModelFault(f"--weights {path.name}: expected a safetensors file, got {what}")
    return parse_weights(f"--weights {path.name}", content)


def load_weights(module: nn.Module, path: Path) -> None:
    """Fill a network; every key and shape must fit, but for the prefix of a wrapper.

    Raises
    ------
    ModelFault
        Where the file cannot be read or does not fit.
    """
    tensors, expected = _unwrapped(read_weights(path)), module.state_dict()
    # torch counts batches in whole numbers, which not everybody keeps.
    optional = {key for key in expected if key.endswith("num_batches_tracked")}
    missing = sorted(expected.keys() - tensors.keys() - optional)
    extra = sorted(tensors.keys() - expected.keys())
    if missing or extra:
        raise ModelFault(
            f"--weights {path.name}: expected the weights of {type(module).__name__}: "
            f"{_some('missing', missing)}, {_some('unexpected', extra)}"
        )
    for key, tensor in tensors.items():
        if tensor.shape != expected[key].shape:
            raise ModelFault(
                f"--weights {path.name}: {key}: expected shape {tuple(expected[key].shape)}, "
                f"got {tuple(tensor.shape)}"
            )
        # A whole number in the place of a fraction is another weight.
        if expected[key].is_floating_point() and not tensor.is_floating_point():
            raise ModelFault(
                f"--weights {path.name}: {key}: expected floating-point numbers, got {tensor.dtype}"
            )
    module.load_state_dict(tensors, strict=False)


def hash_of(module: nn.Module) -> str:
    """Return the SHA-256 of all that a network holds, by name."""
    digest = hashlib.sha256()
    for key, tensor in sorted(module.state_dict().items()):
        plain = tensor.detach().cpu().contiguous()
        digest.update(f"{key}{tuple(plain.shape)}{plain.dtype}".encode())
        digest.update(plain.flatten().view(torch.uint8).numpy().tobytes() if plain.numel() else b"")
    return digest.hexdigest()


def _other_than(content: bytes) -> str:
    """Return what a file is that is no safetensors file, "" where it may be one."""
    if not content:
        return "an empty file"
    if _has_header(content):
        # Its length may begin like anything: of every 32 such files one begins like a pickle.
        return ""
    if content.lstrip()[:1] == b"<":
        return "a page of HTML or XML, perhaps that of an error; download it again"
    if content[:2] == b"PK" or content[:1] == b"\x80":
        return f"a pickle (.pt, .pth, .bin), which could run code and is not opened; {_CONVERT}"
    if content[:4] in (b"\x89HDF", b"\x1f\x8b\x08\x00"):
        return f"a file of another kind; {_CONVERT}"
    return ""


def _has_header(content: bytes) -> bool:
    """Return whether a length of eight bytes comes first, then so much of JSON."""
    length = int.from_bytes(content[:8], "little")
    return content[8:9] == b"{" and length <= len(content) - 8


def _unwrapped(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    for prefix in _WRAPPED:
        if tensors and all(key.startswith(prefix) for key in tensors):
            return {key.removeprefix(prefix): tensor for key, tensor in tensors.items()}
    return tensors


def _some(what: str, keys: list[str]) -> str:
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return f"{what} {', '.join(keys[:_SHOWN]) or 'none'}{more}"
