"""PGD beside what should be weaker: single steps, searches without gradients, noise, and twice."""

import pytest
import torch

from capsprobe.attacks.chance import edge, stands_noise
from capsprobe.attacks.curve import unattacked
from capsprobe.attacks.fgm_l2 import FgmL2
from capsprobe.attacks.norms import sizes
from capsprobe.attacks.square_l2 import SquareL2
from capsprobe.attacks.trials import Effort, follow_all, shake_all
from capsprobe.faults import UsageFault
from capsprobe.models.base import Frame
from tests.attacks.cheats import Honest, placed
from tests.attacks.toys import Linear, middling

EFFORT = Effort(steps=5, restarts=1, queries=5, draws=3)


def trials(search, norm, epsilons):
    images, labels = placed(count=12)
    network = Honest().eval()
    clean = unattacked(network, images, labels)
    found = search(network, clean, labels, norm=norm, epsilons=epsilons, effort=EFFORT, seed=0)
    return {(trial.name, trial.epsilon): trial.standing for trial in found}


@pytest.mark.parametrize(("norm", "epsilons"), [("linf", (0.05, 0.1)), ("l2", (0.5, 1.0))])
def test_pgd_breaks_what_a_linear_network_lets_it_and_the_double_no_less(norm, epsilons):
    found = trials(follow_all, norm, epsilons)
    first, second = epsilons
    names = {("pgd", first), ("double", first), ("step", first), ("square", first)}
    assert set(found) == names | {("pgd", second)}
    assert not (found["double", first] & ~found["pgd", first]).any()
    assert 0 < found["pgd", first].sum() < 12
    assert found["pgd", second].sum() < found["pgd", first].sum()


@pytest.mark.parametrize(("norm", "epsilon"), [("linf", 0.05), ("l2", 0.5)])
def test_noise_is_as_large_as_it_may_be(norm, epsilon):
    clean = middling()
    found = sizes(edge(clean, norm=norm, epsilon=epsilon) - clean, norm)
    torch.testing.assert_close(found, torch.full_like(found, epsilon), rtol=1e-4, atol=0.0)


def test_noise_breaks_only_what_was_right_and_leaves_the_generator():
    before = torch.get_rng_state()
    found = trials(shake_all, "linf", (0.05, 1.0))
    assert torch.equal(torch.get_rng_state(), before)
    assert found["noise", 1.0].sum() < found["noise", 0.05].sum()


def test_more_draws_of_noise_break_no_less():
    images, labels = placed(count=12)
    network = Honest().eval()
    few, many = (
        stands_noise(network, images, labels, norm="linf", epsilon=0.5, draws=draws, seed=0)
        for draws in (1, 6)
    )
    assert not (many & ~few).any()


def test_one_step_in_l2_goes_down_the_gradient_to_the_edge():
    network, images = Linear().eval(), middling()
    labels = network(images).argmax(dim=1)
    found = FgmL2()(network, images, labels, epsilon=0.5, seed=0, output_map="scores")
    weight, _ = network.arrays
    away = torch.from_numpy(weight)[1 - labels] - torch.from_numpy(weight)[labels]
    expected = images.flatten(1) + 0.5 * away / away.norm(dim=1, keepdim=True)
    torch.testing.assert_close(found.flatten(1).double(), expected, rtol=1e-4, atol=1e-4)


def test_square_in_l2_keeps_to_its_budget_and_hurts():
    images, labels = placed(count=12)
    network = Honest().eval()
    found = SquareL2(queries=30)(network, images, labels, epsilon=2.0, seed=0, output_map="scores")
    assert (sizes(found - images, "l2") <= 2.0).all()

    def lead(pixels):
        scores = network(pixels)
        truth = scores.gather(1, labels[:, None])
        return (2.0 * truth[:, 0] - scores.topk(2, dim=1).values.sum(dim=1)).detach()

    assert lead(found).mean() < lead(images).mean()


@pytest.mark.parametrize(("side", "fits"), [(28, True), (36, True), (24, False), (6, False)])
def test_square_in_l2_needs_a_canvas_that_its_grid_fits(side, fits):
    network = Linear()
    network.frame = Frame(classes=2, canvas=side)
    assert (SquareL2().lacks(network) == "") == fits


def test_a_number_of_queries_that_cannot_be_meant_is_refused():
    with pytest.raises(UsageFault, match="expected queries >= 1, got 0"):
        SquareL2(queries=0)
