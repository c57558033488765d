import numpy as np
import pytest

from capsprobe.attacks.fgsm import Fgsm
from tests.attacks.toys import Linear, Saturated, answers, middling
from tests.oracles.attacks import fgsm


@pytest.mark.parametrize(
    ("network", "output_map"),
    [(Linear(), "scores"), (Linear(seed=3), "margin"), (Saturated(), "margin")],
)
@pytest.mark.parametrize("epsilon", [0.01, 0.3, 1.0])
def test_one_step_on_a_linear_network_is_the_closed_form(network, output_map, epsilon):
    images = middling()
    labels = answers(network, images)
    found = Fgsm()(network, images, labels, epsilon=epsilon, seed=0, output_map=output_map)
    for image, label, moved in zip(images, labels, found, strict=True):
        expected = fgsm(*network.arrays, image.double().numpy(), int(label), epsilon)
        np.testing.assert_allclose(moved.numpy(), expected, atol=1e-6)
