import pytest
import torch

from capsprobe.faults import ModelFault
from capsprobe.models.base import Frame, Network
from capsprobe.models.checkpoints import build
from capsprobe.models.decoder import (
    Decoder,
    attach,
    masked,
    reconstruct,
    reconstruction_error,
)

FRAME = Frame(width=8, types=2)


def test_an_attached_decoder_is_there_and_among_the_weights():
    network = build("cnn", FRAME, seed=0, decoder=True)
    assert isinstance(network.decoder, Decoder)
    assert any(key.startswith("decoder.") for key in network.state_dict())


def test_a_network_without_a_decoder_has_none_among_its_weights():
    network = build("cnn", FRAME, seed=0, decoder=False)
    assert network.decoder is None
    assert not any(key.startswith("decoder") for key in network.state_dict())


def test_attaching_leaves_the_mode_of_the_network():
    network = build("capsnet", FRAME, seed=0, decoder=False).train()
    attach(network)
    assert network.training


def test_a_decoder_needs_an_embedding():
    network = Network()
    network.frame = FRAME
    with pytest.raises(ModelFault, match="expected a network with an embedding, got Network"):
        attach(network)


def test_masking_keeps_the_block_of_the_class():
    embedding = torch.arange(1.0, 7.0)[None]
    classes = torch.tensor([[0.0, 1.0, 0.0]])
    assert masked(embedding, classes).tolist() == [[0.0, 0.0, 3.0, 4.0, 0.0, 0.0]]


@pytest.mark.parametrize("canvas", [28, 40])
def test_images_are_drawn_at_the_size_of_the_canvas(canvas):
    network = build("capsnet", Frame(canvas=canvas, width=8, types=2), seed=0, decoder=True).eval()
    embedding = network.embed(torch.zeros(2, 1, canvas, canvas))
    drawn = reconstruct(network, embedding, torch.eye(10)[[3, 4]])
    assert drawn.shape == (2, 1, canvas, canvas)
    assert bool(((drawn > 0.0) & (drawn < 1.0)).all())


def test_what_other_classes_hold_does_not_show():
    network = build("capsnet", FRAME, seed=0, decoder=True).eval()
    embedding = torch.rand(1, 160, generator=torch.Generator().manual_seed(0))
    other = embedding.clone()
    other[:, 16:] += 1.0
    classes = torch.eye(10)[[0]]
    first, second = (reconstruct(network, e, classes) for e in (embedding, other))
    assert torch.equal(first, second)


def test_a_network_without_a_decoder_draws_nothing():
    with pytest.raises(ModelFault, match="expected a network with a decoder"):
        reconstruct(
            build("cnn", FRAME, seed=0, decoder=False), torch.zeros(1, 160), torch.eye(10)[[0]]
        )


def test_the_error_is_summed_over_pixels_and_averaged_over_images():
    drawn, images = torch.zeros(2, 1, 3, 3), torch.ones(2, 1, 3, 3)
    images[1] = 0.0
    assert reconstruction_error(drawn, images).item() == pytest.approx(4.5)
