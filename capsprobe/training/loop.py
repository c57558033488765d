"""The training loop: epochs until the recipe's end, the best kept by validation accuracy."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from capsprobe.faults import ModelFault
from capsprobe.models.base import Network
from capsprobe.models.checkpoints import Entry, Start, build, fill
from capsprobe.models.inference import accuracy
from capsprobe.training.fitting import Fitting
from capsprobe.training.hardening import hardened
from capsprobe.training.material import Material
from capsprobe.training.plan import Plan
from capsprobe.training.publishing import publish
from capsprobe.training.recipe import Recipe
from capsprobe.training.state import State, read_state, write_state


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """What is told at the end of an epoch."""

    number: int
    epochs: int
    loss: float
    validation_accuracy: float
    wall_s: float


Listener = Callable[[Epoch], None]
"""Whoever shows the progress: told how each epoch ended."""


def train(plan: Plan, listener: Listener) -> Entry:
    """Train, or go on where a killed training stopped; write and return the entry.

    Raises
    ------
    UsageFault, DataFault, EnvironmentFault
        Where model, dataset or device are not to be had.
    ModelFault
        Where the loss stops being finite.
    """
    material = Material(plan.dataset, plan.recipe, plan.source)
    network = build(
        plan.model, material.frame, seed=plan.seed, decoder=plan.recipe.decoder_weight > 0.0
    )
    start = _begun(plan, network)
    past = start.epochs if start else 0
    fitting = Fitting(network, plan.recipe, torch.device(plan.device))
    state = _restored(plan, fitting, plan.key(material.train.sha256, start))
    for epoch in range(state.epoch, plan.recipe.epochs):
        begin = time.perf_counter()
        loss = _epoch(plan, fitting, material, epoch, past=past)
        accurate = accuracy(fitting.network, material.validation)
        state = _advanced(state, fitting, accurate, time.perf_counter() - begin)
        write_state(plan.state_path, state)
        listener(_told(state, plan.recipe, loss, accurate))
    entry = publish(plan, fitting, material, state, start)
    plan.state_path.unlink(missing_ok=True)
    return entry


def _begun(plan: Plan, network: Network) -> Start | None:
    """Fill in the weights that the plan starts from, if any; return where they come from."""
    started = plan.started()
    if started is None:
        return None
    start, weights = started
    fill(network, weights)
    return start


def _epoch(plan: Plan, fitting: Fitting, material: Material, epoch: int, *, past: int) -> float:
    fitting.network.train()
    total = 0.0
    # After `past` epochs the draws are new ones, not those that the start was trained on.
    drawn = material.batches(seed=plan.seed, epoch=past + epoch)
    batches = hardened(drawn, fitting.network, plan.recipe, seed=plan.seed, epoch=past + epoch)
    for step, (images, wanted) in enumerate(batches):
        progress = (epoch + step / material.steps) / plan.recipe.epochs
        total += fitting.step(images, wanted, progress=progress)
    mean = total / material.steps
    if not math.isfinite(mean):
        raise ModelFault(f"expected a finite loss in epoch {epoch + 1}, got {mean}")
    return mean


def _restored(plan: Plan, fitting: Fitting, key: str) -> State:
    state = read_state(plan.state_path, key=key)
    if state is None:
        return State(key=key, epoch=0, wall_s=0.0, best_epoch=0, best_accuracy=-1.0, tensors={})
    fill(fitting.network, state.part("model"))
    fitting.restore_slots(state.part("optimiser"))
    return state


def _advanced(state: State, fitting: Fitting, accurate: float, seconds: float) -> State:
    weights = {key: value.cpu() for key, value in fitting.network.state_dict().items()}
    # Among equals the latest, which has seen the lowest learning rate.
    better = accurate >= state.best_accuracy
    best = weights if better else state.part("best")
    tensors = {f"model/{key}": value for key, value in weights.items()}
    tensors |= {f"best/{key}": value.clone() for key, value in best.items()}
    tensors |= {f"optimiser/{key}": value for key, value in fitting.slots().items()}
    return State(
        key=state.key,
        epoch=state.epoch + 1,
        wall_s=state.wall_s + seconds,
        best_epoch=state.epoch + 1 if better else state.best_epoch,
        best_accuracy=accurate if better else state.best_accuracy,
        tensors=tensors,
    )


def _told(state: State, recipe: Recipe, loss: float, accurate: float) -> Epoch:
    return Epoch(
        number=state.epoch,
        epochs=recipe.epochs,
        loss=loss,
        validation_accuracy=accurate,
        wall_s=state.wall_s,
    )
