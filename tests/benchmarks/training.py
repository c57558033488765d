"""Training the compact CapsNet against training the plain CNN that has as many weights."""

from collections.abc import Iterator
from functools import partial
from itertools import cycle
from typing import Literal

from capsprobe.data.base import Source
from capsprobe.models.checkpoints import build
from capsprobe.training.fitting import Fitting
from capsprobe.training.material import Batch, Material
from capsprobe.training.recipe import Recipe
from tests.benchmarks.cases import Case, Setting
from tests.benchmarks.rows import Bound, Findings, Row, found
from tests.benchmarks.timing import turns

_PRECISIONS: tuple[Literal["fp32", "bf16"], ...] = ("fp32", "bf16")
_OURS, _OTHER = "capsnet", "cnn"
_WARM_UP, _CHUNK = 3, 10


def cases(setting: Setting) -> list[Case]:
    """Return a case for each precision."""
    del setting
    return [
        Case(
            name=f"training/{precision}",
            text=f"training steps of {_OURS}, {precision}, against {_OTHER}",
            measure=partial(measure, precision=precision),
        )
        for precision in _PRECISIONS
    ]


def measure(setting: Setting, *, precision: Literal["fp32", "bf16"]) -> Findings:
    """Return the ratio of the times of a step, in chunks of ten that take turns.

    Both see the same batches: scikit-learn's digits, which come with a dependency, in MNIST's
    frame and batch size. An epoch is as many steps for both, and what it draws the same.
    """
    recipe = Recipe(precision=precision)
    material = Material("digits", recipe, Source())
    sides = [_Steps(name, material, recipe, setting) for name in (_OURS, _OTHER)]
    chunk = min(_CHUNK, setting.sizes.optimiser_steps)
    ours, other = turns(
        sides,
        [chunk, chunk],
        repetitions=setting.sizes.optimiser_steps // chunk,
        device=setting.device,
    )
    row = Row(
        what=f"training step of {_OURS}, {precision}",
        against=_OTHER,
        unit="ms",
        ours=ours,
        other=other,
        quotient="ours / other",
        bound=Bound("<=", 1.25),
        note=f"{len(ours)} chunks of {chunk} steps, {recipe.batch_size} images a step",
    )
    return found(row)


class _Steps:
    """One optimiser step a call, on the next batch; warm from the start."""

    def __init__(self, model: str, material: Material, recipe: Recipe, setting: Setting) -> None:
        network = build(model, material.frame, seed=0, decoder=False).train()
        self._fitting = Fitting(network, recipe, setting.device)
        self._batches: Iterator[Batch] = cycle(list(material.batches(seed=0, epoch=0)))
        for _ in range(_WARM_UP):
            self()

    def __call__(self) -> float:
        images, wanted = next(self._batches)
        return self._fitting.step(images, wanted, progress=0.5)
