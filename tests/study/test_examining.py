"""What a study lays beside the images, and who is asked about a decoder."""

from pathlib import Path

import numpy as np
import pytest
import torch

from capsprobe.data.images import ImageSet
from capsprobe.models import batches
from capsprobe.models.base import Frame, Network
from capsprobe.models.checkpoints import build, write_entry, write_weights
from capsprobe.probes.detection import Detection
from capsprobe.study import Settings, grid
from capsprobe.study.examining import Examiner, base_images
from capsprobe.study.running import plan_study, run_study
from capsprobe.tables import Measurement
from tests.study.conftest import Dimming, entry


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    """A checkpoint with a decoder beside one without."""
    frame = Frame(classes=10, canvas=28, width=4, types=1)
    for seed, weight in ((0, 0.0), (1, 0.0005)):
        network = build("capsnet", frame, seed=seed, decoder=weight > 0.0)
        path = tmp_path / f"capsnet.digits.{seed}.safetensors"
        found = entry("capsnet", seed, write_weights(path, network.state_dict()))
        write_entry(tmp_path, found.model_copy(update={"recipe": {"decoder_weight": weight}}))
    return tmp_path


def settings_for(folder: Path, **chosen: int) -> Settings:
    few = {"limit": 2, "validation": 10, "steps": 1, "linf": (0.1,), **chosen}
    return Settings(
        weights=folder, probes=("detection",), limit=2, probe_settings={"detection": few}
    )


def test_validation_images_lie_beside_only_where_a_probe_sets_thresholds() -> None:
    plain, beside = (base_images(Settings(limit=3), [each()]) for each in (Dimming, Detection))
    assert plain.validation is None and len(beside) == len(plain) == 3
    assert beside.validation is not None and beside.validation.split == "validation"
    assert not set(beside.validation.ids.tolist()) & set(beside.ids.tolist())
    assert beside.limit(2).validation is beside.validation


def test_only_checkpoints_with_a_decoder_are_asked_to_draw(drawing: Path, tmp_path: Path) -> None:
    plan = plan_study(settings_for(drawing))
    assert [cell.entry.seed for cell in plan.cells] == [1]
    outcome = run_study(settings_for(drawing), tmp_path / "run", plan=plan)
    assert outcome.count("done") == 1


@pytest.mark.parametrize(("asked", "at_once"), [(None, 1), (64, 64)])
def test_a_busy_machine_runs_less_at_once_and_finds_the_same_cells(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, asked: int | None, at_once: int
) -> None:
    settings = settings.model_copy(update={"batch_size": asked})
    quiet = plan_study(settings)
    grid._found_batch_size.cache_clear()
    monkeypatch.setattr(batches, "free_bytes", lambda device: 1)
    busy = plan_study(settings)
    assert [cell.key for cell in busy.cells] == [cell.key for cell in quiet.cells]
    seen: list[int] = []
    measure = Dimming.measure

    def watched(
        self: Dimming, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        seen.append(network.batch_size)
        return measure(self, network, images, rng, part)

    monkeypatch.setattr(Dimming, "measure", watched)
    examined = Examiner(settings, busy.probes, busy.images)(busy.cells[0])
    assert examined.measurement is not None, examined.cause
    assert seen == [at_once]


def test_cells_are_measured_in_single_precision_and_repeatably_also_on_a_gpu(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cudnn = torch.backends.cudnn
    before = cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32
    seen: list[tuple[bool, ...]] = []

    def watched(*given: object, **named: object) -> Measurement:
        seen.append((cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32))
        raise RuntimeError("seen enough")

    monkeypatch.setattr(Dimming, "measure", watched)
    plan = plan_study(settings)
    Examiner(settings, plan.probes, plan.images)(plan.cells[0])
    assert seen == [(before[0], False, True, False)]
    assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32) == before


def test_other_validation_images_are_another_cell(
    drawing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = plan_study(settings_for(drawing)).cells
    (same,) = plan_study(settings_for(drawing)).cells
    assert one.key == same.key
    images = base_images(Settings(limit=2), [Detection()])
    assert images.validation is not None
    monkeypatch.setattr(
        "capsprobe.data.images.ImageSet.sha256",
        property(lambda self: "other" if self.split == "validation" else self.name),
    )
    (other,) = plan_study(settings_for(drawing)).cells
    monkeypatch.setattr(
        "capsprobe.data.images.ImageSet.sha256",
        property(lambda self: self.name),
    )
    (another,) = plan_study(settings_for(drawing)).cells
    assert other.key != another.key
