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

# Numbers below which a tensor is not worth a look at all predictions.
_WORTH = 500


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
        dtype=_dtype(stored),
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
    """Return the weights in half precision where every validation prediction stays the same.

    Where all of them together change one, tensor by tensor, the largest first, those that do not.
    """
    fill(network, weights)
    before = predict(network, validation)

    def same(tried: dict[str, Tensor]) -> bool:
        fill(network, _single(tried))
        return torch.equal(before, predict(network, validation))

    floats = [key for key, value in weights.items() if value.is_floating_point()]
    halves = weights | {key: weights[key].half() for key in floats}
    if same(halves):
        return halves
    kept = weights
    for key in sorted(floats, key=lambda key: weights[key].numel(), reverse=True):
        if weights[key].numel() >= _WORTH and same(tried := kept | {key: halves[key]}):
            kept = tried
    return kept


def _single(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        key: value.float() if value.is_floating_point() else value for key, value in weights.items()
    }


def _dtype(weights: dict[str, Tensor]) -> str:
    """Return what the weights are stored in: "mixed" where it is not the same for all."""
    found = {str(value.dtype) for value in weights.values() if value.is_floating_point()}
    return found.pop().removeprefix("torch.") if len(found) == 1 else "mixed"


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"cpu, {torch.get_num_threads()} threads"
