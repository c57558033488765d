"""Files that users, or those who wish them ill, may bring."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from capsprobe.faults import ModelFault
from capsprobe.models.base import Frame
from capsprobe.models.own import load_own
from capsprobe.models.own.opening import opened
from capsprobe.models.own.weights import hash_of, load_weights, read_weights
from tests.models.own import toys
from tests.models.own.bombs import Bomb

FRAME = Frame()
IMAGES = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "an empty file"),
        (b"  <!DOCTYPE html>", "a page of HTML"),
        (b"\x80\x02}q\x00.", "a pickle"),
        (b"PK\x03\x04rest", "a pickle"),
        (b"\x89HDF\r\n", "a file of another kind"),
        (b"\xff\xff\xff\xff\xff\xff\xff\x7f{}", "expected a safetensors file"),
        (b"\x08\x00\x00\x00\x00\x00\x00\x00{}", "expected a safetensors file"),
    ],
)
def test_what_is_no_safetensors_file_is_named(content: bytes, line: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFault, match=line):
        read_weights(path)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    path, mark = tmp_path / "weights.pt", tmp_path / "mark"
    torch.save({"layer": Bomb(mark)}, path)
    with pytest.raises(ModelFault, match="convert it where you trust it"):
        read_weights(path)
    path.write_bytes(pickle.dumps(Bomb(mark)))
    with pytest.raises(ModelFault, match="which could run code and is not opened"):
        read_weights(path)
    assert not mark.exists()


def saved(path: Path, tensors: dict[str, torch.Tensor]) -> Path:
    save_file({key: tensor.clone() for key, tensor in tensors.items()}, path)
    return path


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod."])
def test_weights_fill_a_network_whatever_wrapped_it(prefix: str, tmp_path: Path) -> None:
    state = {key: tensor + 1.0 for key, tensor in toys.Linear().state_dict().items()}
    path = saved(tmp_path / "w.safetensors", {f"{prefix}{key}": t for key, t in state.items()})
    module = toys.Linear()
    load_weights(module, path)
    assert all(torch.equal(module.state_dict()[key], state[key]) for key in state)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda s: {"other": s["layer.bias"]}, "missing layer.bias, layer.weight, unexpected oth"),
        (lambda s: {**s, "more": s["layer.bias"]}, "missing none, unexpected more"),
        (lambda s: {**s, "layer.bias": s["layer.bias"][:7]}, "expected shape .10,., got .7,."),
        (lambda s: {**s, "layer.bias": s["layer.bias"] / 0.0}, "expected finite weights"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]], line: str, tmp_path: Path
) -> None:
    path = saved(tmp_path / "w.safetensors", change(toys.Linear().state_dict()))
    with pytest.raises(ModelFault, match=line):
        load_weights(toys.Linear(), path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.safetensors", toys.Linear().state_dict())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelFault, match="expected a safetensors file"):
        read_weights(path)


def test_the_hash_knows_weights_and_code(tmp_path: Path) -> None:
    one, other = toys.Linear(), toys.Linear()
    assert hash_of(one) == hash_of(other)
    other.layer.bias.data[0] += 1.0
    assert hash_of(one) != hash_of(other)
    code = tmp_path / "own.py"
    text = (
        "import torch\ndef make():\n    torch.manual_seed(0)\n    return torch.nn.Linear(784, 10)\n"
    )
    code.write_text(text)
    first = opened(f"{code}:make", FRAME, None).sha256
    code.write_text(text + "# another\n")
    assert opened(f"{code}:make", FRAME, None).sha256 != first


def test_a_network_in_a_maker_s_place_is_refused(tmp_path: Path) -> None:
    code = tmp_path / "own.py"
    code.write_text("import torch\nnet = torch.nn.Linear(784, 10)\n")
    with pytest.raises(ModelFault, match="expected a function or class that makes a network"):
        opened(f"{code}:net", FRAME, None)


def test_timm_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(ModelFault, match=r"capsprobe\[timm\]"):
        load_own("timm:resnet18", FRAME)


def test_timm_gives_a_network_of_one_channel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = {}

    class Timm:
        @staticmethod
        def create_model(name: str, **given: object) -> nn.Module:
            asked.update(given, name=name)
            return toys.Linear()

    monkeypatch.setitem(__import__("sys").modules, "timm", Timm)
    with pytest.raises(ModelFault, match="expected --weights"):
        load_own("timm:resnet18", FRAME)
    path = saved(tmp_path / "w.safetensors", toys.Linear().state_dict())
    network = load_own("timm:resnet18", FRAME, weights=path)
    assert asked == {"name": "resnet18", "pretrained": False, "num_classes": 10, "in_chans": 1}
    torch.testing.assert_close(network(IMAGES), toys.Linear()(IMAGES))


@pytest.mark.parametrize("beginning", [b"\x80", b"PK", b" <"])
def test_a_file_is_not_judged_by_how_long_its_header_is(beginning: bytes, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    # Space after the JSON belongs to it: the header may be as long as one likes.
    head = json.dumps({"weight": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    length = int.from_bytes(beginning, "little")
    length += 0 if length >= len(head) else 256 * len(head)
    head = head.ljust(length)
    path.write_bytes(length.to_bytes(8, "little") + head + bytes(8))
    assert path.read_bytes().startswith(beginning)
    assert read_weights(path)["weight"].tolist() == [0.0, 0.0]


def test_whole_numbers_in_the_place_of_fractions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "whole.safetensors"
    save_file({"weight": torch.ones(2, 3, dtype=torch.int32), "bias": torch.zeros(2)}, path)
    with pytest.raises(ModelFault, match=r"weight: expected floating-point numbers, got torch.int"):
        load_weights(nn.Linear(3, 2), path)
