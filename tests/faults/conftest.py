"""A tiny untrained checkpoint and one finished run of it, made once."""

from pathlib import Path

import pytest

from capsprobe.cli import asking, measuring, options
from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import build, write_entry, write_weights
from tests.data.own.filed import forgotten
from tests.faults.table import SMALL, Bench
from tests.study.conftest import entry


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one network, tiny and untrained."""
    folder = tmp_path_factory.mktemp("weights")
    network = build("cnn", Frame(classes=10, canvas=28, width=4, types=1), seed=0, decoder=False)
    sha256 = write_weights(folder / "cnn.digits.0.safetensors", network.state_dict())
    write_entry(folder, entry("cnn", 0, sha256))
    return folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Path:
    """Return the folder of a finished run."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    request = measuring.Request(
        settings=asking.robustness_settings(
            models=("cnn",),
            training_seeds=(0,),
            weights=[str(weights)],
            probes=("affine",),
            limit=2,
            epsilons=(),
            budget=None,
            dtype="fp32",
            config=None,
            device="cpu",
            batch_size="auto",
        ),
        folder=folder,
        title=measuring.title_of("Robustness", "digits"),
        command=options.typed([*SMALL]),
        fresh=False,
        as_json=False,
        quiet=True,
        jobs="1",
    )
    assert measuring.measure(request, tell=False) == 0
    return folder


@pytest.fixture
def bench(
    tmp_path: Path,
    weights: Path,
    finished: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Bench:
    """Return a bench in an empty folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    with forgotten():
        yield Bench(
            home=tmp_path, weights=weights, finished=finished, patch=monkeypatch, _capture=capsys
        )
