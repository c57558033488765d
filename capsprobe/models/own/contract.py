"""The contract: what a network of the user's own does with a few images, said one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

import torch
from torch import Tensor, nn

from capsprobe.factories import trimmed
from capsprobe.faults import ModelFault
from capsprobe.models.base import Frame
from capsprobe.models.own.intake import Intake, candidates
from capsprobe.models.own.outputs import Leaf, Reading, counted, drawn, reading
from capsprobe.models.own.voting import Voting, looks_like_votes, told, voting

State = Literal["ok", "note", "warning", "fault"]
# Two numbers of images, so that the axis that counts them is the one that differs.
_FEW, _MORE = 5, 7
_SAME = 1e-6
_ALIKE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the contract: what was looked at, how it stands, and what to change if so."""

    what: str
    state: State
    text: str


@dataclass(kw_only=True)
class Contract:
    """What was found; without a reading the network cannot be used."""

    findings: list[Finding] = field(default_factory=list)
    intake: Intake | None = None
    reading: Reading | None = None
    voting: Voting | None = None
    # Whether the votes stand among what `trace` returns and not among the outputs.
    traced: bool = False
    last: str | None = None
    redrawn: Leaf | None = None

    def note(self, what: str, state: State, text: str) -> None:
        """Add a line."""
        self.findings.append(Finding(what=what, state=state, text=text))

    @property
    def fault(self) -> str:
        """Return the first fault, "" where there is none."""
        return next((f"{f.what}: {f.text}" for f in self.findings if f.state == "fault"), "")

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what makes numbers worth less, though there are some."""
        return tuple(each.text for each in self.findings if each.state == "warning")


def examine(module: nn.Module, frame: Frame) -> Contract:
    """Return what a network does with images by chance; it is left in eval mode.

    Raises nothing that the network causes: a fault is a finding.
    """
    found = Contract()
    try:
        _examine(module, frame, found)
    except ModelFault as fault:
        found.note("scores", "fault", str(fault))
    return found


def _examine(module: nn.Module, frame: Frame, found: Contract) -> None:
    _settle(module, found)
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(_MORE, 1, frame.canvas, frame.canvas, generator=generator)
    intake, outputs = _accepted(module, frame, images[:_FEW], found)
    found.intake = intake
    _said_of_input(found, intake, frame)
    more = _called(module, intake(images))
    leaves = counted(outputs, more)
    found.reading = reading(outputs, leaves, classes=frame.classes)
    _check_scores(module, found, images[:_FEW], outputs, more)
    _check_gradient(module, found, images[:_FEW])
    _check_input_kept(module, found, images[:_FEW])
    _seek_votes(module, found, images, outputs, leaves, frame)
    found.last = _last_layer(module, found, images[:_FEW])
    found.redrawn = drawn(outputs, leaves, intake(images[:_FEW]))
    _said_of_abilities(found)


def _settle(module: nn.Module, found: Contract) -> None:
    """Put the network in eval mode, in single precision and on the processor, as images are."""
    held = (*module.parameters(), *module.buffers())
    places = {str(part.device) for part in held} - {"cpu"}
    if places:
        found.note("device", "note", f"weights on {', '.join(sorted(places))}; --device says where")
        module.cpu()
    if module.training and any(True for _ in module.children()):
        found.note("mode", "note", "was in training mode; it is put in eval mode")
    try:
        module.eval()
    except Exception as error:
        raise ModelFault(f"expected eval() to put it in eval mode, got {trimmed(error)}") from error
    kinds = {part.dtype for part in module.parameters() if part.is_floating_point()}
    if kinds - {torch.float32}:
        names = ", ".join(sorted(str(kind).removeprefix("torch.") for kind in kinds))
        found.note("precision", "note", f"weights in {names}; they are run in float32")
        module.float()


def _accepted(
    module: nn.Module, frame: Frame, images: Tensor, found: Contract
) -> tuple[Intake, Any]:
    """Return the first form of images that the network takes, and what it makes of them."""
    refused: list[str] = []
    for intake in candidates(module, frame.canvas):
        try:
            return intake, _called(module, intake(images))
        except ModelFault as fault:
            refused.append(str(fault))
    raise ModelFault(
        f"expected a network that takes images (images, 1, {frame.canvas}, {frame.canvas}), or "
        f"with 3 channels, other sizes or flat, got {refused[0]}"
    )


def _called(module: nn.Module, taken: Tensor) -> Any:
    """Return the outputs; raise ModelFault with the cause where the network raises."""
    try:
        with torch.no_grad():
            return module(taken)
    except SystemExit as error:
        raise ModelFault(f"expected outputs, got sys.exit({error.code!r})") from error
    except Exception as error:
        raise ModelFault(trimmed(error)) from error


def _said_of_input(found: Contract, intake: Intake, frame: Frame) -> None:
    plain = Intake(size=frame.canvas)
    state: State = "ok" if intake == plain else "note"
    found.note("input", state, intake.told(frame.canvas))


def _check_scores(
    module: nn.Module, found: Contract, images: Tensor, outputs: Any, more: Any
) -> None:
    assert found.reading is not None and found.intake is not None
    scores, larger = found.reading.raw(outputs), found.reading.raw(more)
    where = f"{found.reading.leaf.path}, {scores.shape[1]} {found.reading.kind} an image"
    if not torch.isfinite(scores).all():
        raise ModelFault(f"expected finite scores, got NaN or infinity in {where}")
    how = ", as lengths of capsules" if found.reading.posed else ""
    if found.reading.kind == "probabilities":
        found.note(
            "scores",
            "note",
            f"{where}; their logarithms are used. Where they reach 0 and 1 gradients vanish: "
            "return logits if you can",
        )
    else:
        found.note("scores", "ok", where + how)
    if (scores - scores[:1]).abs().max() < _SAME:
        found.note("constancy", "warning", "the same scores for different images")
    again = found.reading.raw(_called(module, found.intake(images)))
    if (again - scores).abs().max() > _SAME:
        found.note("repetition", "warning", "two passes of the same images differ")
    else:
        found.note("repetition", "ok", "two passes agree")
        if (larger[:_FEW] - scores).abs().max() > _ALIKE:
            found.note(
                "company",
                "warning",
                "an image's scores depend on the others of its batch; a normalisation that does "
                "not know eval mode?",
            )


def _check_gradient(module: nn.Module, found: Contract, images: Tensor) -> None:
    assert found.reading is not None and found.intake is not None
    pixels = images.clone().requires_grad_()
    try:
        with torch.enable_grad():
            scores = found.reading.scores(module(found.intake(pixels)))
            (gradient,) = torch.autograd.grad(scores.sum(dim=0)[0], pixels)
        largest = gradient.abs().max().item()
        absent = "it is zero" if largest == 0.0 else "" if isfinite(largest) else "it is not finite"
    except RuntimeError as error:
        absent = str(error).splitlines()[0]
    except Exception as error:
        absent = trimmed(error)
    if absent:
        found.note(
            "gradient",
            "warning",
            f"no gradient by the image ({absent}): attacks that follow one cannot run, and "
            "robustness cannot be shown",
        )
    else:
        found.note("gradient", "ok", "scores have a gradient by the image")


def _check_input_kept(module: nn.Module, found: Contract, images: Tensor) -> None:
    assert found.intake is not None
    taken = found.intake(images)
    before = taken.clone()
    _called(module, taken)
    if not torch.equal(before, taken):
        found.note("input kept", "note", "it writes into its input; it always gets a copy")


def _seek_votes(
    module: nn.Module,
    found: Contract,
    images: Tensor,
    outputs: Any,
    leaves: list[Leaf],
    frame: Frame,
) -> None:
    """Look for votes among the outputs, then among what the network's `trace` returns."""
    assert found.reading is not None
    given = found.reading.raw(outputs)
    found.voting = voting(outputs, leaves, given, classes=frame.classes)
    alike = looks_like_votes(outputs, leaves, classes=frame.classes)
    if found.voting is None and callable(getattr(module, "trace", None)):
        shown, traced = _traced(module, found, images)
        found.voting = voting(shown, traced, given, classes=frame.classes)
        found.traced = found.voting is not None
        alike += looks_like_votes(shown, traced, classes=frame.classes)
    if found.voting is not None:
        found.note("votes", "ok", told(found.reading, found.voting))
    elif alike:
        found.note(
            "votes",
            "warning",
            f"{', '.join(alike)} may be votes, but no routing known here gives the scores from "
            "them; their routing cannot be followed",
        )


