import torch

from capsprobe.models.base import Frame, Gated
from capsprobe.models.checkpoints import build
from capsprobe.models.folding import fold
from capsprobe.models.senet import SqueezeExcitation

FRAME = Frame(width=24, types=2)
IMAGES = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def network():
    return build("senet", FRAME, seed=0, decoder=False).eval()


def test_it_shows_the_gates_of_both_stages():
    assert isinstance(network(), Gated)
    gates = network().gates(IMAGES)
    assert [gate.shape for gate in gates] == [(3, 24), (3, 32)]
    assert all(bool(((gate > 0.0) & (gate < 1.0)).all()) for gate in gates)


def test_the_gates_shown_are_those_that_scale_the_maps():
    net, seen = network(), []
    for module in net.modules():
        if isinstance(module, SqueezeExcitation):
            module.register_forward_hook(
                lambda module, inputs, output: seen.append((inputs[0], output))
            )
    gates = net.gates(IMAGES)
    for gate, (maps, scaled) in zip(gates, seen, strict=True):
        torch.testing.assert_close(scaled, maps * gate[:, :, None, None])


def test_a_folded_network_has_the_same_gates():
    before = network().gates(IMAGES)
    for mine, expected in zip(fold(network()).gates(IMAGES), before, strict=True):
        torch.testing.assert_close(mine, expected, atol=1e-5, rtol=1e-4)


def test_neither_a_cnn_nor_a_capsnet_has_gates():
    for name in ("cnn", "capsnet"):
        assert not isinstance(build(name, FRAME, seed=0, decoder=False), Gated)
