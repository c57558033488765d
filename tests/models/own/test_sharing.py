"""Makers that give the same weights twice: each training has to have its own."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from capsprobe.faults import ModelFault
from capsprobe.models.base import Frame
from capsprobe.models.own.opening import opened

FRAME = Frame()
MAKERS = """
import torch
from torch import nn
_one = nn.Linear(784, 10)
class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = _one
    def forward(self, images):
        return self.inner(images.flatten(1))
class Stuck(nn.Linear):
    def __deepcopy__(self, memo):
        raise RuntimeError('there is but one of me')
_stuck = Stuck(784, 10)
_shown = nn.Linear(784, 10)
def same(): return _one
def wrapped(): return Wrapped()
def listed(): return nn.Sequential(nn.Flatten(), _one)
def stuck(): return _stuck
def shown():
    _shown.trace = lambda images: _shown(images)
    return _shown
def fresh():
    model = nn.Linear(784, 10)
    model.trace = lambda images: model(images)
    return model
"""
PREFIXES = {"same": "", "wrapped": "inner.", "listed": "1.", "fresh": "", "shown": "", "stuck": ""}


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "makers.py"
    path.write_text(MAKERS, encoding="utf-8")
    return path


def files(folder: Path, prefix: str) -> list[Path]:
    paths = [folder / f"{seed}.safetensors" for seed in range(3)]
    for seed, path in enumerate(paths):
        tensors = {"weight": torch.full((10, 784), float(seed)), "bias": torch.zeros(10)}
        save_file({f"{prefix}{name}": each for name, each in tensors.items()}, path)
    return paths


@pytest.mark.parametrize("maker", ["same", "wrapped", "listed", "fresh"])
def test_each_training_has_its_own_weights(maker, code, tmp_path) -> None:
    paths = files(tmp_path, PREFIXES[maker])
    made = [opened(f"{code}:{maker}", FRAME, path).module for path in paths]
    found = [next(each.parameters())[0, 0].item() for each in made]
    assert found == [0.0, 1.0, 2.0]
    # Nor does moving one of them move the others.
    made[1].to("meta")
    assert next(made[2].parameters()).device.type == "cpu"


@pytest.mark.parametrize(
    ("maker", "words"), [("stuck", "but one of me"), ("shown", "trace is set on it")]
)
def test_what_cannot_be_told_apart_is_one_line(maker, words, code, tmp_path) -> None:
    one, two, _ = files(tmp_path, PREFIXES[maker])
    held = opened(f"{code}:{maker}", FRAME, one)
    with pytest.raises(ModelFault, match=f"expected a new network each time.*{words}"):
        opened(f"{code}:{maker}", FRAME, two)
    del held


def test_a_network_that_answers_for_its_own_weights_and_raises_is_one_line(tmp_path) -> None:
    path = tmp_path / "raising.py"
    path.write_text(
        "import torch\n"
        "class Raising(torch.nn.Linear):\n"
        "    def parameters(self, recurse=True):\n"
        "        raise ValueError('none of your business')\n"
        "def net():\n"
        "    return Raising(784, 10)\n",
        encoding="utf-8",
    )
    with pytest.raises(ModelFault, match="its weights cannot be read: ValueError: none of your"):
        opened(f"{path}:net", FRAME, None)


def test_one_training_alone_may_be_shown_again_and_again(code, tmp_path) -> None:
    path = files(tmp_path, "")[1]
    one, two = (opened(f"{code}:shown", FRAME, path).module for _ in range(2))
    assert one is two and one.weight[0, 0].item() == 1.0
