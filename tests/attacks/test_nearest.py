"""Attacks that seek the nearest image that errs find the closed form of a linear network."""

from dataclasses import dataclass, fields
from typing import ClassVar

import pytest
import torch
import torchattacks

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.base import attacks
from capsprobe.attacks.curve import attack_curve, unattacked
from capsprobe.attacks.deepfool import DeepFool
from capsprobe.attacks.distances import found_by, from_curve
from capsprobe.attacks.nearest import MinimumNorm, shorten
from capsprobe.attacks.norms import sizes
from capsprobe.attacks.output_maps import OUTPUT_MAPS
from capsprobe.data.views import load_images
from capsprobe.models.checkpoints import load_model
from tests.attacks.toys import Linear, Saturated, answers, middling
from tests.oracles.attacks import distance

SEEKERS = [name for name in attacks if issubclass(attacks[name], MinimumNorm)]
every_seeker = pytest.mark.parametrize("name", SEEKERS)
# By how much more than the closed form: a random walk comes near, descent to a thousandth.
MORE = {"boundary": 1.10, "cw": 1.01}
SMALL = {"boundary": {"queries": 3000}, "cw": {"steps": 100, "searches": 6}}


def case(network, count=8):
    """Return images and labels, the last two of them wrong, and closed-form distances."""
    images = middling(count)
    labels = answers(network, images)
    labels[-2:] = 1 - labels[-2:]
    return images, labels


def exact(images, labels, norm):
    arrays = Linear().arrays
    return torch.tensor(
        [
            distance(*arrays, image.double().numpy(), int(label), norm)
            for image, label in zip(images, labels, strict=True)
        ]
    )


def found(name, network, images, labels, output_maps=("logits",)):
    clean = unattacked(network, images, labels)
    search = attacks[name](**SMALL.get(name, {}))
    return found_by(search, network, clean, labels, seed=0, output_maps=output_maps)


@every_seeker
@pytest.mark.parametrize("network", [Linear(), Saturated(), Linear(gain=300.0)])
def test_distances_are_the_closed_form_of_a_linear_network(name, network):
    network = network.eval()
    images, labels = case(network)
    nearest = found(name, network, images, labels)
    expected = exact(images, labels, attacks[name].norm)
    ratio = (nearest.distances / expected)[:-2]
    assert (ratio >= 1.0 - 1e-4).all()
    assert (ratio <= MORE.get(name, 1.005)).all()
    assert (nearest.distances[-2:] == 0.0).all()


@every_seeker
def test_what_was_found_errs_and_lies_that_far_away(name):
    network = Linear().eval()
    images, labels = case(network)
    nearest = found(name, network, images, labels)
    right = slice(None, -2)
    assert (answers(network, nearest.images)[right] != labels[right]).all()
    assert torch.equal(nearest.predictions, answers(network, nearest.images))
    assert torch.equal(nearest.distances, sizes(nearest.images - images, attacks[name].norm))


@every_seeker
def test_a_curve_breaks_at_the_first_epsilon_that_is_no_less_than_the_distance(name):
    network = Linear().eval()
    images, labels = case(network)
    clean, nearest = unattacked(network, images, labels), found(name, network, images, labels)
    middle = nearest.distances[:-2].median().item()
    epsilons = (0.5 * middle, middle)
    curve = nearest.curve(clean, epsilons)
    for row, size in enumerate(nearest.distances.tolist()):
        expected = 0.0 if size == 0.0 else min([e for e in epsilons if e >= size] or [torch.inf])
        assert curve.smallest[row] == expected
    far = curve.smallest.isinf()
    assert far.any() and torch.equal(curve.images[far], images[far])
    assert torch.equal(curve.predictions[far], labels[far])
    near = curve.smallest.isfinite()
    assert (sizes(curve.images - images, attacks[name].norm)[near] <= max(epsilons)).all()


@pytest.mark.parametrize("name", ["deepfool", "fab", "fab-l2"])
def test_the_nearest_over_maps_is_no_farther_than_over_one(name):
    network = Saturated().eval()
    images, labels = case(network)
    one, other = (found(name, network, images, labels, (each,)) for each in ("margin", "scores"))
    both = found(name, network, images, labels, ("margin", "scores"))
    assert torch.equal(both.distances, torch.minimum(one.distances, other.distances))


