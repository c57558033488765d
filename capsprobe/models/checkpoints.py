"""Checkpoints: safetensors, perhaps packed, beside a JSON entry that says how they came about.

One entry a file instead of one list, so that two trainings never write to the same place.
Nothing is ever unpickled.
"""

import hashlib
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor, nn

from capsprobe.faults import ModelFault
from capsprobe.files import write_atomically, write_text
from capsprobe.models.base import Frame, Network, models
from capsprobe.models.decoder import attach
from capsprobe.models.packing import read_bytes, weights_path
from capsprobe.seeds import derive

SHIPPED = Path(__file__).parent / "weights"


class Start(BaseModel):
    """The checkpoint that a training went on from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    checkpoint: str
    weights_sha256: str
    recipe: dict[str, Any]
    epochs: int
    wall_s: float


class Entry(BaseModel):
    """One line of the manifest: what was trained, on what, how well, and where it lies.

    `epochs`, `best_epoch` and `wall_s` count from fresh weights on, through `start` if there is
    one; `recipe` is the last training's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    dataset: str
    seed: int
    frame: dict[str, int]
    recipe: dict[str, Any]
    data_sha256: str
    weights_sha256: str
    dtype: str
    parameters: int
    epochs: int
    best_epoch: int
    validation_accuracy: float | None
    test_accuracy: float
    n_test: int
    wall_s: float
    device: str
    versions: dict[str, str]
    start: Start | None = None

    @property
    def has_decoder(self) -> bool:
        """Return whether it was trained with a decoder, which then is among the weights."""
        return float(self.recipe.get("decoder_weight", 0.0)) > 0.0

    @property
    def stem(self) -> str:
        """Return the file name without its ending."""
        return stem(self.model, self.dataset, self.seed)


def stem(model: str, dataset: str, seed: int) -> str:
    """Return the name that a checkpoint's two files share."""
    return f"{model}.{dataset}.{seed}"


def build(name: str, frame: Frame, *, seed: int, decoder: bool) -> Network:
    """Return a fresh network, with a decoder or without, its weights drawn from `seed` alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "initial weights"))
        network = models[name](frame)
        if decoder:
            attach(network)
    return network


def load_model(
    name: str, *, dataset: str = "digits", seed: int = 0, folder: Path = SHIPPED
) -> Network:
    """Return a pretrained network in eval mode: images in [0, 1] to class scores.

    Raises
    ------
    UsageFault
        Where no model has that name.
    ModelFault
        Where there is no such checkpoint, or it is damaged.
    """
    entry = read_entry(folder, stem(known(name), dataset, seed))
    network = _built(entry)
    fill(network, parse_weights(entry.stem, check_weights(folder, entry)))
    return network.eval()


def known(name: str) -> str:
    """Return the name if a model has it; raise UsageFault otherwise."""
    models[name]
    return name


def manifest(folder: Path = SHIPPED) -> list[Entry]:
    """Return all entries of a folder, sorted by dataset, model and seed.

    Raises
    ------
    ModelFault
        Where there is no such folder, or an entry is not readable.
    """
    if not folder.is_dir():
        raise ModelFault(f"expected a folder of checkpoints, got {folder}")
    entries = [read_entry(folder, path.stem) for path in sorted(folder.glob("*.json"))]
    return sorted(entries, key=lambda entry: (entry.dataset, entry.model, entry.seed))


def read_entry(folder: Path, name: str) -> Entry:
    """Return one entry; raise ModelFault where it is missing or not readable."""
    path = folder / f"{name}.json"
    try:
        return Entry.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelFault(_missing(folder, name)) from None
    except (ValidationError, UnicodeDecodeError) as error:
        first = str(error).splitlines()[0]
        raise ModelFault(f"{path.name}: expected a checkpoint's entry, got {first}") from error


def check_weights(folder: Path, entry: Entry) -> bytes:
    """Return the bytes of an entry's weights, unpacked where they lie packed.

    Raises
    ------
    ModelFault
        Where they cannot be read, or are not those that were trained.
    """
    path = weights_path(folder, entry.stem)
    content = read_bytes(path)
    found = hashlib.sha256(content).hexdigest()
    if found != entry.weights_sha256:
        raise ModelFault(
            f"{path.name}: expected SHA-256 {entry.weights_sha256[:16]}…, got {found[:16]}… "
            f"({len(content)} bytes); the file is damaged or not the one that was trained"
        )
    return content


def parse_weights(name: str, content: bytes) -> dict[str, Tensor]:
    """Return the tensors in the bytes of a safetensors file, floats in single precision.

    Raises
    ------
    ModelFault
        Where the bytes are no safetensors file, or a number is not finite.
    """
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise ModelFault(f"{name}: expected a safetensors file, got {error}") from error
    for key, tensor in tensors.items():
        if tensor.is_floating_point():
            if not torch.isfinite(tensor).all():
                raise ModelFault(f"{name}: expected finite weights, got NaN or infinity in {key}")
            tensors[key] = tensor.float()
    return tensors


def fill(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Load tensors into a network; every key and shape must fit."""
    expected = network.state_dict()
    missing = sorted(expected.keys() - tensors.keys())
    extra = sorted(tensors.keys() - expected.keys())
    if missing or extra:
        raise ModelFault(
            f"expected the weights of {type(network).__name__}: "
            f"missing {missing[:3] or 'none'}, unexpected {extra[:3] or 'none'}"
        )
    for key, tensor in tensors.items():
        if tensor.shape != expected[key].shape:
            raise ModelFault(
                f"{key}: expected shape {tuple(expected[key].shape)}, got {tuple(tensor.shape)}"
            )
    network.load_state_dict(tensors)


def write_weights(path: Path, tensors: dict[str, Tensor]) -> str:
    """Write a safetensors file atomically; return its SHA-256."""
    ordered = {key: tensors[key].contiguous().cpu() for key in sorted(tensors)}
    write_atomically(path, lambda part: save_file(ordered, part))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_entry(folder: Path, entry: Entry) -> None:
    """Write an entry beside its weights."""
    write_text(folder / f"{entry.stem}.json", entry.model_dump_json(indent=1) + "\n")


def _built(entry: Entry) -> Network:
    try:
        frame = Frame(**entry.frame)
        decoder = entry.has_decoder
    except (TypeError, ValueError) as error:
        raise ModelFault(f"{entry.stem}.json: expected frame and recipe, got {error}") from error
    return build(entry.model, frame, seed=entry.seed, decoder=decoder)


def _missing(folder: Path, name: str) -> str:
    # Other files may lie there too: a checkpoint is an entry beside its weights.
    entries = sorted(folder.glob("*.json"))
    held = [path.stem for path in entries if weights_path(folder, path.stem).is_file()]
    have = ", ".join(held) or "none"
    return f"no checkpoint {name} in {folder.name}/; there are: {have}"
