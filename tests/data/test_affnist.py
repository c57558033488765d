"""The affNIST maker: ranges, whole digits, one cluster a digit, the same by seed."""

from dataclasses import replace

import pytest
import torch

from capsprobe.data.affnist import CANVAS, affnist, affnist_twins
from capsprobe.data.digits import digits
from capsprobe.data.overlay import boxes
from capsprobe.data.warp import linear_maps, warp, warp_whole
from capsprobe.faults import DataFault
from tests.data.toys import bars


@pytest.fixture(scope="module")
def base():
    return digits("test")


@pytest.fixture(scope="module")
def made(base):
    return affnist(base, seed=0)


def test_parameters_fill_the_protocols_ranges(made):
    table = made.parameters
    for name, low, high in (
        ("rotation", -20.0, 20.0),
        ("shear", -0.2, 0.2),
        ("scale_x", 0.8, 1.2),
        ("scale_y", 0.8, 1.2),
    ):
        spread = high - low
        assert low <= table[name].min() < low + spread / 20
        assert high - spread / 20 < table[name].max() <= high


def test_the_stored_parameters_make_the_image_again(base, made):
    table = made.parameters
    maps = linear_maps(
        len(base),
        **{name: table[name].to_numpy() for name in ("rotation", "shear", "scale_x", "scale_y")},
    )
    moves = torch.from_numpy(table[["row", "column"]].to_numpy(dtype=float))
    again, lost = warp_whole(base.images, maps, canvas=CANVAS, moves=moves)
    torch.testing.assert_close(again, made.images)
    assert lost.max().item() == 0.0


def test_digits_reach_every_edge_of_the_canvas(made):
    ends = boxes(made.images)
    assert ends.amin(dim=0)[[0, 2]].tolist() == [0, 0]
    assert ends.amax(dim=0)[[1, 3]].tolist() == [CANVAS, CANVAS]


def test_a_set_repeats_by_seed_and_differs_without(base, made):
    assert affnist(base, seed=0).sha256 == made.sha256
    assert affnist(base, seed=1).sha256 != made.sha256


def test_a_limited_set_gets_the_same_transformations(base, made):
    few = affnist(base.limit(20), seed=0)
    rows = torch.isin(made.ids, few.ids)
    assert torch.equal(few.images, made.images[rows])


def test_all_versions_of_a_digit_share_its_id(base):
    several = affnist(base.limit(10), seed=0, versions=3)
    assert len(several) == 30
    assert torch.bincount(several.ids).max().item() == 3
    assert several.parameters["version"].tolist() == [0] * 10 + [1] * 10 + [2] * 10
    assert several.parameters["rotation"].nunique() == 30


def test_the_untransformed_twin_is_the_digit_at_the_same_place(base):
    twins = affnist_twins(base, seed=0)
    moves = torch.from_numpy(twins.transformed.parameters[["row", "column"]].to_numpy(dtype=float))
    plain, lost = warp_whole(base.images, linear_maps(len(base)), canvas=CANVAS, moves=moves)
    inside = lost == 0.0
    assert inside.double().mean().item() > 0.7
    assert torch.equal(twins.untransformed[inside], plain[inside])


def test_an_untransformed_twin_never_loses_ink(base):
    twins = affnist_twins(base, seed=0)
    torch.testing.assert_close(
        twins.untransformed.sum(dim=(1, 2, 3)), base.images.sum(dim=(1, 2, 3))
    )


def test_a_digit_that_fits_nowhere_is_left_out_and_named():
    full = torch.ones(1, 1, 28, 28)
    images = replace(bars(), images=torch.cat([full, bars().images[1:]]))
    several = [affnist_twins(images, seed=seed) for seed in range(4)]
    assert {len(twins.rows) for twins in several} == {11, 12}
    short = next(twins for twins in several if len(twins.rows) == 11)
    assert short.rows.tolist() == list(range(1, 12))
    assert len(short.untransformed) == len(short.transformed) == 11


def test_a_set_that_fits_nowhere_is_refused():
    large = replace(bars(), images=torch.ones(12, 1, 44, 44))
    with pytest.raises(DataFault, match="fit on 40x40"):
        affnist(large)


def test_it_is_not_only_moved(base):
    twins = affnist_twins(base, seed=0)
    assert not torch.equal(twins.transformed.images, twins.untransformed)
    assert (
        warp(base.images, linear_maps(len(base)), canvas=CANVAS).shape == twins.untransformed.shape
    )
