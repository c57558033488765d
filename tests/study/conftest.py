"""A folder of tiny untrained checkpoints, and a probe that costs nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from capsprobe.data.images import ImageSet
from capsprobe.models.base import Frame, Network
from capsprobe.models.checkpoints import Entry, build, write_entry, write_weights
from capsprobe.models.inference import score
from capsprobe.probes.base import Probe, probes, together
from capsprobe.study import Settings
from capsprobe.tables import CORRECT, Condition, Measurement, Metric, observe


@dataclass(frozen=True, kw_only=True)
class Dimming(Probe):
    """Darkens every image; `broken` raises where asked to, so that a failure can be watched."""

    name: ClassVar[str] = "dimming"
    question: ClassVar[str] = "Does it see in the dark?"
    metrics: ClassVar[tuple[Metric, ...]] = (CORRECT,)
    factors: tuple[float, ...] = (0.0, 0.5)
    broken: str = ""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return (Condition(name="dimming", unit="1"), Condition(name="noise", unit="1"))

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        if part == self.broken:
            raise RuntimeError("out of light\nsecond line")
        tables = []
        for factor in self.factors:
            scores = score(network, images.images * (1.0 - factor))
            right = (scores.argmax(dim=1) == images.labels).double().numpy()
            tables.append(
                observe(
                    condition=part,
                    severity=factor,
                    unit="image",
                    unit_ids=images.ids.numpy(),
                    metric=CORRECT,
                    values=right,
                )
            )
        table = together(tables)
        return Measurement(observations=table, left_out={"too dark": 1})


@pytest.fixture
def dimming(monkeypatch: pytest.MonkeyPatch) -> type[Probe]:
    """The probe, registered for the time of a test."""
    list(probes)
    monkeypatch.setitem(probes._members, "dimming", Dimming)
    return Dimming


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models with two seeds each on `digits`, tiny and untrained."""
    folder = tmp_path_factory.mktemp("weights")
    frame = Frame(classes=10, canvas=28, width=4, types=1)
    for model in ("capsnet", "cnn"):
        for seed in (0, 1):
            network = build(model, frame, seed=seed, decoder=False)
            path = folder / f"{model}.digits.{seed}.safetensors"
            write_entry(folder, entry(model, seed, write_weights(path, network.state_dict())))
    return folder


@pytest.fixture
def settings(checkpoints: Path, dimming: type[Probe]) -> Settings:
    """Both models, both seeds, the cheap probe, ten images."""
    return Settings(weights=checkpoints, probes=("dimming",), limit=10)


def entry(model: str, seed: int, sha256: str) -> Entry:
    """Return the manifest's entry of an untrained checkpoint."""
    return Entry(
        model=model,
        dataset="digits",
        seed=seed,
        frame={"classes": 10, "canvas": 28, "width": 4, "types": 1},
        recipe={},
        data_sha256="0" * 64,
        weights_sha256=sha256,
        dtype="float32",
        parameters=1,
        epochs=1,
        best_epoch=1,
        validation_accuracy=0.1,
        test_accuracy=0.1,
        n_test=360,
        wall_s=0.1,
        device="cpu",
        versions={},
    )
