import numpy as np
import torch

from capsprobe.routing.contrasts import contrast
from capsprobe.routing.shares import divergence

LABELS = torch.tensor([0, 0, 0, 1, 1, 1, 2])


def contrasted(shares, partners=2):
    found = contrast([shares], LABELS, "here", partners=partners, rng=np.random.default_rng(0))
    return {each.metric: each.values for each in found}


def by_class():
    """One parent a class, for all children alike."""
    return torch.eye(3)[LABELS].unsqueeze(1).expand(-1, 5, -1)


def test_a_static_routing_has_no_contrast_at_all():
    drawn = torch.randn(1, 5, 3, generator=torch.Generator().manual_seed(0)).softmax(dim=2)
    found = contrasted(drawn.expand(7, -1, -1))
    assert found["js_constant"].abs().max() < 1e-6
    assert found["js_between"].abs().max() < 1e-6
    assert found["js_within"][:6].abs().max() < 1e-6


def test_coefficients_that_follow_the_class_differ_between_classes_alone():
    found = contrasted(by_class())
    torch.testing.assert_close(found["js_between"], torch.ones(7))
    torch.testing.assert_close(found["js_within"][:6], torch.zeros(6))
    assert (found["js_constant"] > 0.1).all()


def test_an_image_without_others_of_its_class_has_no_number():
    assert contrasted(by_class())["js_within"].isnan().tolist() == [False] * 6 + [True]


def test_with_all_partners_it_is_the_mean_over_all_others_of_the_class():
    shares = torch.randn(7, 5, 3, generator=torch.Generator().manual_seed(1)).softmax(dim=2)
    found = contrasted(shares, partners=2)["js_within"][0]
    pairs = [divergence(shares[:1], shares[[other]]) for other in (1, 2)]
    torch.testing.assert_close(found, torch.cat(pairs).mean())
