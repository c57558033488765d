"""From the best state of a training to a checkpoint and its entry in the manifest."""

import platform

import torch
from torch import Tensor

from capsprobe.data.images import ImageSet
from capsprobe.data.views import load_images
from capsprobe.models.base import Network
from capsprobe.models.checkpoints import Entry, Start, fill, stem, write_entry, write_weights
from capsprobe.models.inference import accuracy, device_of, predict
from capsprobe.training.fitting import Fitting
from capsprobe.training.material import Material
from capsprobe.training.plan import Plan
from capsprobe.training.state import State


def publish(
    plan: Plan, fitting: Fitting, material: Material, state: State, start: Start | None
) -> Entry:
    """Write the best weights and return their entry; the test split is looked at here only."""
    network = fitting.network
    stored = smallest(network, state.part("best"), material.validation)
    fill(network, _single(stored))
    test = load_images(plan.dataset, split="test", source=plan.source)
    past, past_s = (start.epochs, start.wall_s) if start else (0, 0.0)
    name = stem(plan.model, plan.dataset, plan.seed)
    digest = write_weights(plan.folder / f"{name}.safetensors", stored)
    entry = Entry(
        model=plan.model,
        dataset=plan.dataset,
        seed=plan.seed,
        frame=vars(material.frame),
        recipe=plan.recipe.model_dump(),
        data_sha256=material.train.sha256,
        weights_sha256=digest,
        dtype="float16" if _is_half(stored) else "float32",
        parameters=sum(part.numel() for part in network.parameters()),
        epochs=past + plan.recipe.epochs,
        best_epoch=past + state.best_epoch,
        validation_accuracy=accuracy(network, material.validation),
        test_accuracy=accuracy(network, test),
        n_test=len(test),
        wall_s=round(past_s + state.wall_s, 1),
        device=_device_name(device_of(network)),
        versions={"torch": torch.__version__, "python": platform.python_version()},
        start=start,
    )
    write_entry(plan.folder, entry)
    return entry


def smallest(
    network: Network, weights: dict[str, Tensor], validation: ImageSet
) -> dict[str, Tensor]:
    """Return the weights in half precision where every validation prediction stays the same."""
    fill(network, weights)
    before = predict(network, validation)
    half = {
        key: value.half() if value.is_floating_point() else value for key, value in weights.items()
    }
    fill(network, _single(half))
    return half if torch.equal(before, predict(network, validation)) else weights


def _single(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        key: value.float() if value.is_floating_point() else value for key, value in weights.items()
    }


def _is_half(weights: dict[str, Tensor]) -> bool:
    return any(value.dtype == torch.float16 for value in weights.values())


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"cpu, {torch.get_num_threads()} threads"
