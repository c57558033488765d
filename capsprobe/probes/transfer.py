"""Images made against one network, shown to another: whether what deceives one deceives all."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool
from torch import Tensor

from capsprobe.attacks.carried import Carried, are_right, carry
from capsprobe.attacks.descent import check_descent
from capsprobe.attacks.norms import Norm, check_epsilon, check_epsilons
from capsprobe.data.images import ImageSet
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network, models
from capsprobe.probes.base import Probe, probes, together
from capsprobe.seeds import derive
from capsprobe.tables import CORRECT, ITSELF, Condition, Measurement, observe

_BEYOND = "beyond the limit of attacked images"
_WRONG = "wrong when clean for the network or for the source, over all sources"
_NORMS: tuple[Norm, ...] = ("linf", "l2")


@probes.register("transfer")
@dataclass(frozen=True, kw_only=True)
class Transfer(Probe):
    """Show a network adversarial images of every source, and ask what it still has right.

    The condition names the threat model and the source. Images are made by the momentum iterative
    method in all its steps, to each epsilon, of those that the source has right when clean; those
    that do not deceive it are shown too. Of them, `correct` is asked of those that the network
    examined has right when clean: so all are right at severity 0, and a fall is the attack's. In a
    study the sources are the network itself (what a white box does with this attack) and every
    model, its own too, as another training seed left it. Put to a network alone, the probe shows
    it its own. At most `limit` images are used, a fixed random choice.
    """

    name: ClassVar = "transfer"
    question: ClassVar = "Do images made against one network deceive another?"
    metrics: ClassVar = (CORRECT,)

    linf: tuple[float, ...] = (0.05, 0.1, 0.2)
    l2: tuple[float, ...] = (1.0,)
    steps: int = 10
    limit: int = 50

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        check_epsilons("linf", self.linf)
        check_epsilons("l2", self.l2)
        if not self._norms or 0.0 in (*self.linf, *self.l2):
            raise UsageFault(f"expected epsilons above 0, got linf {self.linf} and l2 {self.l2}")
        if self.limit < 1:
            raise UsageFault(f"expected a limit of at least 1 image, got {self.limit}")
        check_descent(steps=self.steps, restarts=1)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return every source that is known beforehand."""
        return _conditions(self._norms, models)

    @property
    def _norms(self) -> tuple[Norm, ...]:
        return tuple(norm for norm in _NORMS if getattr(self, norm))

    def made(self, source: Network, images: ImageSet, *, part: str, seed: int) -> Carried:
        """Return what is shown to others of images made against a source."""
        norm: Norm = "linf" if part == "linf" else "l2"
        chosen, epsilons = images.limit(self.limit), getattr(self, norm)
        for epsilon in epsilons:
            check_epsilon(epsilon, norm=norm, pixels=chosen.images[0].numel())
        return carry(
            source,
            chosen,
            norm=norm,
            epsilons=epsilons,
            steps=self.steps,
            seed=derive(seed, self.name, "made"),
        )

    def across(self, made: Mapping[str, Carried]) -> Probe:
        """Return the probe that shows what was made against these sources, by their names."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return _Across(**given, carried=made)

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return what the network has right of images made against itself."""
        own = self.made(network, images, part=part, seed=int(rng.integers(2**31)))
        return self._shown({ITSELF: own}, network, images, part)

    def _shown(
        self, made: Mapping[str, Carried], network: Network, images: ImageSet, part: str
    ) -> Measurement:
        tables: list[pd.DataFrame] = []
        wrong = 0
        for name, carried in made.items():
            both = are_right(network, carried.clean, carried.labels)
            tables += _observed(f"{part}/{name}", network, carried, both)
            wrong += min(self.limit, len(images)) - int(both.sum())
        left_out = {_BEYOND: max(0, len(images) - self.limit), _WRONG: wrong}
        return Measurement(
            observations=together(tables),
            left_out={reason: count for reason, count in left_out.items() if count},
        )


@dataclass(frozen=True, kw_only=True)
class _Across(Transfer):
    """The probe with its images at hand."""

    carried: Mapping[str, Carried] = field(repr=False)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the sources, networks of the user's own among them."""
        return _conditions(self._norms, dict.fromkeys((*models, *self.carried)))

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return what the network has right of images made against each source."""
        del rng
        return self._shown(self.carried, network, images, part)


def _conditions(norms: Iterable[Norm], names: Iterable[str]) -> tuple[Condition, ...]:
    texts = {
        ITSELF: "Made against the network itself.",
        **{n: f"Made against {n} of another training seed." for n in names if n != ITSELF},
    }
    return tuple(
        Condition(name=f"{norm}/{name}", unit="1", description=text)
        for norm in norms
        for name, text in texts.items()
    )


def _observed(
    condition: str, network: Network, carried: Carried, both: Bool[Tensor, " images"]
) -> Iterator[pd.DataFrame]:
    """Yield rows of the images that both networks have right when clean."""
    ids, labels = carried.ids[both], carried.labels[both]
    clean = {0.0: torch.ones(len(labels), dtype=torch.bool)}
    found = {
        epsilon: are_right(network, images[both], labels)
        for epsilon, images in carried.images.items()
    }
    for severity, right in {**clean, **found}.items():
        yield observe(
            condition=condition,
            severity=severity,
            unit="image",
            unit_ids=ids.numpy(),
            metric=CORRECT,
            values=right.double().numpy(),
        )
