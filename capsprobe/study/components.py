"""The factorial of a CapsNet's parts: all its networks trained, and asked about robustness."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from capsprobe.data.base import Source
from capsprobe.data.views import Name
from capsprobe.factorial import MODELS, RECIPES
from capsprobe.faults import UsageFault
from capsprobe.models.checkpoints import Entry, read_entry, stem
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
    """Which networks of the factorial are trained, how, and where they lie."""

    dataset: str
    seeds: tuple[int, ...]
    folder: Path
    epochs: int | None = None
    source: Source = Source()
    device: str = "cpu"

    def plans(self) -> list[Plan]:
        """Return the trainings, seed by seed, so that those of a seed are whole first."""
        return [
            Plan(
                model=model,
                dataset=self.dataset,
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


def missing(plans: Iterable[Plan]) -> list[Plan]:
    """Return the trainings that are not finished.

    Raises
    ------
    UsageFault
        Where one was finished with another recipe.
    """
    return [plan for plan in plans if not _is_there(plan)]


def train_all(plans: Sequence[Plan], *, jobs: int) -> Iterator[Entry]:
    """Train in so many processes, which share torch's threads; yield what is finished.

    After a kill each training goes on where it stopped.

    Raises
    ------
    UsageFault, DataFault, ModelFault, EnvironmentFault
        As `capsprobe.training.loop.train` does; what is finished stays.
    """
    if jobs == 1:
        yield from map(_trained, plans)
        return
    with pool(jobs, nothing, threads=max(1, torch.get_num_threads() // jobs)) as workers:
        for done in as_completed([workers.submit(_trained, plan) for plan in plans]):
            yield done.result()


def _trained(plan: Plan) -> Entry:
    return train(plan, _unheard)


def _unheard(epoch: Epoch) -> None:
    """Tell nobody of an epoch."""


def _is_there(plan: Plan) -> bool:
    name = stem(plan.model, plan.dataset, plan.seed)
    if not (plan.folder / f"{name}.json").is_file():
        return False
    found, wanted = read_entry(plan.folder, name).recipe, plan.recipe.model_dump()
    other = sorted(key for key in wanted if found.get(key) != wanted[key])
    if other:
        raise UsageFault(
            f"{name} in {plan.folder}: expected {other[0]} {wanted[other[0]]}, as asked for, got "
            f"one trained with {found.get(other[0])}; name another folder by --output"
        )
    return True
