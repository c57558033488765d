"""What speed must not cost: the routing's numbers, and predictions in half precision."""

import torch
from torch import Tensor

from capsprobe.models.base import Network
from capsprobe.models.checkpoints import manifest
from tests.benchmarks.attacks import digits, shipped
from tests.benchmarks.cases import Case, Setting
from tests.benchmarks.rows import Bound, Findings, Row, found
from tests.benchmarks.versions import OURS, OUTPUT_TOLERANCE, Problem, computation, reference


def cases(setting: Setting) -> list[Case]:
    """Return a case for each kind of number."""
    del setting
    return [
        Case(
            name="numbers/fp32",
            text="routing in single precision against the textbook in float64",
            measure=measure_fp32,
        ),
        Case(
            name="numbers/bf16",
            text="predictions in half precision against those in single",
            measure=measure_bf16,
        ),
    ]


def measure_fp32(setting: Setting) -> Findings:
    """Return the largest difference of a parent's pose from the float64 textbook."""
    problem = Problem.drawn(setting.sizes, setting.device)
    (parents,) = computation(OURS, problem, "forward")()
    (expected,) = reference(problem, "forward")
    off = (parents.double() - expected).abs().max().item()
    row = Row(
        what="routing block, fp32, largest difference",
        against="textbook in float64",
        unit="1",
        ours=(off,),
        bound=Bound("<=", OUTPUT_TOLERANCE, of="ours"),
    )
    return found(row)


def measure_bf16(setting: Setting) -> Findings:
    """Return for each shipped capsule network how many test images keep their prediction."""
    images = digits(setting)
    names = sorted({entry.model for entry in manifest() if entry.dataset == images.name})
    networks = {name: shipped(name, images.name, setting.device) for name in names}
    return found(
        *(
            Row(
                what=f"{name}, bf16, predictions kept on {len(images)} {images.name}",
                against="fp32",
                unit="%",
                ours=(_kept(network, images.images, setting.device),),
                bound=Bound(">=", 99.9, of="ours"),
            )
            for name, network in networks.items()
            if hasattr(network, "votes")
        )
    )


def _kept(network: Network, images: Tensor, device: torch.device) -> float:
    same = 0
    with torch.inference_mode():
        for few in images.to(device).split(network.batch_size):
            single = network(few).argmax(dim=1)
            with torch.autocast(device.type, torch.bfloat16):
                half = network(few).argmax(dim=1)
            same += int((single == half).sum())
    return 100.0 * same / len(images)
