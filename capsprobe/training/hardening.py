"""Adversarial training: half of every batch is attacked before it is learned from.

Half of it, as in Kurakin, Goodfellow and Bengio 2017: batch normalisation has to see clean images
beside perturbed ones, or in eval mode its statistics fit no clean image. The attack is that of
Madry et al. 2018 in few steps.
"""

from collections.abc import Iterable, Iterator

import torch
import torchattacks
from jaxtyping import Float
from torch import Tensor

from capsprobe.attacks.descent import REACH
from capsprobe.models.base import Network
from capsprobe.models.inference import device_of
from capsprobe.seeds import derive
from capsprobe.shapes import IMAGES, SCORES
from capsprobe.training.material import Batch
from capsprobe.training.recipe import Recipe


def hardened(
    batches: Iterable[Batch], network: Network, recipe: Recipe, *, seed: int, epoch: int
) -> Iterator[Batch]:
    """Yield the batches, of each the first half perturbed against the network as it is by then.

    With an `adversarial_epsilon` of 0 they are what they were. The random start of a step is drawn
    from (seed, epoch, step) alone, so that a resumed training draws what it would have drawn.
    """
    for step, (images, wanted) in enumerate(batches):
        if recipe.adversarial_epsilon > 0.0:
            start = derive(seed, "adversarial training", epoch, step)
            half = len(images) // 2
            attacked = perturbed(network, images[:half], wanted[:half], recipe, seed=start)
            images = torch.cat([attacked.to(images), images[half:]])
        yield images, wanted


def perturbed(
    network: Network,
    images: Float[Tensor, IMAGES],
    wanted: Float[Tensor, SCORES],
    recipe: Recipe,
    *,
    seed: int,
) -> Float[Tensor, IMAGES]:
    """Return the images after a few steps of PGD on the cross-entropy, from a random start.

    The network stands in eval mode meanwhile: statistics of its batches are taken once, from what
    it learns from. torch's generator is left as it was.
    """
    epsilon, steps = recipe.adversarial_epsilon, recipe.adversarial_steps
    attack = torchattacks.PGD(network, eps=epsilon, alpha=REACH * epsilon / steps, steps=steps)
    device = device_of(network)
    with (
        torch.random.fork_rng(),
        torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bf16"),
    ):
        torch.manual_seed(seed)
        return attack(images.to(device), wanted.argmax(dim=1).to(device))
