"""Networks whose methods mean other things than most networks' do."""

import torch
from torch import nn

from capsprobe.models.base import Embeds, Frame
from capsprobe.models.own.adopted import adopt
from capsprobe.models.own.contract import examine
from tests.models.own import toys

FRAME = Frame()


class ByName(toys.Linear):
    def forward(self, images):
        return self.layer(input=images.flatten(1))


def test_what_enters_a_layer_by_name_is_an_embedding_too() -> None:
    images = torch.rand(3, 1, 28, 28)
    network = adopt(ByName(), FRAME, examine(ByName(), FRAME))
    assert isinstance(network, Embeds)
    torch.testing.assert_close(network.embed(images), images.flatten(1))


class Trains(toys.Linear):
    def train(self, loader, epochs):
        return self


class RaisesWithGradients(toys.Linear):
    def forward(self, images):
        if torch.is_grad_enabled():
            raise ValueError("only to be looked at")
        return super().forward(images)


class NoNumber(torch.autograd.Function):
    @staticmethod
    def forward(ctx, scores):
        return scores.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient * float("nan")


class NoGradient(toys.Linear):
    def forward(self, images):
        return NoNumber.apply(super().forward(images))


def told(module: nn.Module, what: str) -> str:
    return next(each.text for each in examine(module, FRAME).findings if each.what == what)


def test_a_network_whose_methods_have_other_meanings_is_one_line() -> None:
    assert "expected eval() to put it in eval mode" in told(Trains(), "scores")
    assert "ValueError: only to be looked at" in told(RaisesWithGradients(), "gradient")
    assert "it is not finite" in told(NoGradient(), "gradient")
