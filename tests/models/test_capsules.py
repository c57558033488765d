import torch

from capsprobe.models.capsules import Votes, primary_capsules
from capsprobe.routing.base import squash


def test_a_child_is_a_block_of_channels_at_one_place():
    maps = torch.randn(2, 6, 2, 3, generator=torch.Generator().manual_seed(0))
    children = primary_capsules(maps, pose=3)
    assert children.shape == (2, 2 * 2 * 3, 3)
    # The second type, second row, first column.
    torch.testing.assert_close(children[:, 6 + 3], squash(maps[:, 3:6, 1, 0]))


def test_a_vote_is_the_childs_own_matrix_times_its_pose():
    votes = Votes(children=4, child_pose=3, parents=2, pose=5)
    children = torch.randn(6, 4, 3, generator=torch.Generator().manual_seed(0))
    matrices = votes.weight.unflatten(2, (2, 5))
    expected = torch.einsum("bik,ikjd->bijd", children, matrices)
    torch.testing.assert_close(votes(children), expected)


def test_an_empty_child_votes_for_nothing():
    votes = Votes(children=4, child_pose=3, parents=2, pose=5)
    assert not votes(torch.zeros(1, 4, 3)).any()
