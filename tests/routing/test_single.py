import pytest
import torch

from capsprobe.routing.single import singles

CHILDREN = 0.3 * torch.randn(4, 9, 5, generator=torch.Generator().manual_seed(0))


def numbers(children, iterations=4):
    found = singles(children, "single", iterations=iterations)
    return {(each.metric, each.iteration): each.values for each in found}


def literally(children, rounds):
    """The article's formula for one image."""
    logits = torch.zeros(len(children), dtype=torch.float64)
    for _ in range(rounds):
        total = (torch.softmax(logits, dim=0).unsqueeze(1) * children).sum(dim=0)
        squared = total @ total
        logits = logits + children @ (total * squared / (1 + squared) / squared.sqrt())
    return (logits.unsqueeze(1) * children).sum(dim=0), torch.softmax(logits, dim=0)


@pytest.mark.parametrize("rounds", [1, 2, 4])
def test_numbers_are_those_of_the_articles_formula(rounds):
    found = numbers(CHILDREN)
    for image, children in enumerate(CHILDREN.double()):
        output, weights = literally(children, rounds)
        mean = children.mean(dim=0)
        weighted = (weights.unsqueeze(1) * children).sum(dim=0)
        expected = {
            "cosine_mean": output @ mean / output.norm() / mean.norm(),
            "cosine_weighted": output @ weighted / output.norm() / weighted.norm(),
            "effective_children": torch.exp(-(weights * weights.log()).sum()),
        }
        for metric, value in expected.items():
            assert found[metric, rounds][image].item() == pytest.approx(value.item(), rel=1e-4)


@pytest.mark.parametrize(
    "children", [torch.zeros(2, 3, 4), torch.ones(2, 3, 4), torch.ones(2, 1, 4)]
)
def test_degenerate_children_have_defined_numbers(children):
    found = numbers(children)
    assert all(torch.isfinite(values).all() for values in found.values())
    count = torch.full((2,), float(children.shape[1]))
    torch.testing.assert_close(found["effective_children", 4], count)
