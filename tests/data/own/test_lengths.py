"""Images and labels of the user's own: as many of one as of the other, and countable."""

import numpy as np
import pytest

from capsprobe import load_images
from capsprobe.faults import DataFault

LEVELS = np.random.default_rng(0).integers(0, 256, (30, 28, 28), dtype=np.uint8)
LABELS = np.arange(30) % 3


@pytest.mark.parametrize("labels", [LABELS[1:], LABELS[:10], np.tile(LABELS, 2)])
def test_labels_that_are_not_as_many_as_images_are_refused_before_any_are_chosen(
    labels, tmp_path
) -> None:
    np.savez(tmp_path / "own.npz", images=LEVELS, labels=labels)
    with pytest.raises(DataFault, match=f"a label for each of 30 images, got {len(labels)}"):
        load_images(f"{tmp_path}/own.npz", split="test")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("(image for image in ()), [0, 1]", "expected images, one after the other, got generator"),
        ("None, None", "expected images, one after the other, got NoneType"),
        ("np.float32(1.0), np.int64(1)", "expected images, one after the other"),
        ("np.zeros((6, 28, 28)), np.array(3)", "expected labels, one after the other"),
    ],
)
def test_what_a_function_gives_has_to_be_counted(given, words, tmp_path) -> None:
    code = tmp_path / "given.py"
    code.write_text(f"import numpy as np\ndef give(split):\n    return {given}\n", encoding="utf-8")
    with pytest.raises(DataFault, match=words):
        load_images(f"{code}:give", split="test")
