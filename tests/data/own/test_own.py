"""Images as users bring them: what is converted, what is refused, and that nothing is run."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from capsprobe import ImageSet
from capsprobe.data.own import called_in_tables, is_own
from capsprobe.data.own.converting import converted
from capsprobe.data.own.splitting import Raw
from capsprobe.data.views import Name
from capsprobe.faults import DataFault

RNG = np.random.default_rng(0)
LEVELS = RNG.integers(0, 256, (30, 28, 28), dtype=np.uint8)
LABELS = np.arange(30) % 3


def made(images=LEVELS, labels=LABELS, names=()) -> ImageSet:
    return converted(
        Raw(images=images, labels=np.asarray(labels), whole="test", names=names),
        name="own",
        split="test",
    )


@pytest.mark.parametrize(
    ("images", "wanted"),
    [
        (LEVELS, LEVELS / 255.0),
        (LEVELS / 255.0, LEVELS / 255.0),
        (LEVELS.astype(np.int64), LEVELS / 255.0),
        (LEVELS.astype(np.float32), LEVELS / 255.0),
        (LEVELS.astype(np.uint16), LEVELS / 255.0),
        (LEVELS / 127.5 - 1.0, LEVELS / 255.0),
        (LEVELS > 128, LEVELS > 128),
        (LEVELS[:, None], LEVELS / 255.0),
        (LEVELS[..., None], LEVELS / 255.0),
        (torch.from_numpy(LEVELS), LEVELS / 255.0),
    ],
)
def test_what_is_surely_meant_is_converted(images, wanted) -> None:
    found = made(images)
    np.testing.assert_allclose(found.images[:, 0].numpy(), wanted, atol=1e-6)
    assert found.notes[0] == "30 images of 3 classes in the split test"


@pytest.mark.parametrize(
    ("images", "note"),
    [
        (LEVELS.astype(np.float64), "pixels of 0 to 255 are divided by 255"),
        (LEVELS / 127.5 - 1.0, "pixels of -1 to 1 are moved to 0 to 1"),
        (np.stack([LEVELS] * 3, axis=-1), "colours are made grey"),
        (np.stack([LEVELS] * 4, axis=1), "the fourth channel is dropped"),
        (LEVELS[:, :14], "sizes are fitted to 28x28"),
        (np.concatenate([LEVELS[:15]] * 2), "15 images are copies of others"),
        (255 - LEVELS // 8, "the ground is light"),
    ],
)
def test_what_is_converted_is_said(images, note) -> None:
    assert any(note in each for each in made(images).notes)


@pytest.mark.parametrize(
    ("images", "labels", "line"),
    [
        (LEVELS / 100.0, LABELS, r"expected pixels in \[0, 1\], \[-1, 1\] or \[0, 255\], got"),
        (LEVELS.astype(float) - 300.0, LABELS, "expected pixels in"),
        (LEVELS.astype(np.int64) * 2, LABELS, "expected pixels in"),
        (np.where(LEVELS > 250, np.nan, 0.5), LABELS, "expected finite pixels"),
        (LEVELS[:0], LABELS[:0], "expected images in the split test, got none"),
        (LEVELS.reshape(30, -1), LABELS, r"expected images \(n, height, width\)"),
        (np.stack([LEVELS] * 7, axis=1), LABELS, r"expected images \(n, height, width\)"),
        (LEVELS.astype(str), LABELS, "expected numbers for pixels"),
        (LEVELS, LABELS[:-1], "expected a label for each of 30 images, got 29"),
        (LEVELS, LABELS + 1, "expected labels from 0 on, got 1..3 and no 0"),
        (LEVELS, LABELS - 1, r"expected labels in 0\.\."),
        (LEVELS, LABELS * 1000, r"expected labels in 0\.\.999, got 0\.\.2000"),
        (LEVELS, np.uint64(2**63) + LABELS.astype(np.uint64), r"got 9223372036854775810$"),
        (LEVELS, LABELS + 0.5, "expected whole numbers for labels, got 0.5"),
        (LEVELS, LABELS * np.nan, "expected whole numbers for labels"),
        (LEVELS, LABELS * 0, "expected images of at least 2 classes, got 1"),
        (LEVELS, np.stack([LABELS] * 2, axis=1), "expected one label an image"),
    ],
)
def test_what_could_be_meant_otherwise_is_refused(images, labels, line) -> None:
    with pytest.raises(DataFault, match=line):
        made(images, labels)


@pytest.mark.parametrize(
    ("labels", "note"),
    [
        (LABELS.astype(float), "whole numbers written as fractions"),
        (np.eye(3)[LABELS], "read from rows of ones and zeros"),
        (np.array(["b", "a", "c"])[LABELS], "numbered by the alphabet"),
        (LABELS * 2, "no image here is of class 1, 3"),
    ],
)
def test_labels_in_other_forms_are_read_and_said(labels, note) -> None:
    assert any(note in each for each in made(labels=labels).notes)


def test_a_longer_side_fills_the_canvas_and_proportions_stay() -> None:
    wide = np.full((6, 10, 20), 255, dtype=np.uint8)
    image = made(wide, LABELS[:6]).images[0, 0]
    assert image[7:21].min() == 1.0
    assert image[:7].max() == image[21:].max() == 0.0


def test_copies_under_other_labels_are_counted() -> None:
    twice = np.concatenate([LEVELS[:2], LEVELS[:2]])
    assert any("2 of them under several" in each for each in made(twice, [0, 1, 1, 0]).notes)


@given(
    hnp.arrays(
        dtype=st.sampled_from([np.uint8, np.float32, np.int16, np.bool_]),
        shape=hnp.array_shapes(min_dims=1, max_dims=4, max_side=6),
    ),
    hnp.arrays(dtype=st.sampled_from([np.int64, np.float64]), shape=hnp.array_shapes(max_dims=2)),
)
def test_any_arrays_give_images_or_one_line(images, labels) -> None:
    try:
        found = made(images, labels)
    except DataFault as fault:
        assert "\n" not in str(fault)
    else:
        assert found.images.shape[1:] == (1, 28, 28)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a/<script>alert(1)</script>.npz", "script"),
        ("../../mnist.npz", "own-mnist"),
        ("=cmd().npz", "cmd"),
        ("\u202egnp.npz", "gnp"),
        ("torchvision:KMNIST", "torchvision-kmnist"),
        ("own.py:make_it", "make-it"),
    ],
)
def test_names_in_tables_are_harmless(text, name) -> None:
    assert is_own(text)
    assert called_in_tables(text) == name
    assert Name.parse(text).base == name


def test_long_names_and_names_that_are_taken_stay_apart() -> None:
    long = [called_in_tables(f"{'a' * 300}{end}.npz") for end in "xy"]
    same = [called_in_tables(f"{place}/twin.npz") for place in "xy"]
    assert len(set(long)) == len(set(same)) == 2
    assert max(map(len, long)) <= 40
