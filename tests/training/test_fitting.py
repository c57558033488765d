"""The learning rate's course, and the optimiser's state through a round trip."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import build
from capsprobe.training.fitting import Fitting, rate
from capsprobe.training.losses import targets
from capsprobe.training.recipe import Recipe

FRAME = Frame(classes=3, canvas=16, width=4, types=1)
RECIPE = Recipe(epochs=1, width=4, types=1)


def batch(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(8, 1, 16, 16, generator=generator)
    labels = torch.randint(3, (8,), generator=generator)
    return images, targets(labels, classes=3)


def fitting(recipe: Recipe = RECIPE, *, decoder: bool = False) -> Fitting:
    network = build("capsnet", FRAME, seed=0, decoder=decoder).train()
    return Fitting(network, recipe, torch.device("cpu"))


def test_rate_rises_to_one_and_falls_to_nearly_nothing() -> None:
    assert rate(0.15) == pytest.approx(1.0)
    assert rate(0.0) == rate(1.0) == 1e-3
    assert rate(0.05) < rate(0.1) < rate(0.15) > rate(0.5) > rate(0.9)


@given(st.floats(0.0, 1.0))
def test_rate_is_never_zero_nor_above_one(progress: float) -> None:
    assert 0.0 < rate(progress) <= 1.0


def test_steps_on_one_batch_lower_its_loss() -> None:
    fit = fitting()
    images, wanted = batch(0)
    losses = [fit.step(images, wanted, progress=0.15) for _ in range(20)]
    assert losses[-1] < 0.7 * losses[0]


def test_restored_optimiser_steps_as_the_old_one_would() -> None:
    first, second = fitting(), fitting()
    first.step(*batch(0), progress=0.2)
    second.network.load_state_dict(first.network.state_dict())
    second.restore_slots({key: value.clone() for key, value in first.slots().items()})
    for fit in (first, second):
        fit.step(*batch(1), progress=0.2)
    for name, value in first.network.state_dict().items():
        assert torch.equal(value, second.network.state_dict()[name]), name


def test_decoder_is_trained_with_the_network() -> None:
    fit = fitting(RECIPE.model_copy(update={"decoder_weight": 0.01}), decoder=True)
    assert fit.network.decoder is not None
    before = [parameter.clone() for parameter in fit.network.decoder.parameters()]
    fit.step(*batch(0), progress=0.2)
    after = list(fit.network.decoder.parameters())
    assert all(not torch.equal(old, new) for old, new in zip(before, after, strict=True))
