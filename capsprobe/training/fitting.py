"""One network being fitted: its optimiser, its learning rate and a step at a time."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.models.base import Network, embedder
from capsprobe.models.decoder import reconstruct, reconstruction_error
from capsprobe.shapes import IMAGES, SCORES
from capsprobe.training.losses import LOSSES
from capsprobe.training.recipe import Recipe

_WARM_UP = 0.15
_LEAST_SHARE = 1e-3


class Fitting:
    """A network with Adam, on one device; `step` moves it by one batch."""

    def __init__(self, network: Network, recipe: Recipe, device: torch.device) -> None:
        self.recipe = recipe
        self.device = device
        self.network = network.to(device).to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)

    def step(
        self, images: Float[Tensor, IMAGES], wanted: Float[Tensor, SCORES], *, progress: float
    ) -> float:
        """Return the batch's loss after one step at the rate that belongs to `progress`."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * rate(progress)
        images = images.to(self.device, memory_format=torch.channels_last)
        with torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bf16"
        ):
            loss = self._loss(images, wanted.to(self.device))
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return loss.item()

    def _loss(
        self, images: Float[Tensor, IMAGES], wanted: Float[Tensor, SCORES]
    ) -> Float[Tensor, ""]:
        network, recipe = self.network, self.recipe
        loss = LOSSES[recipe.loss]
        if network.decoder is None:
            return loss(network(images).float(), wanted, network.scores)
        shown = embedder(network)
        embedding = shown.embed(images).float()
        error = reconstruction_error(reconstruct(network, embedding, wanted).float(), images)
        classified = loss(shown.classify(embedding).float(), wanted, network.scores)
        return classified + recipe.decoder_weight * error

    def slots(self) -> dict[str, Tensor]:
        """Return the optimiser's tensors by parameter number and name."""
        return {
            f"{index}/{name}": value.cpu()
            for index, slots in self.optimiser.state_dict()["state"].items()
            for name, value in slots.items()
        }

    def restore_slots(self, tensors: dict[str, Tensor]) -> None:
        """Put back what `slots` returned."""
        slots: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            index, name = key.split("/")
            slots.setdefault(int(index), {})[name] = value
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": slots})


def rate(progress: float) -> float:
    """Return the share of the learning rate: linear to 1 in the first 15 %, then a cosine to 0."""
    if progress < _WARM_UP:
        return max(progress / _WARM_UP, _LEAST_SHARE)
    cosine = math.cos(math.pi * (progress - _WARM_UP) / (1.0 - _WARM_UP))
    return max(0.5 * (1.0 + cosine), _LEAST_SHARE)
