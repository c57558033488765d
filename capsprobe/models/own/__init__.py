"""Networks of the user's own: opened, examined by a contract, and adopted as networks of ours.

Nothing of this package need be known to them: what goes in and what comes out is found by shape,
and what was found is verified by numbers.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capsprobe.data.images import ImageSet
from capsprobe.factories import trimmed
from capsprobe.faults import Fault, ModelFault
from capsprobe.models.base import Frame, Network
from capsprobe.models.checkpoints import Entry
from capsprobe.models.inference import accuracy
from capsprobe.models.own.adopted import adopt
from capsprobe.models.own.contract import examine
from capsprobe.models.own.opening import called_in_tables, is_own, opened
from capsprobe.models.own.ranges import check_range
from capsprobe.models.own.repeating import check_repeats

__all__ = ["OwnEntry", "check_unchanged", "entry_of", "is_own", "load_own"]


class OwnEntry(Entry):
    """What a manifest would say of a network of the user's own; of its training nothing is known.

    `origin` is what the user typed, `warnings` what the contract warns of.
    """

    origin: str
    recipe: dict[str, Any] = {}
    data_sha256: str = ""
    dtype: str = "float32"
    epochs: int = 0
    best_epoch: int = 0
    validation_accuracy: float | None = None
    wall_s: float = 0.0
    device: str = ""
    versions: dict[str, str] = {}
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Found:
    """A network as one of ours, the hash of weights and code, what the contract warns of."""

    network: Network
    sha256: str
    warnings: tuple[str, ...] = ()


def load_own(origin: str, frame: Frame, *, weights: Path | None = None) -> Network:
    """Return a network of the user's own as one of ours, in eval mode.

    Raises
    ------
    ModelFault
        Where it cannot be had or breaks the contract.
    """
    return _adopted(origin, frame, weights).network


def entry_of(
    origin: str, images: ImageSet, *, dataset: str, weights: Path | None = None, seed: int = 0
) -> OwnEntry:
    """Return what the manifest would say of a network of the user's own.

    Its accuracy is that on the images at hand; `seed` tells its trainings apart.

    Raises
    ------
    ModelFault
        As `load_own`, and where it is much better on pixels of another range.
    """
    frame = Frame(classes=images.classes, canvas=images.size[0])
    found = _adopted(origin, frame, weights, images)
    try:
        right = accuracy(found.network, images)
    except Fault as fault:
        raise ModelFault(f"{origin}: {fault}") from fault
    except Exception as error:
        raise ModelFault(f"{origin}: {trimmed(error)}") from error
    return OwnEntry(
        model=called_in_tables(origin),
        origin=origin,
        dataset=dataset,
        seed=seed,
        frame={"classes": frame.classes, "canvas": frame.canvas},
        weights_sha256=found.sha256,
        parameters=sum(part.numel() for part in found.network.parameters()),
        test_accuracy=right,
        n_test=len(images),
        warnings=found.warnings,
    )


def check_unchanged(entry: OwnEntry, weights: Path | None) -> Network:
    """Return an entry's network; raise ModelFault where it is not the one that was planned with."""
    found = _adopted(entry.origin, Frame(**entry.frame), weights)
    if found.sha256 != entry.weights_sha256:
        raise ModelFault(
            f"{entry.origin}: expected the network that the run began with "
            f"({entry.weights_sha256[:16]}…), got another ({found.sha256[:16]}…)"
        )
    return found.network


def _adopted(
    origin: str, frame: Frame, weights: Path | None, images: ImageSet | None = None
) -> _Found:
    """Return the network with what was found of it; its range checked on images.

    With images a study begins: that the network can be made again is asked once, here.
    """
    made = opened(origin, frame, weights)
    if isinstance(made.module, Network):
        network = made.module.eval()
        if images is not None:
            check_repeats(origin, weights, made, network)
        return _Found(network, made.sha256)
    try:
        contract = examine(made.module, frame)
        network = adopt(made.module, frame, contract)
        if images is not None:
            check_range(network, made.module, contract, images)
    except ModelFault as fault:
        raise ModelFault(f"{origin}: {fault}; `capsprobe check` says more") from fault
    except Exception as error:
        raise ModelFault(f"{origin}: {trimmed(error)}; `capsprobe check` says more") from error
    if images is not None:
        check_repeats(origin, weights, made, network, contract)
    return _Found(network, made.sha256, contract.warnings)
