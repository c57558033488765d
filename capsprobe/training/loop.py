"""The training loop: Adam, a warm-up and a cosine, the best epoch by validation accuracy.

Every epoch draws its own batches from (seed, dataset, epoch) alone: all models see the same
data in the same order, and a resumed training draws what it would have drawn.
"""

import hashlib
import math
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from capsprobe.data.base import Source, datasets
from capsprobe.data.images import ImageSet
from capsprobe.data.views import Batch, Name, canvas, fresh, load_images
from capsprobe.faults import ModelFault
from capsprobe.models.base import Embeds, as_lengths
from capsprobe.models.checkpoints import (
    Entry,
    build,
    fill,
    known,
    stem,
    write_entry,
    write_weights,
)
from capsprobe.models.decoder import Decoder, masked, reconstruction_error
from capsprobe.seeds import derive
from capsprobe.training.losses import LOSSES, targets
from capsprobe.training.recipe import Recipe
from capsprobe.training.state import State, read_state, write_state

_WARM_UP = 0.15
_EVALUATION_BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """What is told at the end of an epoch."""

    number: int
    epochs: int
    loss: float
    validation_accuracy: float
    wall_s: float


class Listener(Protocol):
    """Whoever shows the progress."""

    def __call__(self, epoch: Epoch) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Training:
    """One training: what to train, on what, how, and where the result goes."""

    model: str
    dataset: str
    seed: int
    recipe: Recipe
    folder: Path
    source: Source = Source()
    device: str = "cpu"

    def run(self, listener: Listener) -> Entry:
        """Train, or go on where a killed training stopped; write and return the entry.

        Raises
        ------
        UsageFault, DataFault, EnvironmentFault
            Where model, dataset or device are not to be had.
        ModelFault
            Where the loss stops being finite.
        """
        known(self.model)
        return _Run(self).finish(listener)

    @property
    def state_path(self) -> Path:
        """Return where the state between epochs lies."""
        return self.folder / f".{stem(self.model, self.dataset, self.seed)}.state"


