"""Networks of the user's own in a study: which were named, and an entry for each training."""

from capsprobe.data.images import ImageSet
from capsprobe.data.views import Name
from capsprobe.faults import UsageFault
from capsprobe.models.checkpoints import SHIPPED, Entry
from capsprobe.models.own import OwnEntry, entry_of, is_own
from capsprobe.study.networks import own_weights
from capsprobe.study.settings import Settings


def names_of(settings: Settings, held: set[str]) -> list[str]:
    """Return those of the models' names that stand for networks of the user's own.

    Raises
    ------
    UsageFault
        Where `--weights` names what is no set of trainings of one of them.
    """
    brought = [name for name in settings.models if name not in held and is_own(name)]
    if brought and not held and settings.weights != SHIPPED:
        raise UsageFault(
            f"--weights {settings.weights.name}: expected a folder of checkpoints, or the files of "
            f"{brought[0]} by their names, as in a.safetensors,b.safetensors; got none of either"
        )
    if settings.own_weights and len(brought) != 1:
        raise UsageFault(
            f"--weights {settings.own_weights[0].name}: expected one --model of your own that they "
            f"are of, got {len(brought)}; the weights of shipped models are a folder"
        )
    return brought


def entries_of(settings: Settings, name: str, wanted: Name, images: ImageSet) -> list[OwnEntry]:
    """Return an entry for each training of one network that is asked for, seeds from 0 on.

    Raises
    ------
    UsageFault
        Where a view is wanted, or two files hold the same weights.
    ModelFault
        Where the network cannot be had.
    """
    if wanted.view != "single":
        raise UsageFault(
            f"{name}: expected the name of a base dataset for a model of your own, "
            f"got {settings.dataset}"
        )
    found: dict[str, OwnEntry] = {}
    for seed in _own_seeds(settings):
        weights = own_weights(settings, seed)
        entry = entry_of(name, images, dataset=wanted.base, weights=weights, seed=seed)
        if twin := found.get(entry.weights_sha256):
            raise UsageFault(
                f"--weights: expected other weights in each file, got the same in "
                f"{settings.own_weights[twin.seed].name} and {settings.own_weights[seed].name}"
            )
        found[entry.weights_sha256] = entry
    return list(found.values())


def check_told_apart(entries: list[Entry]) -> None:
    """Raise UsageFault where two networks of the user's own would be called alike in tables."""
    origins: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry, OwnEntry) and origins.setdefault(entry.model, entry.origin) != (
            entry.origin
        ):
            raise UsageFault(
                f"expected functions of other names, got {origins[entry.model]} and "
                f"{entry.origin}: both are {entry.model} in tables"
            )


def _own_seeds(settings: Settings) -> list[int]:
    """Return which trainings of a network of the user's own are asked for: of one alone, that."""
    there = list(range(max(1, len(settings.own_weights))))
    if len(there) == 1 or not settings.training_seeds:
        return there
    return [seed for seed in there if seed in settings.training_seeds]


def typed_name(entry: Entry) -> str:
    """Return what a user calls the model."""
    return entry.origin if isinstance(entry, OwnEntry) else entry.model
