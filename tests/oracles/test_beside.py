"""What tells that another library's attack beats a run's worst case, with attacks of our own."""

import pandas as pd
import pytest
import torch

from capsprobe.data.views import load_images
from capsprobe.models.checkpoints import load_model
from tests.oracles import beside

EPSILON = 1.0


def blank(network, images, labels, epsilon):
    return torch.zeros_like(images)


def nothing(network, images, labels, epsilon):
    return images


@pytest.fixture
def compared(monkeypatch, tmp_path):
    """Return what comes of attacks beside a worst case in which three quarters stand."""
    images = load_images("digits").limit(20)
    standing = pd.DataFrame(
        {
            "model": "cnn",
            "training_seed": 0,
            "severity": EPSILON,
            "unit_id": images.ids.tolist(),
            "value": [1.0] * 15 + [0.0] * 5,
        }
    )
    monkeypatch.setattr(beside, "worst_case", lambda run: standing)
    monkeypatch.setattr(beside, "load_images", lambda name, source: images)
    monkeypatch.setattr(beside, "load_model", lambda name, dataset, seed: load_model(name))
    monkeypatch.setattr(beside.importlib.util, "find_spec", lambda name: name)

    def compare(**others):
        monkeypatch.setattr(beside, "OTHERS", others)
        return beside.main([str(tmp_path), "--data-dir", str(tmp_path)])

    return compare


@pytest.mark.parametrize(("art", "status"), [(nothing, 0), (blank, 1)])
def test_one_that_leaves_less_standing_is_told(compared, tmp_path, art, status):
    assert compared(foolbox=nothing, art=art) == status
    (row,) = pd.read_csv(tmp_path / "elsewhere.csv").to_dict("records")
    assert (row["worst_case"], row["images"], row["foolbox"]) == (0.75, 20, 1.0)
    assert (row["lowest"] < 0.75) == bool(status)


def test_without_the_libraries_nothing_is_compared(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(beside.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as ended:
        beside.main([str(tmp_path), "--data-dir", str(tmp_path)])
    assert ended.value.code == 2
    assert "foolbox and art" in capsys.readouterr().err
