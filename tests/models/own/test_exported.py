"""Archives of torch.export that users, or those who wish them ill, may bring."""

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from capsprobe.faults import ModelFault
from capsprobe.models.base import Frame
from capsprobe.models.own import load_own
from capsprobe.models.own.exported import exported
from capsprobe.models.own.weights import read_weights
from tests.models.own import toys
from tests.models.own.bombs import Bomb

FRAME = Frame()
IMAGES = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exported") / "own.pt2"
    network = nn.Sequential(nn.Conv2d(1, 3, 5), nn.ReLU(), nn.Flatten(), nn.Linear(1728, 10)).eval()
    program = torch.export.export(
        network,
        (IMAGES,),
        dynamic_shapes=({0: torch.export.Dim("images", min=1, max=4096)},),
    )
    torch.export.save(program, path)
    return path


def altered(archive: Path, path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    with zipfile.ZipFile(archive) as held, zipfile.ZipFile(path, "w") as copy:
        for entry in held.infolist():
            copy.writestr(entry.filename, change(entry.filename, held.read(entry)))
    return path


class Making(nn.Module):
    """A network that makes a tensor of its own, and casts."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(784, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        start = torch.zeros(images.shape[0], 784, device=images.device)
        scaled = images.flatten(1) * torch.tensor([2.0])
        return self.layer((start + scaled).double().to("cpu", torch.float32))


def test_an_exported_network_can_be_moved_with_all_that_it_makes(tmp_path: Path) -> None:
    path = tmp_path / "own.pt2"
    torch.export.save(torch.export.export(Making().eval(), (IMAGES,)), path)
    network = exported(path)
    right = network(IMAGES)
    elsewhere = network.to("meta")
    assert elsewhere(IMAGES.to("meta")).device.type == "meta"
    torch.testing.assert_close(exported(path).to("cpu")(IMAGES), right)


def test_an_exported_network_answers_as_it_did(archive: Path) -> None:
    # Its mode was decided when it was exported: that of torch's wrapper says nothing of it.
    assert not exported(archive).training
    network = load_own(str(archive), FRAME)
    torch.testing.assert_close(network(IMAGES), torch.export.load(archive).module()(IMAGES))
    assert network(IMAGES[:1]).shape == (1, 10)


def test_an_archive_with_a_fixed_number_of_images_says_so(tmp_path: Path) -> None:
    path = tmp_path / "fixed.pt2"
    torch.export.save(torch.export.export(toys.Linear().eval(), (IMAGES,)), path)
    with pytest.raises(ModelFault, match="Guard failed"):
        load_own(str(path), FRAME)


def test_pickled_sample_inputs_are_not_run(archive: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    def change(name: str, content: bytes) -> bytes:
        return pickle.dumps(Bomb(mark)) if "sample_inputs" in name else content

    with pytest.raises(ModelFault, match="expected tensors as sample inputs"):
        exported(altered(archive, tmp_path / "bad.pt2", change))
    assert not mark.exists()


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"use_pickle": false', '"use_pickle": true', "expected plain weights, got a pickle"),
        ("torch.ops.aten.relu.default", "torch.hub.load", "expected torch's arithmetic"),
        ("torch.ops.aten.relu.default", "os.system", "expected torch's arithmetic"),
        ("torch.ops.aten.relu.default", "torch.ops.aten.from_file", "expected torch's arithmetic"),
        ("positive=True", "positive=__import__('os').getcwd()", "expected expressions of sizes"),
    ],
)
def test_what_an_archive_could_run_is_refused(
    old: str, new: str, line: str, archive: Path, tmp_path: Path
) -> None:
    changed = []

    def change(name: str, content: bytes) -> bytes:
        if name.endswith(".json"):
            changed.append(old.encode() in content)
            return content.replace(old.encode(), new.encode())
        return content

    path = altered(archive, tmp_path / "bad.pt2", change)
    assert any(changed)
    with pytest.raises(ModelFault, match=line):
        exported(path)


def test_guards_are_not_compiled(archive: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    def change(name: str, content: bytes) -> bytes:
        if not name.endswith("models/model.json"):
            return content
        facts = json.loads(content)
        facts["guards_code"] = [f"open({str(mark)!r}, 'w')"]
        return json.dumps(facts).encode()

    exported(altered(archive, tmp_path / "guarded.pt2", change))(IMAGES)
    assert not mark.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>", b"\x80\x04."])
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "own.pt2"
    path.write_bytes(content)
    with pytest.raises(ModelFault, match="expected an archive of torch"):
        exported(path)


@given(content=st.binary(max_size=200))
def test_random_bytes_are_no_archive_and_no_weights(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "own.pt2"
    path.write_bytes(content)
    with pytest.raises(ModelFault):
        exported(path)
    with pytest.raises(ModelFault):
        read_weights(path)


def test_an_archive_that_unpacks_to_too_much_is_refused_by_its_headers(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("capsprobe.models.own.exported.MOST_BYTES", 1000)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("read before it was sized"))
    with pytest.raises(ModelFault, match="unpacks to more than"):
        exported(archive)
