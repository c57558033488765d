"""Views of a base: names, placing, pairing, training batches, and the field's aliases."""

import pytest
import torch

from capsprobe.data import move, overlay, views
from capsprobe.data.affnist import affnist
from capsprobe.data.base import Source, datasets
from capsprobe.data.digits import digits
from capsprobe.data.mat import read_mat_files
from capsprobe.data.views import Name, load_images, names
from capsprobe.faults import UsageFault
from tests.data.test_mat import write
from tests.data.toys import bars


@pytest.fixture(scope="module")
def base():
    return digits("test")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("digits", ("digits", "single")),
        ("digits-placed", ("digits", "placed")),
        ("mnist-pairs", ("mnist", "pairs")),
        ("mnist-affnist", ("mnist", "placed")),
        ("affnist", ("mnist", "placed")),
        ("multimnist", ("mnist", "pairs")),
    ],
)
def test_a_name_says_the_base_and_the_view_to_train_on(text, meant):
    name = Name.parse(text)
    assert (name.base, name.view) == meant
    assert Name.parse(str(name)) == name


def test_every_name_that_is_listed_is_known():
    assert {Name.parse(name).base for name in names()} == set(datasets)
    assert {"affnist", "multimnist", "digits-affnist", "fashion-pairs"} <= set(names())


@pytest.mark.parametrize("text", ["digit", "digits-pair", "digits-single", "-pairs", "placed", ""])
def test_an_unknown_name_is_refused_with_those_known(text):
    with pytest.raises(UsageFault, match="unknown dataset .* Known: digits, "):
        Name.parse(text)


def test_placed_digits_are_whole_and_where_the_parameters_say(base):
    placed = load_images("digits-placed")
    corners = torch.tensor(placed.parameters[["row", "column"]].to_numpy())
    again = move.place(base.images, canvas=40, rows=corners[:, 0], columns=corners[:, 1])
    assert torch.equal(placed.images, again)
    torch.testing.assert_close(placed.images.double().sum(), base.images.double().sum())


@pytest.mark.parametrize("pixels", [4, 6])
def test_pairs_are_two_classes_of_one_split_where_the_parameters_say(base, pixels):
    pairs = views.pairs(base, pixels=pixels, seed=0)
    assert bool((pairs.labels[:, 0] != pairs.labels[:, 1]).all())
    row_of = {int(each): row for row, each in enumerate(base.ids)}
    total = torch.zeros_like(pairs.images)
    for which, column in (("first", 0), ("second", 1)):
        rows = torch.tensor([row_of[each] for each in pairs.parameters[f"{which}_id"]])
        assert torch.equal(base.labels[rows], pairs.labels[:, column])
        moves = pairs.parameters[[f"{which}_row", f"{which}_column"]].to_numpy()
        assert abs(moves).max() == pixels
        total += overlay.moved(base.images[rows], torch.tensor(moves), canvas=36)
    assert torch.equal(total.clamp(max=1.0), pairs.images)


def test_pairs_repeat_by_seed(base):
    one, again, other = (views.pairs(base, pixels=4, seed=seed) for seed in (0, 0, 1))
    assert one.sha256 == again.sha256
    assert one.sha256 != other.sha256


def test_a_pair_that_the_canvas_would_cut_is_left_out():
    images = bars()
    wide = images.images.clone()
    wide[:, 0, 14, :] = 1.0
    full = views.ImageSet(
        name="wide", split="test", classes=4, images=wide, labels=images.labels, ids=images.ids
    )
    assert len(views.pairs(full, pixels=4, seed=0)) == len(images)
    pairs = views.pairs(full, pixels=8, seed=0)
    assert 0 < len(pairs) < len(images)
    assert pairs.parameters[["first_column", "second_column"]].abs().max().max() <= 4


@pytest.mark.parametrize(("view", "canvas"), [("single", 28), ("placed", 40), ("pairs", 36)])
def test_training_batches_fit_the_canvas_and_repeat_by_generator(base, view, canvas):
    rows = torch.arange(30)
    one, two = (
        views.fresh(view, base, rows, generator=torch.Generator().manual_seed(2)) for _ in range(2)
    )
    assert torch.equal(one[0], two[0])
    assert one[0].shape[-2:] == (canvas, canvas)
    assert views.canvas(view, base) == canvas
    assert torch.equal(one[1].reshape(30, -1)[:, 0], base.labels[rows])


def test_the_training_draws_have_not_changed():
    """Checkpoints were trained on these: new draws would make their recipe untrue."""
    hashes = []
    for view in views.VIEWS:
        generator = torch.Generator().manual_seed(11)
        images, _ = views.fresh(view, bars(), torch.arange(12), generator=generator)
        weight = torch.arange(1.0, images[0].numel() + 1).view(images[0].shape) / 1000
        hashes.append(round((images.sum(dim=0) * weight).sum().item()))
    assert hashes == [126, 260, 363]


def test_affnist_is_made_from_any_base(base):
    made = load_images("digits-affnist", seed=3)
    assert made.sha256 == affnist(base, seed=3).sha256


def test_the_official_files_are_read_where_the_folder_has_them(tmp_path):
    write(tmp_path / "test_batches" / "1.mat")
    images = load_images("affnist", source=Source(folder=tmp_path))
    assert images.sha256 == read_mat_files((tmp_path / "test_batches" / "1.mat",)).sha256


def test_the_fields_names_are_made_from_mnist(monkeypatch):
    asked = []

    def other(split, source):
        asked.append((split, source))
        return bars()

    monkeypatch.setitem(datasets._members, "mnist", other)
    assert len(load_images("affnist")) == 12
    assert load_images("multimnist").sha256 == views.pairs(bars(), pixels=4, seed=0).sha256
    assert [split for split, _ in asked] == ["test", "test"]
