"""Draws that belong to an image's id."""

import numpy as np
import torch

from capsprobe.data.draws import draw_each, pick, signs
from capsprobe.seeds import generator


def test_an_image_keeps_its_draws_whatever_other_images_there_are():
    everything = draw_each(generator(0), torch.arange(100), count=3)
    few = draw_each(generator(0), torch.tensor([70, 4]), count=3)
    assert np.array_equal(few, everything[[70, 4]])


def test_signs_are_both_and_even():
    found = signs(draw_each(generator(1), torch.arange(2000), count=1)[:, 0])
    assert set(found.tolist()) == {-1.0, 1.0}
    assert abs(found.mean()) < 0.1


def test_picks_cover_each_choice_and_no_more():
    draws = np.linspace(0.0, 1.0, 100, endpoint=False)
    assert np.bincount(pick(draws, 4)).tolist() == [25, 25, 25, 25]
    assert pick(draws[-1:], np.array([3])).tolist() == [2]