@dataclass(frozen=True, kw_only=True)
class Lost(MinimumNorm):
    """Finds nothing for the first image, and for the others something far away."""

    name: ClassVar = "lost"
    norm: ClassVar = "l2"

    def nearest(self, mapped, images, labels):
        away = 1.0 - images.sign() * mapped.network.weight.detach()[labels].view_as(images).sign()
        far = away.clamp(0.0, 1.0)
        far[0] = images[0]
        return far


def test_an_image_that_nothing_breaks_has_no_distance():
    network = Linear().eval()
    images, labels = case(network)
    clean = unattacked(network, images, labels)
    nearest = found_by(Lost(), network, clean, labels, seed=0, output_maps=("scores",))
    assert nearest.distances[0].isinf() and torch.equal(nearest.images[0], images[0])
    assert nearest.distances[1:-2].isfinite().all() and nearest.predictions[0] == labels[0]
    # It was sought all the same.
    assert nearest.attacked.all()


def test_what_was_found_is_drawn_back_to_the_boundary_on_its_way():
    network = Linear().eval()
    images = middling(6)
    labels = answers(network, images)
    mapped = Adapter(network, OUTPUT_MAPS["scores"])
    far = (images - 2.0 * network.weight.detach()[labels].view_as(images)).clamp(0.0, 1.0)
    near = shorten(mapped, far, images, labels)
    assert mapped.errs(far, labels).all() and mapped.errs(near, labels).all()
    way = far - images
    inside = (
        images
        + (sizes(near - images, "l2") / sizes(way, "l2") - 1.0 / 1024)
        .float()[:, None, None, None]
        .clamp(min=0.0)
        * way
    )
    assert not mapped.errs(inside, labels).any()
    torch.testing.assert_close(
        (near - images).flatten(1) / (near - images).flatten(1).norm(dim=1, keepdim=True),
        way.flatten(1) / way.flatten(1).norm(dim=1, keepdim=True),
        atol=1e-5,
        rtol=0.0,
    )


def test_distances_of_attacks_within_epsilons_are_the_sizes_found():
    network = Linear().eval()
    images, labels = case(network)
    clean = unattacked(network, images, labels)
    curve = attack_curve(
        attacks["fgsm"](),
        network,
        clean,
        labels,
        epsilons=(0.05, 0.1),
        seed=0,
        output_maps=("scores",),
    )
    found = from_curve(curve, images, "linf").distances
    assert (found[curve.smallest.isinf()] == torch.inf).all()
    assert (found[curve.smallest == 0.0] == 0.0).all()
    broken = curve.smallest.isfinite() & (curve.smallest > 0.0)
    assert broken.any() and (found[broken] <= curve.smallest[broken] + 1e-6).all()


@pytest.mark.parametrize(
    ("name", "setting"),
    [(name, each.name) for name in SEEKERS for each in fields(attacks[name]) if each.type is int],
)
def test_a_setting_below_one_is_refused(name, setting):
    with pytest.raises(Exception, match=f"expected {setting} >= 1, got 0"):
        attacks[name](**{setting: 0})


def test_pixels_held_at_the_ends_do_not_stop_the_steps_short_of_the_boundary():
    images = load_images("digits").limit(4)
    network = load_model("capsnet").eval()
    clean = unattacked(network, images.images, images.labels)
    ours = found_by(DeepFool(), network, clean, images.labels, seed=0, output_maps=("logits",))
    assert ours.distances.isfinite().all()
    mapped = Adapter(network, OUTPUT_MAPS["logits"])
    theirs = torchattacks.DeepFool(mapped, steps=50, overshoot=0.5)(images.images, images.labels)
    broken = mapped.errs(theirs, images.labels) & (clean.smallest > 0.0)
    sized = sizes(theirs - images.images, "l2")[broken]
    assert ours.distances[broken].median() <= sized.median() * 1.5
