import pytest
import torch

from capsprobe.data.images import ImageSet
from capsprobe.faults import ModelFault
from capsprobe.models.base import Frame, Network
from capsprobe.models.inference import accuracy, predict, score, top


class Corner(Network):
    """Scores a class by the pixel of its number in the first row."""

    scores = "logits"
    frame = Frame(classes=3, canvas=3)

    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(1))

    def forward(self, images):
        return images[:, 0, 0] * self.gain


def image_set(rows, labels):
    images = torch.zeros(len(rows), 1, 3, 3)
    images[:, 0, 0] = torch.tensor(rows)
    return ImageSet(
        name="rows",
        split="test",
        classes=3,
        images=images,
        labels=torch.tensor(labels),
        ids=torch.arange(len(rows)),
    )


@pytest.mark.parametrize("batch_size", [1, 2, 5, 100])
def test_the_batch_size_changes_nothing(batch_size):
    images = torch.rand(5, 1, 3, 3, generator=torch.Generator().manual_seed(0))
    network = Corner()
    network.batch_size = batch_size
    assert torch.equal(score(network, images), images[:, 0, 0])


def test_scores_carry_no_gradient():
    scores = score(Corner(), torch.zeros(1, 1, 3, 3))
    assert not scores.requires_grad
    assert not scores.is_inference()


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_score_that_is_not_finite_is_a_fault(value):
    with pytest.raises(ModelFault, match="expected finite scores"):
        score(Corner(), torch.full((1, 1, 3, 3), value))


def test_the_highest_scores_are_sorted_by_class():
    assert top(torch.tensor([[0.1, 0.9, 0.5], [0.9, 0.1, 0.5]]), count=2).tolist() == [
        [1, 2],
        [0, 2],
    ]


def test_accuracy_of_single_labels():
    images = image_set([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [0, 2])
    assert predict(Corner(), images).tolist() == [[0], [1]]
    assert accuracy(Corner(), images) == 0.5


def test_accuracy_of_pairs_asks_for_both():
    images = image_set([[0.9, 0.8, 0.0], [0.9, 0.8, 0.0]], [[1, 0], [0, 2]])
    assert accuracy(Corner(), images) == 0.5
