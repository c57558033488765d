from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from capsprobe import load_model
from capsprobe.faults import ModelFault
from capsprobe.models.base import Embeds, Frame
from capsprobe.models.decoder import can_redraw
from capsprobe.models.own import is_own, load_own
from capsprobe.models.own.adopted import adopt
from capsprobe.models.own.contract import examine
from capsprobe.models.own.opening import called_in_tables
from capsprobe.models.rerouting import Capsular, reroute, votes_of
from capsprobe.models.swapping import swapped
from tests.models.own import public_capsnet, toys

FRAME = Frame()
IMAGES = torch.rand(5, 1, 28, 28, generator=torch.Generator().manual_seed(3))


def stands(module: nn.Module) -> dict[str, str]:
    return {finding.what: finding.state for finding in examine(module, FRAME).findings}


def text(module: nn.Module, what: str) -> str:
    return next(f.text for f in examine(module, FRAME).findings if f.what == what)


@pytest.mark.parametrize(
    ("module", "what", "state"),
    [
        (toys.Linear(), "scores", "ok"),
        (toys.Linear(), "gradient", "ok"),
        (toys.Linear(), "embedding", "ok"),
        (toys.Probabilities(), "scores", "note"),
        (toys.Constant(), "constancy", "warning"),
        (toys.Restless(), "repetition", "warning"),
        (toys.Detached(), "gradient", "warning"),
        (toys.Rounded(), "gradient", "warning"),
        (toys.Sociable(), "company", "warning"),
        (toys.Writing(), "input kept", "note"),
        (toys.colour(), "input", "note"),
        (toys.row(), "input", "note"),
        (toys.half(), "precision", "note"),
        (toys.double(), "precision", "note"),
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).train(), "mode", "note"),
    ],
)
def test_each_peculiarity_is_found(module: nn.Module, what: str, state: str) -> None:
    assert stands(module)[what] == state


class Elsewhere(toys.Linear):
    """A network that says that it lies on a GPU, until it is called back."""

    on_gpu = True

    def parameters(self, recurse: bool = True) -> Iterator[nn.Parameter]:
        for part in super().parameters(recurse):
            claimed = {"device": "cuda:0", "dtype": part.dtype, "is_floating_point": lambda: True}
            yield SimpleNamespace(**claimed) if self.on_gpu else part

    def cpu(self) -> nn.Module:
        self.on_gpu = False
        return self


