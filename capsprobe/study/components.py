"""The factorial of a CapsNet's parts: all its networks trained, and asked about robustness."""

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from capsprobe.data.base import Source, datasets
from capsprobe.data.views import Name
from capsprobe.factorial import MODELS, RECIPES
from capsprobe.faults import EnvironmentFault, Fault, UsageFault
from capsprobe.models.checkpoints import Entry, read_entry, stem
from capsprobe.models.packing import weights_path
from capsprobe.study.pools import nothing, pool
from capsprobe.study.settings import Settings
from capsprobe.training.loop import Epoch, train
from capsprobe.training.plan import Plan
from capsprobe.training.recipe import Recipe, default_recipe

# Fixed before any result: as many images and sizes as 96 networks can be attacked with.
_PROBES: dict[str, dict[str, Any]] = {
    "adversarial": {"linf": (0.05, 0.1, 0.2), "l2": (0.5, 1.0, 2.0), "limit": 100},
    "affine": {},
    "corruption": {},
}
# A training of `digits` in half the epochs of the shipped ones.
_DIGITS_EPOCHS = 50


@dataclass(frozen=True, kw_only=True)
class Design:
    """Which networks of the factorial are trained, how, and where they lie.

    `dataset` is as a user types it.
    """

    dataset: str
    seeds: tuple[int, ...]
    folder: Path
    epochs: int | None = None
    source: Source = Source()
    device: str = "cpu"

    @property
    def called(self) -> str:
        """Return what the dataset is called in tables."""
        return str(Name.parse(self.dataset))

    def plans(self) -> list[Plan]:
        """Return the trainings, seed by seed, so that those of a seed are whole first."""
        return [
            Plan(
                model=model,
                dataset=self.called,
                seed=seed,
                recipe=self._recipe(model, changes),
                folder=self.weights(name),
                source=self.source,
                device=self.device,
            )
            for seed in self.seeds
            for name, changes in RECIPES.items()
            for model in MODELS
        ]

    def weights(self, recipe: str) -> Path:
        """Return the folder of the checkpoints that were trained alike."""
        return self.folder / "checkpoints" / recipe

    def settings(self, recipe: str, limit: int | None) -> Settings:
        """Return what the networks of one recipe are asked."""
        return Settings(
            models=MODELS,
            dataset=self.dataset,
            data_dir=self.source.folder,
            weights=self.weights(recipe),
            probes=tuple(_PROBES),
            training_seeds=self.seeds,
            limit=limit,
            device=self.device,
            probe_settings=_PROBES,
        )

    def _recipe(self, model: str, changes: Any) -> Recipe:
        name = Name.parse(self.dataset)
        plain = default_recipe(name.base, name.view, model)
        shorter = _DIGITS_EPOCHS if name.base == "digits" else plain.epochs
        return plain.model_copy(update={"epochs": self.epochs or shorter, **changes})


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What became of a training: an entry, or else the cause of its failure."""

    plan: Plan
    entry: Entry | None = None
    cause: str = ""


def missing(plans: Sequence[Plan]) -> list[Plan]:
    """Return the trainings that are not finished.

    Raises
    ------
    UsageFault
        Where one was finished with another recipe, or on other images.
    DataFault, EnvironmentFault
        Where there are no images.
    """
    data = {plan.dataset: plan.source for plan in plans}
    hashes = {name: _images(name, source) for name, source in data.items()}
    return [plan for plan in plans if not _is_there(plan, hashes[plan.dataset])]


def train_all(plans: Sequence[Plan], *, dataset: str, jobs: int) -> Iterator[Trained]:
    """Train in so many processes, which share torch's threads; yield what came of each.

    `dataset` is what the plans' is called by a user. One that fails stops no other; after a kill
    each goes on where it stopped.

    Raises
    ------
    EnvironmentFault
        Where a process ended before its training; what is finished stays.
    """
    if jobs == 1:
        yield from (_trained(plan, dataset) for plan in plans)
        return
    threads = max(1, torch.get_num_threads() // jobs)
    with pool(jobs, nothing, threads=threads) as workers:
        try:
            for done in as_completed([workers.submit(_trained, plan, dataset) for plan in plans]):
                yield done.result()
        except BrokenProcessPool as error:
            raise EnvironmentFault(
                "expected trainings to end by themselves, got one whose process was killed, "
                "perhaps for want of memory; run it again, with --jobs 1 in less memory"
            ) from error


def _trained(plan: Plan, dataset: str) -> Trained:
    try:
        # Files the user's own data under the name that the plan has, in this process too.
        Name.parse(dataset)
        return Trained(plan=plan, entry=train(plan, _unheard))
    except Fault as fault:
        return Trained(plan=plan, cause=str(fault))


def _unheard(epoch: Epoch) -> None:
    """Tell nobody of an epoch."""


def _images(dataset: str, source: Source) -> str:
    return datasets[Name.parse(dataset).base]("train", source).sha256


def _is_there(plan: Plan, data_sha256: str) -> bool:
    name = stem(plan.model, plan.dataset, plan.seed)
    if not ((plan.folder / f"{name}.json").is_file() and weights_path(plan.folder, name).is_file()):
        return False
    entry = read_entry(plan.folder, name)
    asked = {**plan.recipe.model_dump(), "images": data_sha256}
    there = {**entry.recipe, "images": entry.data_sha256}
    if other := sorted(key for key in asked if there.get(key) != asked[key]):
        wanted, got = (str(each.get(other[0]))[:16] for each in (asked, there))
        raise UsageFault(
            f"{name} in {plan.folder}: expected {other[0]} {wanted}, as asked for, got one trained "
            f"with {got}; name another folder by --output"
        )
    return True
