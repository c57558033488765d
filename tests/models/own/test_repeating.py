"""A maker has to give the same network each time: each process of a run makes it anew."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from capsprobe.data.digits import digits
from capsprobe.faults import ModelFault
from capsprobe.models.own import entry_of

IMAGES = digits("test").limit(20)
MAKERS = """
import torch
from torch import nn


def unseeded():
    torch.seed()
    return nn.Linear(784, 10)


class Aside(nn.Module):
    def __init__(self, **kept):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(64, 10)
        torch.seed()
        projection = torch.randn(784, 64)
        if kept:
            self.register_buffer('projection', projection, **kept)
        else:
            self.projection = projection

    def forward(self, images):
        return self.layer(images.flatten(1) @ self.projection)


def plain_tensor():
    return Aside()


def buffer():
    return Aside(persistent=False)


_made = []


def once():
    if _made:
        raise RuntimeError('already made')
    _made.append(nn.Linear(784, 10))
    return _made[0]


class Later(nn.Linear):
    count = 0

    def __init__(self):
        torch.manual_seed(0)
        super().__init__(784, 10)
        Later.count += 1
        self.number = Later.count

    def forward(self, images):
        if self.number > 1:
            raise RuntimeError('only the first works')
        return super().forward(images.flatten(1))


def later():
    return Later()


class Normed(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.utils.parametrizations.weight_norm(nn.Linear(784, 32))
        self.second = nn.Linear(32, 10)
        self.noted = None

    def forward(self, images):
        hidden = self.first(images.flatten(1)).relu()
        self.noted = hidden
        return self.second(hidden)


_net = Normed()
# In this state it cannot be copied.
with torch.enable_grad():
    _net(torch.rand(2, 1, 28, 28))


def held():
    return _net


def anew():
    return Normed()


def restless():
    class Restless(nn.Linear):
        def forward(self, images):
            scores = super().forward(images.flatten(1))
            return scores + torch.rand_like(scores)
    torch.manual_seed(0)
    return Restless(784, 10)
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "makers.py"
    path.write_text(MAKERS, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("maker", "line"),
    [
        ("unseeded", "expected the same weights each time it is made, got others"),
        ("plain_tensor", "with other scores the second time"),
        ("buffer", "with other scores the second time"),
        ("later", "the second that is made: RuntimeError: only the first works"),
        ("once", "expected a maker that can be called again, as each process does: .*already made"),
    ],
)
def test_what_differs_from_one_time_to_the_next_is_refused(maker, line, code) -> None:
    with pytest.raises(ModelFault, match=line) as caught:
        entry_of(f"{code}:{maker}", IMAGES, dataset="digits")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("maker", ["held", "anew", "restless"])
def test_what_is_the_same_each_time_is_taken(maker, code) -> None:
    assert entry_of(f"{code}:{maker}", IMAGES, dataset="digits").parameters > 0


def test_weights_of_a_file_make_it_the_same(code, tmp_path) -> None:
    path = tmp_path / "own.safetensors"
    save_file({"weight": torch.zeros(10, 784), "bias": torch.zeros(10)}, path)
    assert entry_of(f"{code}:unseeded", IMAGES, dataset="digits", weights=path).test_accuracy <= 1.0
