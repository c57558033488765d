"""Devices, weights, and networks of the user's own: kinds 9 to 13, and 19, their names."""

import lzma
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save, save_file

from capsprobe.cli import measuring
from capsprobe.models.cnn import ConvNet
from capsprobe.report import write_report
from capsprobe.study import Settings, running
from capsprobe.study.running import Outcome
from tests.faults.table import TOYS, Bench, Told, commands, row
from tests.models.own import toys
from tests.report import recorded
from tests.report.test_names import HOSTILE

TENSORS = toys.Linear().state_dict()


class Bomb:
    """Unpickled, it would leave a file behind."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.mark,)


@row(9, "--device cuda without a GPU", status=4, line="one of cpu.*, got 'cuda'$")
def no_gpu(bench: Bench) -> Told:
    bench.patch.setattr(torch.cuda, "device_count", lambda: 0)
    return bench.call("robustness", "--device", "cuda")


commands(
    9,
    ("robustness --device cuda:77", 4, "expected auto or one of cpu.*, got 'cuda:77'"),
    ("train cnn --device tpu", 4, "expected auto or one of cpu.*, got 'tpu'"),
)


def weights(number: int, case: str, content: bytes, line: str, *, status: int = 3) -> None:
    """Put a file of weights for a linear network into the table."""

    @row(number, f"weights: {case}", status=status, line=line)
    def given(bench: Bench) -> Told:
        path = bench.home / "own.safetensors"
        path.write_bytes(content)
        told = bench.call("check", f"{TOYS}:Linear", "--weights", path)
        assert status == 0 or told.err.count("\n") == 1
        return told


WHOLE = save(TENSORS)
WRONG = "expected the weights of Linear: missing"
weights(10, "HTML", b"\n<!DOCTYPE html>", "got a page of HTML or XML.*download it again")
weights(10, "0 bytes", b"", "expected a safetensors file, got an empty file")
weights(10, "truncated", WHOLE[:-100], "expected a safetensors file")
weights(10, "pickle", pickle.dumps({}), "got a pickle.*convert it.*save_file")
weights(10, "wrong network", save({"a": torch.zeros(2)}), f"{WRONG} layer.bias, layer.weight")
weights(10, "a missing key", save({"layer.bias": TENSORS["layer.bias"]}), f"{WRONG} layer.weight")
weights(10, "an extra key", save({**TENSORS, "x": torch.zeros(1)}), "missing none, unexpected x")
weights(10, "wrong shape", save({**TENSORS, "layer.bias": torch.zeros(7)}), r"got \(7,\)")
weights(10, "NaN", save({**TENSORS, "layer.bias": torch.full((10,), torch.nan)}), "got NaN or inf")
weights(10, "module.", save({f"module.{k}": v for k, v in TENSORS.items()}), "", status=0)


@row(10, "the shipped kind: one bit of a checkpoint", status=3, line=r"expected SHA-256 \w+…, got")
def flipped(bench: Bench) -> Told:
    home = bench.home / "weights"
    home.mkdir()
    for path in bench.weights.iterdir():
        (home / path.name).write_bytes(path.read_bytes())
    path = home / "cnn.digits.0.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
    return replace(bench, weights=home).run(bench.home / "run", "-q")


@row(10, "the shipped kind: packed weights cut short", status=3, line="xz, got one cut short$")
def cut(bench: Bench) -> Told:
    home = bench.home / "weights"
    home.mkdir()
    for path in bench.weights.iterdir():
        (home / path.name).write_bytes(path.read_bytes())
    path = home / "cnn.digits.0.safetensors"
    (home / f"{path.name}.xz").write_bytes(lzma.compress(path.read_bytes())[:-9])
    path.unlink()
    return replace(bench, weights=home).run(bench.home / "run", "-q")


@row(11, "weights that would run code", status=3, line="which could run code.*convert it where")
def pickled(bench: Bench) -> Told:
    path, mark = bench.home / "own.pt", bench.home / "mark"
    torch.save({"layer.bias": Bomb(mark)}, path)
    told = bench.call("check", f"{TOYS}:Linear", "--weights", path)
    assert not mark.exists()
    return told


@row(11, "an archive that would run code", status=3, line="expected tensors as sample inputs")
def archived(bench: Bench) -> Told:
    path, mark = bench.home / "own.pt2", bench.home / "mark"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("own/models/model.json", "{}")
        archive.writestr("own/data/sample_inputs/model.pt", pickle.dumps(Bomb(mark)))
    told = bench.call("check", path)
    assert not mark.exists()
    return told


def factory(case: str, code: str, line: str) -> None:
    """Put a function `make` in a file of the user's own into the table."""

    @row(12, case, status=3, line=line)
    def given(bench: Bench) -> Told:
        path = bench.home / "own.py"
        path.write_text(f"import sys, torch\n{code}\n")
        told = bench.call("robustness", "--model", f"{path}:make", "--output", bench.home / "run")
        assert told.err.count("\n") == 1 and not (bench.home / "run").exists()
        return told