def test_a_network_that_comes_on_a_gpu_is_examined_where_the_images_are() -> None:
    module = Elsewhere()
    assert stands(module)["device"] == "note"
    assert not module.on_gpu
    assert "device" not in stands(module)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        (toys.seven(), "expected 10 scores an image, got output (5, 7)"),
        (toys.OneNumber(), "expected 10 scores an image, got output (5,)"),
        (toys.NotFinite(), "expected finite scores, got NaN or infinity"),
        (toys.Raising(), "RuntimeError: no weights (toys.py:"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(module: nn.Module, line: str) -> None:
    with pytest.raises(ModelFault) as fault:
        adopt(module, FRAME)
    assert line in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize("make", [toys.Linear, toys.Pairs, toys.Named, toys.Squeezing])
def test_scores_are_found_in_tuples_and_dicts_and_for_one_image(make: type[toys.Linear]) -> None:
    module = make().eval()
    scores = adopt(module, FRAME)(IMAGES)
    torch.testing.assert_close(scores, toys.Linear()(IMAGES))
    torch.testing.assert_close(adopt(module, FRAME)(IMAGES[:1]), scores[:1])


def test_probabilities_become_their_logarithms() -> None:
    network = adopt(toys.Probabilities(), FRAME)
    assert network.scores == "logits"
    torch.testing.assert_close(network(IMAGES), toys.Linear()(IMAGES).log_softmax(dim=1))


@pytest.mark.parametrize("make", [toys.Lengths, toys.Capsules])
def test_lengths_are_known_by_range_and_capsules_by_shape(make: type[toys.Linear]) -> None:
    network = adopt(make(), FRAME)
    assert network.scores == "lengths"
    torch.testing.assert_close(network(IMAGES), toys.Linear()(IMAGES).sigmoid())


def test_a_larger_canvas_is_ground_and_colour_is_grey_in_three_channels() -> None:
    module = toys.colour()
    wide = nn.functional.pad(IMAGES, (2, 2, 2, 2)).expand(-1, 3, -1, -1)
    torch.testing.assert_close(adopt(module, FRAME)(IMAGES), module(wide))


def test_what_a_network_says_of_its_input_is_done() -> None:
    module = toys.Linear(side=32)
    module.preprocessing = {"size": 32, "mean": 0.5, "std": 0.25}
    padded = nn.functional.pad(IMAGES, (2, 2, 2, 2))
    torch.testing.assert_close(adopt(module, FRAME)(IMAGES), module((padded - 0.5) / 0.25))


@pytest.mark.parametrize("said", [{"mean": "x"}, {"std": 0.0}, {"size": 0}, {"colour": 3}, "grey"])
def test_nonsense_about_the_input_is_refused(said: object) -> None:
    module = toys.Linear()
    module.preprocessing = said
    with pytest.raises(ModelFault, match="preprocessing: expected"):
        adopt(module, FRAME)


def test_the_embedding_is_what_enters_the_last_layer() -> None:
    network = adopt(nn.Sequential(nn.Flatten(), nn.Linear(784, 12), nn.Linear(12, 10)), FRAME)
    assert isinstance(network, Embeds)
    assert network.embed(IMAGES).shape == (5, 12)
    assert torch.equal(network.classify(network.embed(IMAGES)), network(IMAGES))


@pytest.fixture(scope="module")
def public() -> nn.Module:
    torch.manual_seed(1)
    return public_capsnet.capsnet().eval()


def test_a_public_capsnets_votes_and_routing_are_found(public: nn.Module) -> None:
    found = examine(public, FRAME).voting
    assert found is not None
    assert (found.routing, found.iterations, found.afterwards) == (
        "dynamic",
        2,
        "softmax of lengths",
    )


def test_a_public_capsnet_answers_itself_and_can_be_followed(public: nn.Module) -> None:
    network = adopt(public, FRAME)
    assert isinstance(network, Capsular) and can_redraw(network)
    torch.testing.assert_close(network(IMAGES), public(IMAGES)[0].log())
    trace = network.trace(IMAGES)
    assert trace.votes.shape == (5, 36, 10, 6)
    # Its own order is parents, images, children, 1, pose.
    torch.testing.assert_close(trace.votes, public(IMAGES)[2][:, :, :, 0].permute(1, 2, 0, 3))
    again = reroute(network, votes_of(network, network.children_of(IMAGES)), iterations=2)
    torch.testing.assert_close(again.parents[-1], trace.parents[-1])


def test_another_routing_answers_over_its_votes(public: nn.Module) -> None:
    network = adopt(public, FRAME)
    own = network(IMAGES)
    with swapped(network, routing="dynamic", iterations=5):
        other = network(IMAGES)
    assert not torch.allclose(own, other, atol=1e-6)
    with swapped(network, routing="dynamic", iterations=2):
        torch.testing.assert_close(network(IMAGES), own)
    # One round under another name is the plain mean: no routing of its own has that.
    with swapped(network, routing="uniform", iterations=1):
        plain = network(IMAGES)
    with swapped(network, routing="dynamic", iterations=1):
        torch.testing.assert_close(network(IMAGES), plain)


def test_votes_that_do_not_give_the_scores_are_not_believed(public: nn.Module) -> None:
    class Lying(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = public

        def forward(self, images):
            scores, drawn, votes = self.inner(images)
            return scores.flip(1), drawn, votes

    found = examine(Lying(), FRAME)
    assert found.voting is None
    assert "no routing known here" in next(f.text for f in found.findings if f.what == "votes")


def test_a_method_trace_may_give_the_votes(public: nn.Module) -> None:
    class Quiet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = public

        def forward(self, images):
            return self.inner(images)[0]

        def trace(self, images):
            return {"votes": self.inner(images)[2]}

    network = adopt(Quiet(), FRAME)
    assert isinstance(network, Capsular)
    torch.testing.assert_close(
        network.trace(IMAGES).parents[-1], adopt(public, FRAME).trace(IMAGES).parents[-1]
    )


def test_shipped_capsnets_are_recognised_by_the_same_means() -> None:
    found = examine(load_model("capsnet", dataset="digits"), FRAME).voting
    assert found is not None and (found.routing, found.iterations) == ("dynamic", 3)


def test_a_reconstruction_is_compared_with_what_the_network_takes(public: nn.Module) -> None:
    network = adopt(public, FRAME)
    wanted = (public(IMAGES)[1] - IMAGES.flatten(1)).norm(dim=1)
    torch.testing.assert_close(network.distance_from_redrawn(IMAGES), wanted)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("own.py:make", "make"),
        ("capsprobe.models.capsnet:capsnet", "own-capsnet"),
        ("somewhere/<script>alert(1)</script>.pt2", "script"),
        ("../../x.pt2", "x"),
        ("=cmd().pt2", "cmd"),
        ("\u202egnp.pt2", "gnp"),
        ("\u5f20.pt2", "own"),
        ("timm:resnet18", "timm-resnet18"),
    ],
)
def test_names_in_tables_are_harmless(given: str, name: str) -> None:
    assert is_own(given)
    assert called_in_tables(given) == name


def test_a_long_name_is_cut_and_stays_apart_from_its_like() -> None:
    one, other = (called_in_tables(f"{'a' * 300}{end}.pt2") for end in "xy")
    assert len(one) == len(other) == 40
    assert one != other


@pytest.mark.parametrize(
    ("function", "line"),
    [
        ("not_a_network", "expected a torch.nn.Module, got int"),
        ("seven", "expected 10 scores an image"),
    ],
)
def test_a_function_has_to_give_a_network_of_so_many_classes(function: str, line: str) -> None:
    origin = f"{Path(toys.__file__)}:{function}"
    with pytest.raises(ModelFault) as fault:
        load_own(origin, FRAME)
    assert line in str(fault.value)
