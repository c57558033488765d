import pytest
import torch

from capsprobe.models.base import Frame, models
from capsprobe.models.decoder import attach
from capsprobe.models.size import decoder_parameters, macs, macs_by_part, parameters


@pytest.fixture(scope="module")
def network():
    return models["capsnet-sabour"](Frame()).eval()


def test_it_has_the_parameters_of_the_literature(network):
    # 6.8 M without the decoder and 8.2 M with it, Sabour et al. 2017, sec. 4.1.
    assert parameters(network) == 6_804_224
    attach(network)
    assert parameters(network) + decoder_parameters(network) == 8_215_568
    network.decoder = None


def test_nearly_all_its_macs_lie_in_primary_caps(network):
    total = macs(network)
    shares = {name: 100 * count / total for name, count in macs_by_part(network).items()}
    assert total == pytest.approx(201.8e6, abs=0.05e6)
    assert shares["primary"] == pytest.approx(94.7, abs=0.05)
    assert shares["convolution"] == pytest.approx(4.1, abs=0.05)
    assert shares["votes"] == pytest.approx(0.73, abs=0.005)
    assert shares["routing"] == pytest.approx(0.46, abs=0.005)


@pytest.mark.parametrize(("canvas", "children"), [(28, 1152), (36, 3200), (40, 4608)])
def test_children_follow_the_canvas(canvas, children):
    trace = models["capsnet-sabour"](Frame(canvas=canvas)).trace(torch.zeros(1, 1, canvas, canvas))
    assert trace.votes.shape == (1, children, 10, 16)
    assert len(trace.parents) == 3


def test_width_and_types_of_the_compact_models_change_nothing(network):
    other = models["capsnet-sabour"](Frame(width=8, types=2))
    assert parameters(other) == parameters(network)