class _Run:
    def __init__(self, training: Training) -> None:
        self.training = training
        self.recipe = training.recipe
        name = Name.parse(training.dataset)
        self.view = name.view
        self.train = datasets[name.base]("train", training.source)
        self.validation = load_images(
            training.dataset, split="validation", source=training.source
        )
        frame = self.recipe.frame(
            classes=self.train.classes, canvas=canvas(name.view, self.train)
        )
        self.frame = frame
        self.device = torch.device(training.device)
        self.network = build(training.model, frame, seed=training.seed)
        self.network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.decoder = self._decoder()
        self.optimiser = torch.optim.Adam(
            [*self.network.parameters(), *self.decoder.parameters()],
            lr=self.recipe.learning_rate,
        )
        self.steps = len(self.train) // self.recipe.batch_size
        if self.steps == 0:
            raise ModelFault(
                f"expected a batch size up to {len(self.train)} images, got {self.recipe.batch_size}"
            )

    def _decoder(self) -> nn.Module:
        if self.recipe.decoder_weight == 0.0:
            return nn.Identity()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive(self.training.seed, "decoder"))
            side = self.frame.canvas
            sample = torch.zeros(1, 1, side, side, device=self.device)
            assert isinstance(self.network, Embeds)
            features = self.network.eval().embed(sample).shape[1]
            return Decoder(self.frame, features).to(self.device)

    def finish(self, listener: Listener) -> Entry:
        state = self._restore()
        for number in range(state.epoch, self.recipe.epochs):
            start = time.perf_counter()
            loss = self._epoch(number)
            accuracy = accuracy_on(self.network, self.validation, self.device)
            state = self._advance(state, number + 1, accuracy, time.perf_counter() - start)
            write_state(self.training.state_path, state)
            listener(
                Epoch(
                    number=number + 1,
                    epochs=self.recipe.epochs,
                    loss=loss,
                    validation_accuracy=accuracy,
                    wall_s=state.wall_s,
                )
            )
        return self._publish(state)

    def _epoch(self, number: int) -> float:
        self.network.train()
        total = 0.0
        for step, batch in enumerate(self._batches(number)):
            self._set_rate(number * self.steps + step)
            total += self._step(*batch)
        mean = total / self.steps
        if not math.isfinite(mean):
            raise ModelFault(f"expected a finite loss in epoch {number + 1}, got {mean}")
        return mean

    def _batches(self, number: int) -> Iterator[Batch]:
        path = ("training batches", self.training.dataset, number)
        generator = torch.Generator().manual_seed(derive(self.training.seed, *path))
        order = torch.randperm(len(self.train), generator=generator)
        size = self.recipe.batch_size
        for rows in order[: self.steps * size].split(size):
            yield fresh(self.view, self.train, rows, generator=generator)

    def _step(
        self, images: Float[Tensor, "images 1 side side"], labels: Int64[Tensor, "images *pair"]
    ) -> float:
        images = images.to(self.device, memory_format=torch.channels_last)
        wanted = targets(labels.to(self.device), classes=self.train.classes)
        with torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bf16"
        ):
            loss = self._loss(images, wanted)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return loss.item()

    def _loss(self, images: Tensor, wanted: Tensor) -> Tensor:
        kind = self.network.scores
        if self.recipe.decoder_weight == 0.0:
            return LOSSES[self.recipe.loss](self.network(images).float(), wanted, kind)
        raise ModelFault("decoder")

    def _set_rate(self, step: int) -> None:
        done = step / (self.steps * self.recipe.epochs)
        if done < _WARM_UP:
            share = done / _WARM_UP
        else:
            share = 0.5 * (1.0 + math.cos(math.pi * (done - _WARM_UP) / (1.0 - _WARM_UP)))
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * max(share, 1e-3)

    def _key(self) -> str:
        training = self.training
        text = "|".join(
            [
                training.model,
                training.dataset,
                str(training.seed),
                self.recipe.model_dump_json(),
                self.train.sha256,
                torch.__version__,
            ]
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def _restore(self) -> State:
        state = read_state(self.training.state_path, key=self._key())
        if state is None:
            return State(
                key=self._key(), epoch=0, wall_s=0.0, best_epoch=0, best_accuracy=-1.0, tensors={}
            )
        fill(self.network, state.part("model"))
        self.decoder.load_state_dict(state.part("decoder"))
        _restore_optimiser(self.optimiser, state.part("optimiser"))
        return state

    def _advance(self, state: State, epoch: int, accuracy: float, seconds: float) -> State:
        weights = {key: value.cpu() for key, value in self.network.state_dict().items()}
        # Among equals the latest, which has seen the lowest learning rate.
        better = accuracy >= state.best_accuracy
        best = weights if better else state.part("best")
        tensors = {f"model/{key}": value for key, value in weights.items()}
        tensors |= {f"best/{key}": value.clone() for key, value in best.items()}
        tensors |= {f"decoder/{k}": v.cpu() for k, v in self.decoder.state_dict().items()}
        tensors |= {
            f"optimiser/{key}": value for key, value in _optimiser_state(self.optimiser).items()
        }
        return State(
            key=state.key,
            epoch=epoch,
            wall_s=state.wall_s + seconds,
            best_epoch=epoch if better else state.best_epoch,
            best_accuracy=accuracy if better else state.best_accuracy,
            tensors=tensors,
        )

    def _publish(self, state: State) -> Entry:
        training = self.training
        best = state.part("best")
        fill(self.network, best)
        stored = self._smallest(best)
        fill(self.network, {key: _single(value) for key, value in stored.items()})
        test = load_images(training.dataset, split="test", source=training.source)
        path = training.folder / f"{stem(training.model, training.dataset, training.seed)}"
        digest = write_weights(path.with_name(path.name + ".safetensors"), stored)
        entry = Entry(
            model=training.model,
            dataset=training.dataset,
            seed=training.seed,
            frame=vars(self.frame),
            recipe=self.recipe.model_dump(),
            data_sha256=self.train.sha256,
            weights_sha256=digest,
            dtype=str(next(v.dtype for v in stored.values() if v.is_floating_point())),
            parameters=sum(part.numel() for part in self.network.parameters()),
            epochs=self.recipe.epochs,
            best_epoch=state.best_epoch,
            validation_accuracy=accuracy_on(self.network, self.validation, self.device),
            test_accuracy=accuracy_on(self.network, test, self.device),
            n_test=len(test),
            wall_s=round(state.wall_s, 1),
            device=_device_name(self.device),
            versions={"torch": torch.__version__, "python": platform.python_version()},
        )
        write_entry(training.folder, entry)
        training.state_path.unlink(missing_ok=True)
        return entry

    def _smallest(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the weights in half precision where all validation predictions stay the same."""
        before = predictions(self.network, self.validation, self.device)
        half = {
            key: value.half() if value.is_floating_point() else value
            for key, value in weights.items()
        }
        fill(self.network, {key: _single(value) for key, value in half.items()})
        after = predictions(self.network, self.validation, self.device)
        return half if torch.equal(before, after) else weights


def accuracy_on(network: nn.Module, images: ImageSet, device: torch.device) -> float:
    """Return the fraction of images all of whose labels are the highest scores."""
    labels = images.labels.reshape(len(images), -1).sort(dim=1).values
    chosen = predictions(network, images, device)
    return (chosen == labels).all(dim=1).double().mean().item()


def predictions(
    network: nn.Module, images: ImageSet, device: torch.device
) -> Int64[Tensor, "images labels"]:
    """Return for each image as many classes as it has labels, those of highest score, sorted."""
    network.eval()
    count = images.labels.reshape(len(images), -1).shape[1]
    with torch.inference_mode():
        scores = [
            network(batch.to(device)).float().cpu()
            for batch in images.images.split(_EVALUATION_BATCH)
        ]
    return torch.cat(scores).topk(count, dim=1).indices.sort(dim=1).values


def _single(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _optimiser_state(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    return {
        f"{index}/{name}": value.cpu()
        for index, slots in optimiser.state_dict()["state"].items()
        for name, value in slots.items()
    }


def _restore_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    slots: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split("/")
        slots.setdefault(int(index), {})[name] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": slots})


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"cpu, {torch.get_num_threads()} threads"