commands(
    12,
    ("robustness --model no.such:make", 3, "ModuleNotFoundError: No module named 'no'"),
    ("check nowhere.py:make", 3, "expected a file, got nowhere.py: there is none"),
    ("check TOYS:Liner", 3, "Did you mean 'Linear'"),
    ("check TOYS:not_a_network", 3, "expected a torch.nn.Module, got int"),
)
factory("not callable", "make = 3", "expected a function, got int")
factory("wrong syntax", "def make(:", r"SyntaxError: .*\(own.py:2\)")
factory("raises", "def make():\n    raise ValueError('a\\nb')", r"ValueError: a \(own.py:3\)$")
factory("exits", "def make():\n    sys.exit(0)", r"expected a value, got sys.exit\(0\)")
factory("exits when it is imported", "sys.exit(7)", r"expected a value, got sys.exit\(7\)")
factory(
    "exits when it is asked",
    "class make(torch.nn.Linear):\n    def __init__(self): super().__init__(2, 2)\n"
    "    def forward(self, x): sys.exit(0)",
    r"expected outputs, got sys.exit\(0\)",
)
factory(
    "hides its weights",
    "class make(torch.nn.Linear):\n    def __init__(self): super().__init__(2, 2)\n"
    "    def state_dict(self, *a, **k): raise ValueError('mine')",
    r"its weights cannot be read: ValueError: mine \(own.py:4\)",
)


def contract(name: str, line: str, *, status: int = 0) -> None:
    """Put a network of the toys into the table; what is found stands on stdout."""

    @row(13, name, status=status, line=line)
    def given(bench: Bench) -> Told:
        told = bench.call("check", f"{TOYS}:{name}")
        return replace(told, err=" ".join(told.out.split()))


contract("Pairs", r"scores ok \[0\], 10 logits")
contract("Named", "scores ok .*logits.*, 10 logits")
contract("seven", r"scores fault expected 10 scores an image, got output \(5, 7\)", status=3)
contract("OneNumber", r"scores fault expected 10 scores an image, got output \(5,\)", status=3)
contract("NotFinite", "scores fault expected finite scores, got NaN or infinity", status=3)
contract("Constant", "constancy warning the same scores for different images")
contract("Probabilities", "scores note .*their logarithms are used")
contract("Lengths", "scores ok output, 10 lengths")
contract("Restless", "repetition warning two passes of the same images differ")
contract("Detached", "gradient warning no gradient by the image")
contract("Rounded", "gradient warning no gradient by the image .it is zero")
contract("Sociable", "company warning an image's scores depend on the others of its batch")
contract("Writing", "input kept note it writes into its input; it always gets a copy")
contract("colour", "input note padded from 28x28 to 32x32, its grey in 3 channels")
contract("half", "precision note weights in float16; they are run in float32")
contract("double", "precision note weights in float64; they are run in float32")


@row(13, "batch normalisation in training mode", status=0, line="mode note was in training mode")
def training(bench: Bench) -> Told:
    path = bench.home / "own.py"
    path.write_text(
        "import torch\n"
        "from torch import nn\n"
        "def make():\n"
        "    torch.manual_seed(0)\n"
        "    return nn.Sequential(nn.Flatten(), nn.BatchNorm1d(784), nn.Linear(784, 10)).train()\n"
    )
    told = bench.call("check", f"{path}:make")
    return replace(told, err=" ".join(told.out.split()))


@row(13, "NaN after the contract is passed", status=1, line="failed: .*finite.*NaN")
def never_from_nan(bench: Bench) -> Told:
    planned, forward = running.plan_study, ConvNet.forward

    def plan(given: Settings) -> Outcome:
        found = planned(given)
        bench.patch.setattr(ConvNet, "forward", lambda *taken: forward(*taken) * torch.nan)
        return found

    bench.patch.setattr(measuring, "plan_study", plan)
    told = bench.run(bench.home / "run")
    assert not list((bench.home / "run" / "cells").iterdir())
    return told


commands(
    19,
    (r"check C:\nets\own.pt2", 3, "own.pt2: cannot be read: No such file"),
    (f"robustness --dataset {'a' * 300}", 2, "unknown dataset 'a"),
    (f"robustness --dataset {'a' * 300}/", 3, "expected a folder of class folders, got a+"),
    (f"check {'a' * 300}", 2, "unknown model 'a"),
    ("check ../../x", 2, "unknown model '../../x'"),
    ("check \N{ROBOT FACE}", 2, "unknown model '\N{ROBOT FACE}'"),
    ("check <script>.pt2", 3, "cannot be read"),
)


@row(19, "hostile names in a report", status=0)
def hostile(bench: Bench) -> Told:
    seen, samples, facts = recorded.run({name: 0.0 for name in HOSTILE[:6]}, seeds=(0,), images=2)
    seen, samples = (each[each["probe"] == "overlap"] for each in (seen, samples))
    path = write_report(bench.home / "run", observations=seen, samples=samples, run=facts)
    text = path.read_text(encoding="utf-8")
    assert "<script>alert" not in text and "\u202e" not in text
    assert 'title="' + "x" * 300 in text
    assert "\n=cmd()" not in (bench.home / "run" / "tables" / "overlap.csv").read_text()
    return Told(status=0, out="", err="")


@row(19, "a network in a file of a hostile name", status=0, line="4 done")
def own_name(bench: Bench) -> Told:
    path = bench.home / "<b>\u202e\N{ROBOT FACE}.py"
    path.write_text("from tests.models.own.toys import Linear as make\n")
    save_file(TENSORS, bench.home / "=cmd().safetensors")
    few = ("--probe", "affine", "--limit", 2, "--jobs", 1, "--output", bench.home / "=run()")
    told = bench.call(
        *("robustness", "--model", f"{path}:make", "--weights", "=cmd().safetensors"), *few
    )
    assert "<b>\u202e" not in (bench.home / "=run()" / "index.html").read_text(encoding="utf-8")
    return told
