"""Which checkpoints are made something of, to be put to which."""

from pathlib import Path

from capsprobe import load_images
from capsprobe.models.checkpoints import SHIPPED, Entry, manifest
from capsprobe.study import Settings
from capsprobe.study.grid import checkpoints as chosen
from capsprobe.study.sources import sources_of

ENTRIES = [entry for entry in manifest(SHIPPED) if entry.model in ("capsnet", "cnn", "senet")]
SETTINGS = Settings()


def entry(model: str, seed: int, dataset: str = "digits") -> Entry:
    return next(
        each for each in ENTRIES if (each.model, each.seed, each.dataset) == (model, seed, dataset)
    )


def named(of: Entry, entries: list[Entry]) -> dict[str, str]:
    return {each.name: each.entry.stem for each in sources_of(SETTINGS, of, entries)}


def test_sources_are_the_checkpoint_itself_and_all_models_of_the_next_seed() -> None:
    assert named(entry("cnn", 1), ENTRIES) == {
        "itself": "cnn.digits.1",
        "capsnet": "capsnet.digits.2",
        "cnn": "cnn.digits.2",
        "senet": "senet.digits.2",
    }
    assert named(entry("cnn", 4), ENTRIES)["capsnet"] == "capsnet.digits.0"


def test_with_one_seed_the_other_models_share_it() -> None:
    few = [each for each in ENTRIES if each.seed == 0]
    assert named(entry("cnn", 0), few) == {
        "itself": "cnn.digits.0",
        "capsnet": "capsnet.digits.0",
        "senet": "senet.digits.0",
    }


def test_a_checkpoint_alone_is_its_own_source() -> None:
    alone = entry("senet", 0)
    assert named(alone, [alone]) == {"itself": "senet.digits.0"}


def test_swapped_networks_are_sources_as_they_are_examined(checkpoints: Path) -> None:
    settings = Settings(weights=checkpoints, models=("capsnet",), routing="uniform")
    (first, *_) = entries = chosen(settings, load_images("digits"))
    swaps = [each.swap for each in sources_of(settings, first, entries)]
    assert all(swap is not None and swap.routing == "uniform" for swap in swaps)