def _traced(module: nn.Module, found: Contract, images: Tensor) -> tuple[Any, list[Leaf]]:
    assert found.intake is not None
    trace: Any = module.trace
    try:
        with torch.no_grad():
            few = trace(found.intake(images[:_FEW]))
            more = trace(found.intake(images))
    except Exception as error:
        found.note("trace", "warning", f"its method trace raises {trimmed(error)}")
        return (), []
    return few, counted(few, more)


def _last_layer(module: nn.Module, found: Contract, images: Tensor) -> str | None:
    """Return the name of the linear layer whose outputs are the scores, none where none are."""
    assert found.reading is not None and found.intake is not None
    seen: dict[str, Tensor] = {}
    hooks = [
        layer.register_forward_hook(_keeping(seen, name))
        for name, layer in module.named_modules()
        if isinstance(layer, nn.Linear)
    ]
    try:
        scores = found.reading.raw(_called(module, found.intake(images)))
    finally:
        for hook in hooks:
            hook.remove()
    same = (name for name, kept in seen.items() if _equal(kept, scores))
    return next(same, None)


def _keeping(seen: dict[str, Tensor], name: str) -> Any:
    def keep(layer: nn.Module, taken: Any, given: Any) -> None:
        seen[name] = given

    return keep


def _equal(kept: Tensor, scores: Tensor) -> bool:
    return kept.shape == scores.shape and torch.equal(kept, scores)


def _said_of_abilities(found: Contract) -> None:
    for what, text in _abilities(found):
        found.note(what, "ok", text)


def _abilities(found: Contract) -> Iterator[tuple[str, str]]:
    if found.last is not None:
        yield "embedding", f"what enters the last layer, {found.last}"
    if found.redrawn is not None:
        yield "reconstruction", f"{found.redrawn.path}, as many numbers as pixels"
