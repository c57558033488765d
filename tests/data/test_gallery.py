"""Samples: only what was recognised when clean, at the first severity that broke it."""

import torch

from capsprobe.data.gallery import SIZE, Gallery
from capsprobe.tables import SAMPLE_COLUMNS
from tests.data.toys import bars


def answers(images, *, wrong_ids=()):
    wrong = torch.tensor([int(each) in wrong_ids for each in images.ids])
    return torch.where(wrong, (images.labels + 1) % 4, images.labels).unsqueeze(1)


def test_an_image_is_taken_once_and_at_its_first_failure():
    images = bars()
    gallery = Gallery("shear")
    gallery.look(0.0, images, answers(images))
    gallery.look(0.1, images, answers(images, wrong_ids={3}))
    gallery.look(0.2, images, answers(images, wrong_ids={3, 5}))
    table = gallery.table()
    assert tuple(table.columns) == SAMPLE_COLUMNS
    assert table["unit_id"].tolist() == [3, 5]
    assert table["severity"].tolist() == [0.1, 0.2]
    assert table.loc[0, ["label", "clean_prediction", "prediction"]].tolist() == ["3", "3", "0"]


def test_an_image_that_was_wrong_when_clean_is_no_sample():
    images = bars()
    gallery = Gallery("shear")
    gallery.look(0.0, images, answers(images, wrong_ids={3}))
    gallery.look(0.1, images, answers(images, wrong_ids={3}))
    assert len(gallery.table()) == 0


def test_there_are_a_few_and_no_more():
    images = bars()
    gallery = Gallery("shear")
    gallery.look(0.0, images, answers(images))
    gallery.look(0.1, images, answers(images, wrong_ids=set(range(12))))
    assert len(gallery.table()) == SIZE


def test_there_are_fewer_where_that_is_asked_for():
    gallery = Gallery("noise/shot", size=1)
    gallery.look(0.0, bars(), answers(bars()))
    gallery.look(1.0, bars(), answers(bars(), wrong_ids=set(range(12))))
    assert gallery.table()["unit_id"].tolist() == [0]


def test_pixels_are_those_of_the_clean_and_of_the_perturbed_image():
    images = bars()
    gallery = Gallery("shear")
    gallery.look(0.0, images, answers(images))
    part = images.take(torch.tensor([7, 2]))
    gallery.look(0.1, part, answers(part, wrong_ids={2}))
    row = gallery.table().iloc[0]
    expected = (images.images[2] * 255).flatten().int().tolist()
    assert row["clean"] == row["perturbed"] == expected
    assert (row["height"], row["width"]) == images.size
