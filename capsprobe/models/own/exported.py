"""Networks out of `torch.export` archives (.pt2), looked through before torch reads them.

An archive may hold pickles, names of any function below `torch`, and expressions that are evaluated
when it is read. None of that is let through: weights have to be plain, operations torch's own
arithmetic, expressions made of sizes. The sample inputs, a pickle, are read as tensors alone.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import fx, nn

from capsprobe.faults import ModelFault

HOW = (
    "export it again with `torch.export.save`, or pass its code as FILE.py:FACTORY with "
    "--weights FILE.safetensors"
)
MOST_BYTES = 2**32
_OPERATIONS = re.compile(r"torch\.ops\.(aten|prims)\.\w+(\.\w+)?")
# What Python's own operators may do with sizes.
_SIZES = re.compile(
    r"_operator\.(add|sub|mul|floordiv|mod|neg|eq|ne|lt|le|gt|ge|getitem|and_|or_|not_|pow|truediv)"
)
_OTHERS = ("math.ceil", "math.floor", "math.trunc")
_READS_FILES = ("from_file",)
_EXPRESSION = re.compile(
    r"(?:'[suz]\w*\d+'|\b(?:[suz]\w{0,2}\d+|Symbol|Integer|Rational|Add|Mul|Pow|positive|integer"
    r"|nonnegative|Mod|FloorDiv|PythonMod|CleanDiv|IntTrueDiv|Max|Min|Eq|Ne|And|Or|Not|Equality"
    r"|Unequality|StrictLessThan|LessThan|StrictGreaterThan|GreaterThan|Relational|True|False|oo"
    r"|int_oo|\d+)\b|[\s()+\-*/,<>=!&|~])*"
)
_SPECS = ("in_spec", "out_spec", "spec")


def exported(path: Path) -> nn.Module:
    """Return the network in an archive; nothing in it is unpickled or evaluated.

    Raises
    ------
    ModelFault
        Where it is no archive, holds more than weights and arithmetic, or torch cannot read it.
    """
    try:
        clean = _looked_through(path)
    except OSError as error:
        raise ModelFault(f"{path.name}: cannot be read: {error.strerror}") from error
    except (zipfile.BadZipFile, ValueError, KeyError) as error:
        raise ModelFault(
            f"{path.name}: expected an archive of torch.export, got {error}"
        ) from error
    try:
        return _Exported(torch.export.load(clean).module())
    except Exception as error:
        raise ModelFault(
            f"{path.name}: expected an archive that this torch ({torch.__version__}) reads, "
            f"got {type(error).__name__}; {HOW}"
        ) from error


class _Exported(nn.Module):
    """An exported graph: its modes were decided when it was exported."""

    def __init__(self, graph: nn.Module) -> None:
        super().__init__()
        self.graph = graph
        self.eval()

    def train(self, mode: bool = True) -> "_Exported":
        """Take note of the mode, which changes nothing."""
        self.training = mode
        return self

    def forward(self, images: torch.Tensor) -> Any:
        """Return what the graph does."""
        return self.graph(images)

    def _apply(
        self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True
    ) -> "_Exported":
        """Apply a function to all tensors; where that moves them, what the graph makes follows.

        A graph names the device that it was exported on wherever it makes a tensor, or casts one.
        """
        moved = super()._apply(fn, recurse)
        for place in {held.device for held in (*self.parameters(), *self.buffers())}:
            for part in self.graph.modules():
                if isinstance(part, fx.GraphModule):
                    _follow(part, place)
        return moved


def _follow(graph: fx.GraphModule, place: torch.device) -> None:
    """Have a graph hold its constants, and make its tensors, where its weights lie."""
    for name, value in list(vars(graph).items()):
        if isinstance(value, torch.Tensor):
            setattr(graph, name, value.to(place))

    def moved(given: Any) -> Any:
        return fx.node.map_aggregate(
            given, lambda each: place if isinstance(each, torch.device) else each
        )

    for node in graph.graph.nodes:
        node.args, node.kwargs = moved(node.args), moved(node.kwargs)
    graph.recompile()


def _looked_through(path: Path) -> io.BytesIO:
    """Return a copy of the archive, checked."""
    copy = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as kept:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > MOST_BYTES:
            raise ValueError(f"one that unpacks to more than {MOST_BYTES} bytes")
        if not any("/models/" in entry.filename for entry in entries):
            raise ValueError("one without a model")
        for entry in entries:
            if "/sample_inputs/" in entry.filename:
                kept.writestr(entry.filename, _tensors(path.name, archive.read(entry)))
                continue
            content = archive.read(entry)
            if entry.filename.endswith(".json"):
                facts = json.loads(content)
                _check(path.name, facts)
                content = json.dumps(_unguarded(facts)).encode()
            kept.writestr(entry.filename, content)
    copy.seek(0)
    return copy


def _tensors(name: str, content: bytes) -> bytes:
    """Return a pickle of tensors as torch's restricted reader has understood it."""
    copy = io.BytesIO()
    try:
        torch.save(torch.load(io.BytesIO(content), weights_only=True), copy)
    except Exception as error:
        raise ModelFault(f"{name}: expected tensors as sample inputs, got others; {HOW}") from error
    return copy.getvalue()


def _check(name: str, content: Any) -> None:
    """Raise ModelFault where a part of the archive is more than weights and arithmetic."""
    for key, value in _pairs(content):
        if key == "use_pickle" and value is not False:
            raise ModelFault(f"{name}: expected plain weights, got a pickle; {HOW}")
        if key == "as_custom_obj" or (key == "custom_objs" and value):
            raise ModelFault(f"{name}: expected tensors, got an object of its own; {HOW}")
        if key == "target" and isinstance(value, str) and not _is_arithmetic(value):
            raise ModelFault(f"{name}: expected torch's arithmetic, got {value!r:.80}; {HOW}")
        if key == "expr_str" and not _EXPRESSION.fullmatch(str(value)):
            raise ModelFault(f"{name}: expected expressions of sizes, got {value!r:.80}; {HOW}")
        if key in _SPECS and "defaultdict" in str(value):
            raise ModelFault(f"{name}: expected tuples, lists and dicts, got others; {HOW}")


def _unguarded(content: Any) -> Any:
    """Return the same without guards, code that torch would run; shapes are checked here anyway."""
    if isinstance(content, list):
        return [_unguarded(each) for each in content]
    if not isinstance(content, dict):
        return content
    return {
        key: [] if key == "guards_code" else _unguarded(value) for key, value in content.items()
    }


def _pairs(content: Any) -> Iterator[tuple[str, Any]]:
    """Yield every key with its value, however deep."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield key, value
            yield from _pairs(value)
    elif isinstance(content, list):
        for value in content:
            yield from _pairs(value)


def _is_arithmetic(target: str) -> bool:
    if any(name in target for name in _READS_FILES):
        return False
    plain = _OPERATIONS.fullmatch(target) or _SIZES.fullmatch(target)
    return bool(plain) or target in _OTHERS
