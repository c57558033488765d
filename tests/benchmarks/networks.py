"""Whole networks against their own convolutions alone: what capsules cost beside them.

Both sides are the same frozen network, folded and laid out as a study has it, so that a ratio
holds only what comes after the last convolution. With all threads in one process, and with one
thread, as a run's workers have it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from capsprobe.models.base import Frame, Network, models
from capsprobe.models.checkpoints import build, manifest
from capsprobe.models.folding import fold
from tests.benchmarks.cases import Case, Setting
from tests.benchmarks.rows import Bound, Findings, Row, found
from tests.benchmarks.timing import Side, compared

Precision = Literal["fp32", "bf16"]
_SABOUR = "capsnet-sabour"
_HEAD = Bound(">=", 0.85)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A network, what stands for it alone, and what is asked of both."""

    model: str
    alone: str
    convolutions: Callable[[Network, Tensor], Tensor]
    precision: Precision
    gradient: bool
    bound: Bound | None
    threads: int | None = None

    @property
    def case(self) -> Case:
        """Return the case under which it is measured."""
        way = "input-gradient" if self.gradient else "forward"
        return Case(
            name=f"networks/{self.model}-{way}-{self.precision}{self._ending}",
            text=f"{self.what}, against {self.alone}",
            measure=partial(measure, comparison=self),
        )

    @property
    def what(self) -> str:
        """Return what is measured in words."""
        way = "forward + input gradient" if self.gradient else "forward"
        shared = "" if self.threads is None else f", {self.threads} thread"
        return f"{self.model}, {way}, {self.precision}{shared}"

    @property
    def _ending(self) -> str:
        return "" if self.threads is None else f"-{self.threads}-thread"


def cases(setting: Setting) -> list[Case]:
    """Return the cases of the full-size network and of every compact capsule head shipped."""
    del setting
    both = [*_full_size(), *_compact()]
    return [each.case for each in (*both, *(replace(each, threads=1) for each in both))]


def measure(setting: Setting, *, comparison: Comparison) -> Findings:
    """Return the share of its convolutions' throughput that the network reaches."""
    network = prepared(comparison.model, setting.device)
    images = random_images(network, setting)
    computation = _input_gradient if comparison.gradient else forward
    alone = partial(comparison.convolutions, network)
    with _threads(comparison.threads):
        ours, other = compared(
            computation(network, images, comparison.precision),
            computation(alone, images, comparison.precision),
            repetitions=setting.repetitions,
            device=setting.device,
        )
    row = Row(
        what=comparison.what,
        against=comparison.alone,
        unit="ms",
        ours=ours,
        other=other,
        bound=comparison.bound,
        note="the ratio is that of the throughputs",
    )
    return found(row)


def prepared(model: str, device: torch.device, *, frame: Frame = Frame()) -> Network:
    """Return a fresh network as a study would load it, its weights frozen."""
    network = fold(build(model, frame, seed=0, decoder=False).eval())
    network.requires_grad_(False)
    return network.to(memory_format=torch.channels_last).to(device)


def random_images(network: Network, setting: Setting) -> Tensor:
    """Return a batch of noise on the network's canvas."""
    draw = torch.Generator().manual_seed(0)
    side = network.frame.canvas
    return torch.rand(setting.sizes.images, 1, side, side, generator=draw).to(setting.device)


def forward(compute: Callable[[Tensor], Tensor], images: Tensor, precision: Precision) -> Side:
    """Return a forward pass, no gradient asked for."""
    images = images.contiguous(memory_format=torch.channels_last)

    def pass_through() -> Tensor:
        with torch.inference_mode(), _autocast(images, precision):
            return compute(images)

    return pass_through


def _full_size() -> list[Comparison]:
    wanted: list[tuple[Precision, bool, Bound | None]] = [
        ("fp32", False, Bound(">=", 0.92)),
        ("fp32", True, Bound(">=", 0.90)),
        ("bf16", False, Bound(">=", 0.75)),
        ("bf16", True, None),
    ]
    return [
        Comparison(
            model=_SABOUR,
            alone="its two convolutions",
            convolutions=_two_convolutions,
            precision=precision,
            gradient=gradient,
            bound=bound,
        )
        for precision, gradient, bound in wanted
    ]


def _compact() -> list[Comparison]:
    shipped = {entry.model for entry in manifest()} - {_SABOUR}
    return [
        Comparison(
            model=name,
            alone="its trunk and primary convolution",
            convolutions=_trunk,
            precision="fp32",
            gradient=False,
            bound=_HEAD,
        )
        for name in models
        if name in shipped and _is_capsule_head(build(name, Frame(), seed=0, decoder=False))
    ]


def _is_capsule_head(network: nn.Module) -> bool:
    return hasattr(network, "votes") and hasattr(network, "trunk")


def _two_convolutions(network: Network, images: Tensor) -> Tensor:
    return network.primary(torch.relu_(network.convolution(images)))


def _trunk(network: Network, images: Tensor) -> Tensor:
    return network.primary(network.trunk(images))


def _input_gradient(
    compute: Callable[[Tensor], Tensor], images: Tensor, precision: Precision
) -> Side:
    images = images.contiguous(memory_format=torch.channels_last).requires_grad_()
    with _autocast(images, precision):
        gradient = torch.randn_like(compute(images)).detach()

    def both_ways() -> Tensor:
        with _autocast(images, precision):
            result = compute(images)
        return torch.autograd.grad(result, images, gradient)[0]

    return both_ways


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Give torch so many threads for a while, or leave it as it is."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _autocast(images: Tensor, precision: Precision) -> AbstractContextManager[object]:
    return torch.autocast(images.device.type, torch.bfloat16, enabled=precision == "bf16")
