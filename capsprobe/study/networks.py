"""The networks that a study's checkpoints stand for: to look at, and to examine."""

from functools import cache
from pathlib import Path

import torch

from capsprobe.faults import ModelFault
from capsprobe.models.base import Frame, Network
from capsprobe.models.checkpoints import Entry, build, load_model, read_entry
from capsprobe.models.folding import fold
from capsprobe.models.own import OwnEntry, check_unchanged, load_own
from capsprobe.models.own.adopted import Adopted
from capsprobe.study.settings import Settings


def skeleton(settings: Settings, entry: Entry) -> Network:
    """Return a network, shared, that is able to do what the checkpoint's is.

    Its weights are by chance, but for a network of the user's own.
    """
    if isinstance(entry, OwnEntry):
        weights = own_weights(settings, entry.seed)
        return _own(entry.origin, weights, entry.weights_sha256, **entry.frame)
    return _fresh(entry.model, decoder=entry.has_decoder, **entry.frame)


def network_of(settings: Settings, entry: Entry) -> Network:
    """Return a checkpoint's network in eval mode, as it was trained.

    Raises
    ------
    ModelFault
        Where it cannot be had, or is another than the one that the study was planned with.
    """
    if isinstance(entry, OwnEntry):
        return check_unchanged(entry, own_weights(settings, entry.seed))
    held = read_entry(settings.weights, entry.stem)
    if held.weights_sha256 != entry.weights_sha256:
        raise ModelFault(
            f"{entry.stem}: expected the checkpoint that the run began with "
            f"({entry.weights_sha256[:16]}…), got another ({held.weights_sha256[:16]}…)"
        )
    return load_model(entry.model, dataset=entry.dataset, seed=entry.seed, folder=settings.weights)


def own_weights(settings: Settings, seed: int) -> Path | None:
    """Return the file of a training seed of the user's own network; none where none was given."""
    return settings.own_weights[seed] if settings.own_weights else None


def laid_out(network: Network, device: str) -> Network:
    """Return a network folded, on its device, in the layout of the fastest convolutions.

    A network of the user's own keeps its layout: it may ask for views of what it computes.
    """
    if isinstance(network, Adopted):
        return network.to(device)
    return fold(network).to(memory_format=torch.channels_last).to(device)


@cache
def _fresh(model: str, *, decoder: bool, **frame: int) -> Network:
    return build(model, Frame(**frame), seed=0, decoder=decoder).eval()


@cache
def _own(origin: str, weights: Path | None, sha256: str, **frame: int) -> Network:
    # A file that was edited since is another network.
    del sha256
    return load_own(origin, Frame(**frame), weights=weights)
