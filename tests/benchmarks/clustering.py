"""k-means of many images' votes at once, against a loop over scikit-learn.

The layer is that of a compact network on MNIST: 80 children, 10 parents, votes of 16 dimensions.
Both start by k-means++, once each image, as a user of scikit-learn would; or from the same starts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor

from capsprobe.routing.lloyd import lloyd, scatter
from capsprobe.routing.points import Shared
from tests.benchmarks.cases import Case, Setting
from tests.benchmarks.rows import Bound, Findings, Row, found
from tests.benchmarks.timing import compared
from tests.benchmarks.versions import Disagreement

_IMAGES, _CHILDREN, _PARENTS, _POSE = 500, 80, 10, 16
_TOLERANCE = 1e-3
_REPETITIONS = 5


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What lies on how many dimensions: the votes for one parent, or all of a child's."""

    text: str
    pose: int
    bound: Bound | None = None


_LAYOUTS = {
    "votes": Layout(text="votes for one parent", pose=_POSE, bound=Bound(">=", 20.0)),
    # Ten times the arithmetic for as many calls: less is to be gained.
    "concatenated": Layout(text="a child's votes laid side by side", pose=_PARENTS * _POSE),
}


def cases(setting: Setting) -> list[Case]:
    """Return a case for each layout and kind of start."""
    del setting
    return [
        Case(
            name=f"clustering/{name}{ending}",
            text=f"k-means of {_IMAGES} images, {layout.text}, {text}",
            measure=partial(measure, layout=layout, sides=sides, text=text),
        )
        for name, layout in _LAYOUTS.items()
        for ending, text, sides in (
            ("", "from k-means++", from_chance),
            ("-given", "from the same starts", from_given),
        )
    ]


def measure(
    setting: Setting,
    *,
    layout: Layout,
    sides: Callable[[Tensor], tuple[Callable[[], object], Callable[[], object]]],
    text: str,
) -> Findings:
    """Return how many times faster ours is; raise Disagreement where inertias differ."""
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(_IMAGES, _CHILDREN, layout.pose, generator=generator)
    _check(points[:50])
    ours, other = compared(
        *sides(points), repetitions=min(setting.repetitions, _REPETITIONS), device=setting.device
    )
    row = Row(
        what=f"k-means, {_IMAGES} images, {layout.text}, {text}",
        against="loop over scikit-learn",
        unit="ms",
        ours=ours,
        other=other,
        bound=layout.bound,
        note="on the processor",
    )
    return found(row)


def from_chance(points: Tensor) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return both sides, each with k-means++."""
    arrays = points.numpy()

    def ours() -> object:
        starts = scatter(Shared(points), _PARENTS, np.random.default_rng(0))
        return lloyd(Shared(points), starts)

    def other() -> object:
        return [KMeans(_PARENTS, n_init=1, random_state=0).fit(each) for each in arrays]

    return ours, other


def from_given(points: Tensor) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return both sides from the same starts."""
    starts = scatter(Shared(points), _PARENTS, np.random.default_rng(0))

    def ours() -> object:
        return lloyd(Shared(points), starts)

    return ours, partial(_loop, points.numpy(), starts.numpy())


def _loop(points: np.ndarray, starts: np.ndarray) -> list[KMeans]:
    return [
        KMeans(len(start), init=start, n_init=1, tol=0.0).fit(each)
        for each, start in zip(points, starts, strict=True)
    ]


def _check(points: Tensor) -> None:
    starts = scatter(Shared(points), _PARENTS, np.random.default_rng(0))
    ours = lloyd(Shared(points), starts).inertia.numpy()
    other = np.array([each.inertia_ for each in _loop(points.numpy(), starts.numpy())])
    off = float(np.abs(ours / other - 1.0).max())
    if off > _TOLERANCE:
        raise Disagreement(f"expected inertias within {_TOLERANCE:g}, got {off:g} apart")
