"""The transfer probe: who is shown what, and who is counted."""

import pandas as pd
import pytest
import torch
from torch.nn.functional import cross_entropy

from capsprobe.attacks.carried import carry
from capsprobe.attacks.momentum_l2 import MomentumL2
from capsprobe.data.images import ImageSet
from capsprobe.data.views import load_images
from capsprobe.faults import UsageFault
from capsprobe.models.base import Frame, Network
from capsprobe.models.checkpoints import build, load_model
from capsprobe.models.inference import predict
from capsprobe.probes.adversarial import Adversarial
from capsprobe.probes.transfer import Transfer
from capsprobe.tables import Measurement

EPSILONS = (0.1, 0.3)
PROBE = Transfer(linf=EPSILONS, l2=(0.5, 2.0), steps=5, limit=20)
BOTH = pytest.mark.parametrize(("part", "epsilons"), [("linf", EPSILONS), ("l2", (0.5, 2.0))])


@pytest.fixture(scope="module")
def images() -> ImageSet:
    return load_images("digits").limit(40)


@pytest.fixture(scope="module")
def networks() -> dict[str, Network]:
    return {name: load_model(name) for name in ("capsnet", "cnn")}


@pytest.fixture(scope="module")
def shown(images: ImageSet, networks: dict[str, Network]) -> dict[str, Measurement]:
    """What cnn has right of images made against capsnet and itself, in each norm."""
    found = {}
    for part in ("linf", "l2"):
        made = {
            name: PROBE.made(network, images, part=part, seed=0)
            for name, network in networks.items()
        }
        found[part] = PROBE.across(made)(networks["cnn"], images, part=part)
    return found


def means(measurement: Measurement) -> pd.Series:
    return measurement.observations.groupby(["condition", "severity"])["value"].mean()


@BOTH
def test_images_are_right_when_clean_and_fewer_are_the_larger_the_epsilon(
    shown: dict[str, Measurement], part: str, epsilons: tuple[float, float]
) -> None:
    for condition in (f"{part}/capsnet", f"{part}/cnn"):
        course = means(shown[part])[condition]
        assert list(course.index) == [0.0, *epsilons]
        assert course[0.0] == 1.0
        assert course[epsilons[1]] < course[epsilons[0]] <= 1.0


@BOTH
def test_a_network_is_deceived_more_by_its_own_images(
    shown: dict[str, Measurement], part: str, epsilons: tuple[float, float]
) -> None:
    found = means(shown[part])
    most = epsilons[1] if part == "l2" else epsilons[0]
    assert found[f"{part}/cnn", most] < found[f"{part}/capsnet", most]


def test_put_to_a_network_alone_it_shows_its_own(
    images: ImageSet, networks: dict[str, Network]
) -> None:
    alone = PROBE(networks["cnn"], images, part="linf")
    assert set(alone.observations["condition"]) == {"linf/itself"}
    again = PROBE(networks["cnn"], images, part="linf")
    pd.testing.assert_frame_equal(alone.observations, again.observations)


def test_only_images_that_both_have_right_are_counted(images: ImageSet) -> None:
    # Untrained, each has a few right by chance.
    blind = {
        seed: build("cnn", Frame(width=4, types=1), seed=seed, decoder=False).eval()
        for seed in (0, 1)
    }
    probe = Transfer(linf=(0.1,), steps=1, limit=40)
    found = probe.across({"cnn": probe.made(blind[0], images, part="linf", seed=0)})(
        blind[1], images, part="linf"
    )
    right = [predict(network, images)[:, 0] == images.labels for network in blind.values()]
    both = images.ids[right[0] & right[1]]
    clean = found.observations.query("severity == 0.0")
    assert sorted(clean["unit_id"]) == sorted(both.tolist())
    assert sum(found.left_out.values()) == 40 - len(both)


def test_nothing_is_counted_where_no_image_is_right_for_both(images: ImageSet) -> None:
    network = build("cnn", Frame(width=4, types=1), seed=0, decoder=False).eval()
    wrong = images.take((predict(network, images)[:, 0] != images.labels).nonzero().squeeze(1))
    found = Transfer(linf=(0.1,), steps=1)(network, wrong, part="linf")
    assert found.observations.empty
    assert sum(found.left_out.values()) == len(wrong)


def test_all_steps_are_taken_to_just_the_epsilon(
    images: ImageSet, networks: dict[str, Network]
) -> None:
    made = carry(networks["cnn"], images.limit(10), norm="linf", epsilons=(0.2,), steps=4, seed=0)
    apart = (made.images[0.2] - made.clean).abs().amax(dim=(1, 2, 3))
    # Some pixel went up, or down, in every step.
    assert torch.allclose(apart, torch.full_like(apart, 0.2), atol=1e-6)


@pytest.mark.parametrize("name", ["capsnet", "cnn"])
def test_in_the_euclidean_norm_they_end_at_the_edge(
    images: ImageSet, networks: dict[str, Network], name: str
) -> None:
    made = carry(networks[name], images, norm="l2", epsilons=(1.0,), steps=10, seed=0)
    apart = (made.images[1.0] - made.clean).flatten(1).norm(dim=1)
    assert apart.max() <= 1.0
    # [0, 1] cuts what points out of it.
    assert apart.min() > 0.9


def test_the_light_finds_sizes_that_other_attacks_have() -> None:
    ours, others = Transfer(), Adversarial()
    assert set(ours.l2) & set(others.l2)
    assert set(ours.linf) & set(others.linf)


def test_steps_in_the_euclidean_norm_follow_the_sum_of_gradients(
    networks: dict[str, Network],
) -> None:
    network, images = networks["cnn"], load_images("digits").limit(6)
    found = MomentumL2(steps=4)(
        network, images.images, images.labels, epsilon=1.5, seed=0, output_map="scores"
    )
    for image, label, ours in zip(images.images, images.labels, found, strict=True):
        at, total = image.clone(), torch.zeros_like(image)
        for _ in range(4):
            at.requires_grad_()
            loss = cross_entropy(network(at[None]), label[None])
            (gradient,) = torch.autograd.grad(loss, at)
            total += gradient / gradient.abs().sum()
            at = at.detach() + 2.5 * 1.5 / 4 * total / total.norm()
            apart = at - image
            at = (image + apart * min(1.0, 1.5 / float(apart.norm()))).clamp(0.0, 1.0)
        torch.testing.assert_close(ours, at, atol=1e-4, rtol=0.0)


def test_making_leaves_network_and_generator_as_they_were(
    images: ImageSet, networks: dict[str, Network]
) -> None:
    network = networks["capsnet"]
    drawn = torch.get_rng_state()
    wants = [each.requires_grad for each in network.parameters()]
    for part in ("linf", "l2"):
        PROBE.made(network, images, part=part, seed=0)
    assert torch.equal(torch.get_rng_state(), drawn)
    assert [each.requires_grad for each in network.parameters()] == wants


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"linf": (0.2, 0.1)}, "rising order"),
        ({"linf": (), "l2": ()}, "epsilons above 0"),
        ({"l2": (0.0, 1.0)}, "epsilons above 0"),
        ({"linf": (1.5,)}, "from 0 to 1, got 1.5"),
        ({"l2": (-1.0,)}, "l2 epsilons"),
        ({"steps": 0}, "steps"),
        ({"limit": 0}, "at least 1 image"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(UsageFault, match=message):
        Transfer(**settings)
