"""Descent reaches the closed form of a linear network, and keeps what errs most."""

from dataclasses import dataclass

import pytest
import torch

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.base import attacks
from capsprobe.attacks.descent import descend, run, step_size
from capsprobe.attacks.norms import sizes
from capsprobe.attacks.output_maps import OUTPUT_MAPS
from capsprobe.faults import UsageFault
from capsprobe.models.base import Frame, Network
from tests.attacks.toys import Linear, Saturated, answers, middling
from tests.oracles.attacks import distance

KINDS = ["pgd", "pgd-l2"]
ZEROS = torch.zeros(2, dtype=torch.int64)


def distances(network, images, labels, norm):
    return torch.tensor(
        [
            distance(*network.arrays, image.double().numpy(), int(label), norm)
            for image, label in zip(images, labels, strict=True)
        ]
    )


def broken(name, network, image, label, epsilon, output_map):
    found = attacks[name]()(
        network, image[None], label[None], epsilon=epsilon, seed=0, output_map=output_map
    )
    return bool(answers(network, found) != label)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("network", "output_map"),
    [
        (Linear(), "scores"),
        (Linear(), "margin"),
        (Saturated(), "margin"),
        (Linear(gain=300.0), "margin"),
    ],
)
def test_the_smallest_budget_that_breaks_a_linear_network_is_the_closed_form(
    name, network, output_map
):
    images = middling(4)
    labels = answers(network, images)
    plain = Linear()
    for image, label, exact in zip(
        images, labels, distances(plain, images, labels, attacks[name].norm), strict=True
    ):
        assert not broken(name, network, image, label, 0.98 * exact.item(), output_map)
        assert broken(name, network, image, label, 1.02 * exact.item(), output_map)


@pytest.mark.parametrize("name", KINDS)
def test_large_logits_mask_the_gradient_of_scores_alone(name):
    network, images = Linear(gain=300.0), middling(30)
    labels = answers(network, images)
    exact = distances(Linear(), images, labels, attacks[name].norm)
    # The surest image: its softmax is exactly 1 in single precision, also near the start.
    row = int(exact.argmax())
    epsilon = 1.1 * exact[row].item()
    assert broken(name, network, images[row], labels[row], epsilon, "margin")
    assert not broken(name, network, images[row], labels[row], epsilon, "scores")


@pytest.mark.parametrize("name", KINDS)
def test_the_edge_of_a_large_budget_is_reached(name):
    epsilon = {"pgd": 0.3, "pgd-l2": 1.5}[name]
    images, labels = middling(), torch.zeros(12, dtype=torch.int64)
    network = Linear()
    # No image can be broken, so none leaves on the way.
    network.bias.data[0] = 1000.0
    found = attacks[name]()(network, images, labels, epsilon=epsilon, seed=0, output_map="margin")
    assert sizes(found - images, attacks[name].norm).min() > 0.95 * epsilon


def test_steps_cross_the_budget_and_a_quarter_more():
    assert 40 * step_size(0.3, 40) == pytest.approx(2.5 * 0.3)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("given", "words"),
    [({"steps": 0}, "steps >= 1, got 0"), ({"restarts": -1}, "restarts >= 1, got -1")],
)
def test_settings_that_cannot_be_meant_are_refused(name, given, words):
    with pytest.raises(UsageFault, match=words):
        attacks[name](**given)


class Lead(Network):
    """Class 1 leads where the ink exceeds a half; keeps how many images each pass had."""

    scores = "logits"

    def __init__(self):
        super().__init__()
        self.frame = Frame(classes=2, canvas=1)
        self.passes = []

    def forward(self, images):
        if torch.is_grad_enabled():
            self.passes.append(len(images))
        ink = images.sum(dim=(1, 2, 3))
        return torch.stack([torch.full_like(ink, 0.5), ink], dim=1)


def adapter(network, precision="fp32"):
    return Adapter(network, OUTPUT_MAPS["scores"], precision=precision)


def ink(*values):
    return torch.tensor(values).reshape(-1, 1, 1, 1)


@dataclass(frozen=True)
class Climbing:
    """Starts at the clean image and adds a fixed amount a step."""

    amount: float
    epsilon: float = 1.0

    def start(self, clean):
        return clean.clone()

    def step(self, images, clean, gradient, *, size):
        assert (gradient > 0.0).all()
        return images + self.amount

    def project(self, images, clean):
        return images


def test_an_image_leaves_a_run_as_soon_as_it_is_broken():
    network = Lead()
    images, labels = ink(0.45, 0.25, 0.0), torch.zeros(3, dtype=torch.int64)
    found = run(adapter(network), images, labels, ball=Climbing(0.1), steps=4, copies=1)
    assert network.passes == [3, 3, 2, 2]
    assert found.broken.tolist() == [True, True, False]
    torch.testing.assert_close(found.images.flatten(), torch.tensor([0.55, 0.55, 0.4]))
    torch.testing.assert_close(found.behind, torch.tensor([0.05, 0.05, -0.1]))


def test_of_all_iterates_the_nearest_is_kept_where_none_breaks():
    images, labels = ink(0.4), torch.zeros(1, dtype=torch.int64)
    found = run(adapter(Lead()), images, labels, ball=Climbing(-0.1), steps=3, copies=1)
    assert torch.equal(found.images, images) and not found.broken


def test_all_starts_of_an_image_leave_together():
    @dataclass(frozen=True)
    class Apart(Climbing):
        def start(self, clean):
            return clean + ink(0.0, 0.2, 0.0, 0.0)

    network = Lead()
    images, labels = ink(0.2, 0.0), torch.zeros(2, dtype=torch.int64)
    found = run(adapter(network), images, labels, ball=Apart(0.15), steps=2, copies=2)
    assert network.passes == [4, 4]
    assert found.broken.tolist() == [True, False]
    torch.testing.assert_close(found.images.flatten(), torch.tensor([0.55, 0.3]))


def test_a_short_run_goes_first_and_the_last_starts_often_from_the_nearest():
    network = Lead()
    images, labels = torch.linspace(0.0, 0.3, 12).reshape(12, 1, 1, 1), ZEROS[:1].repeat(12)
    descend(adapter(network), images, labels, ball=Climbing(0.0), steps=4, restarts=2)
    assert network.passes == [12] * (1 + 4 + 4) + [16] * 8


class Deceived(Lead):
    """In half precision it always errs."""

    def forward(self, images):
        scores = super().forward(images)
        wrong = scores.new_tensor([0.0, 1.0]) + 0.0 * scores
        return wrong if torch.is_autocast_enabled("cpu") else scores


def test_what_half_precision_alone_gets_wrong_does_not_count():
    images, labels = ink(0.45, 0.1), torch.zeros(2, dtype=torch.int64)
    found = run(adapter(Deceived(), "bf16"), images, labels, ball=Free(0.1), steps=2, copies=1)
    assert found.broken.tolist() == [True, False]
    assert bool((found.images[0] > 0.5).all())


@dataclass(frozen=True)
class Free(Climbing):
    def step(self, images, clean, gradient, *, size):
        return images + self.amount
