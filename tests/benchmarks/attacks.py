"""The eps curve of PGD on the compact CapsNet: ours against torchattacks called per eps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torchattacks
from torch import Tensor

from capsprobe.attacks.curve import Curve, attack_curve, unattacked
from capsprobe.attacks.pgd import Pgd
from capsprobe.data.base import Source
from capsprobe.data.images import ImageSet
from capsprobe.data.views import load_images
from capsprobe.models.base import Network
from capsprobe.models.batches import batch_size_for
from capsprobe.models.checkpoints import load_model
from capsprobe.models.folding import fold
from capsprobe.models.inference import device_of
from tests.benchmarks.cases import Case, Setting
from tests.benchmarks.rows import Bound, Findings, Row, found
from tests.benchmarks.timing import turns

_MODEL = "capsnet"
_OUTPUT_MAP = "scores"
_SEED = 0
# Steps carry an image across the budget and a quarter more, as ours do (Madry et al. 2018).
_REACH = 2.5


@dataclass(frozen=True, kw_only=True)
class Task:
    """A network, the images to attack, and how hard."""

    network: Network
    images: Tensor
    labels: Tensor
    epsilons: tuple[float, ...]
    steps: int

    def few(self) -> "Task":
        """Return one batch and one step: enough to warm up."""
        few = slice(0, self.network.batch_size)
        return Task(
            network=self.network,
            images=self.images[few],
            labels=self.labels[few],
            epsilons=self.epsilons[:1],
            steps=1,
        )

    def batches(self, images: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield images and labels where the network lies, in batches as our attack makes them."""
        size, device = self.network.batch_size, device_of(self.network)
        for few, truth in zip(images.split(size), self.labels.split(size), strict=True):
            yield few.to(device), truth.to(device)


Attempt = Callable[[Task], list[float]]


def cases(setting: Setting) -> list[Case]:
    """Return the one case."""
    sizes = setting.sizes
    text = f"PGD-{sizes.attack_steps} over {len(sizes.epsilons)} eps, against torchattacks per eps"
    return [Case(name="attacks/pgd", text=text, measure=measure)]


def measure(setting: Setting) -> Findings:
    """Return the ratio of the times and both curves; minutes pass."""
    images = digits(setting).limit(setting.sizes.attacked)
    task = Task(
        network=shipped(_MODEL, images.name, setting.device),
        images=images.images,
        labels=images.labels,
        epsilons=setting.sizes.epsilons,
        steps=setting.sizes.attack_steps,
    )
    sides = (_Kept(ours, task), _Kept(per_epsilon, task))
    times = turns(sides, [1, 1], repetitions=1, device=setting.device)
    what = f"PGD-{task.steps} on {_MODEL}, {len(task.epsilons)} eps, {len(images)} {images.name}"
    return found(
        Row(
            what=what,
            against="torchattacks.PGD per eps",
            unit="s",
            ours=tuple(ms / 1e3 for ms in times[0]),
            other=tuple(ms / 1e3 for ms in times[1]),
            bound=Bound(">=", 4.0),
            note="clean pass and verification included on both sides",
        ),
        *_curves(task, sides[0].robust, sides[1].robust),
    )


def digits(setting: Setting) -> ImageSet:
    """Return the test images: MNIST where its files are given, else scikit-learn's digits."""
    if setting.data_dir is None:
        return load_images("digits")
    return load_images("mnist", source=Source(folder=setting.data_dir))


def shipped(model: str, dataset: str, device: torch.device) -> Network:
    """Return a checkpoint as a study loads it, its weights frozen."""
    network = fold(load_model(model, dataset=dataset)).requires_grad_(False)
    network.batch_size = batch_size_for(network, device)
    return network.to(memory_format=torch.channels_last).to(device)


def ours(task: Task) -> list[float]:
    """Return robust accuracy at each eps by the package's curve, through one output map."""
    curve = curve_of(task)
    return [curve.robust(epsilon).double().mean().item() for epsilon in task.epsilons]


def curve_of(task: Task) -> Curve:
    """Return the package's curve from the images on."""
    return attack_curve(
        Pgd(steps=task.steps, restarts=1),
        task.network,
        unattacked(task.network, task.images, task.labels),
        task.labels,
        epsilons=task.epsilons,
        seed=_SEED,
        output_maps=(_OUTPUT_MAP,),
    )


def per_epsilon(task: Task) -> list[float]:
    """Return robust accuracy at each eps by torchattacks alone: all steps, all images, each eps."""
    right = _right(task, task.images)
    robust = []
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(_SEED)
        for epsilon in task.epsilons:
            alpha = _REACH * epsilon / task.steps
            search = torchattacks.PGD(task.network, eps=epsilon, alpha=alpha, steps=task.steps)
            tried = torch.cat([search(*few).cpu() for few in task.batches(task.images)])
            standing = right & _right(task, tried)
            robust.append(standing.double().mean().item())
    return robust


class _Kept:
    """An attempt at the task that keeps what it found; warm from the start."""

    def __init__(self, attempt: Attempt, task: Task) -> None:
        self._attempt, self._task = attempt, task
        self.robust: list[float] = attempt(task.few())

    def __call__(self) -> None:
        self.robust = self._attempt(self._task)


def _curves(task: Task, mine: list[float], plain: list[float]) -> Iterator[Row]:
    """Yield the largest difference of the curves, and for the file both at every eps."""
    most = max(zip(mine, plain, strict=True), key=lambda pair: pair[0] - pair[1])
    yield _robust("where ours is highest beside it", *most, detail=False)
    for epsilon, at, beside in zip(task.epsilons, mine, plain, strict=True):
        yield _robust(f"eps {epsilon:g}", at, beside, detail=True)


def _robust(where: str, mine: float, plain: float, *, detail: bool) -> Row:
    return Row(
        what=f"robust accuracy, {where}",
        against="torchattacks.PGD per eps",
        unit="%",
        ours=(100.0 * mine,),
        other=(100.0 * plain,),
        quotient="ours - other",
        bound=Bound("<=", 0.0),
        detail=detail,
    )


def _right(task: Task, images: Tensor) -> Tensor:
    with torch.inference_mode():
        right = [
            (task.network(few).argmax(dim=1) == truth).cpu() for few, truth in task.batches(images)
        ]
    return torch.cat(right)
