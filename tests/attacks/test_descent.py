"""Descent reaches the closed form of a linear network, and keeps what errs most."""

import pytest
import torch

from capsprobe.attacks.base import attacks
from capsprobe.attacks.descent import Watch, descend, step_size
from capsprobe.attacks.norms import sizes
from capsprobe.faults import UsageFault
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
    images = middling()
    labels = answers(Linear(), images)
    found = attacks[name]()(Linear(), images, labels, epsilon=epsilon, seed=0, output_map="scores")
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


def test_a_watch_keeps_the_row_that_errs_most():
    def lead_of_class_1(images):
        return torch.stack([torch.zeros(len(images)), images.sum(dim=(1, 2, 3))], dim=1)

    module = torch.nn.Module()
    module.forward = lead_of_class_1
    passes = [
        torch.tensor([[[[-1.0]]], [[[-1.0]]]]),
        torch.tensor([[[[3.0]]], [[[-3.0]]]]),
        torch.tensor([[[[2.0]]], [[[-2.0]]]]),
    ]
    watch = Watch(module, passes[0], ZEROS)
    for images in passes:
        watch(images)
    assert watch.errors.tolist() == [3.0, -1.0]
    assert watch.kept.flatten().tolist() == [3.0, -1.0]


class Lead(torch.nn.Module):
    """Class 1 leads where the ink exceeds a half."""

    def forward(self, images):
        return torch.stack([torch.full((len(images),), 0.5), images.sum(dim=(1, 2, 3))], dim=1)


def test_runs_work_on_survivors_only_and_keep_what_broke():
    seen = []

    def search(model, steps):
        def run(images, labels):
            seen.append((steps, len(images)))
            return images + (0.25 if len(seen) < 3 else 1.0)

        return run

    images = torch.zeros(50, 1, 1, 1)
    images[20:] = 0.3
    labels = torch.zeros(50, dtype=torch.int64)
    found = descend(Lead(), images, labels, steps=8, restarts=3, search=search)
    assert seen == [(2, 50), (8, 20), (8, 20)]
    torch.testing.assert_close(found, torch.where(images > 0.0, 0.55, 1.0))


def test_the_last_run_starts_several_times_from_the_nearest_and_the_deepest_counts():
    seen = []

    def search(model, steps):
        def run(images, labels):
            seen.append((steps, len(images)))
            if steps < 8:
                return images
            return images + torch.arange(len(images)).reshape(-1, 1, 1, 1)

        return run

    images = torch.linspace(0.0, 0.4, 12).reshape(12, 1, 1, 1)
    labels = torch.zeros(12, dtype=torch.int64)
    found = descend(Lead(), images, labels, steps=4, restarts=1, search=search)
    assert seen == [(1, 12), (4, 12), (8, 16)]
    # The eight with most ink, two starts each; the later start was moved farther.
    assert torch.equal(found[:4], images[:4])
    moved = (found - images).flatten()[4:]
    torch.testing.assert_close(moved, torch.arange(15.0, 0.0, -2.0))
