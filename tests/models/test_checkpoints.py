import hashlib
import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from capsprobe.faults import ModelFault, UsageFault
from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import (
    SHIPPED,
    Entry,
    build,
    fill,
    load_model,
    manifest,
    parse_weights,
    stem,
    write_entry,
    write_weights,
)
from capsprobe.models.packing import stem_of

FRAME = Frame(width=8, types=2)
DECODED = {"decoder_weight": 0.0005}


class Trap:
    """Something that would speak up if it were ever unpickled."""

    def __reduce__(self):
        return pytest.fail, ("unpickled",)


def keep(folder, tensors, *, seed=0, recipe=None):
    digest = write_weights(folder / f"{stem('cnn', 'digits', seed)}.safetensors", tensors)
    entry = Entry(
        model="cnn",
        dataset="digits",
        seed=seed,
        frame=vars(FRAME),
        recipe=recipe or {},
        data_sha256="0" * 64,
        weights_sha256=digest,
        dtype="float32",
        parameters=1,
        epochs=1,
        best_epoch=1,
        validation_accuracy=0.5,
        test_accuracy=0.5,
        n_test=1,
        wall_s=1.0,
        device="cpu",
        versions={},
    )
    write_entry(folder, entry)
    return entry


@pytest.fixture
def tensors():
    return build("cnn", FRAME, seed=7, decoder=False).state_dict()


@pytest.fixture
def weights(tmp_path, tensors):
    keep(tmp_path, tensors)
    return tmp_path / "cnn.digits.0.safetensors"


def fault(folder):
    """Return the fault that loading ends in: one line."""
    with pytest.raises(ModelFault) as caught:
        load_model("cnn", folder=folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_was_written_is_what_is_loaded(weights, tensors):
    network = load_model("cnn", folder=weights.parent)
    assert not network.training
    assert network.frame == FRAME
    for key, tensor in network.state_dict().items():
        torch.testing.assert_close(tensor, tensors[key])


def test_half_precision_is_loaded_as_single(tmp_path, tensors):
    half = {k: v.half() if v.is_floating_point() else v for k, v in tensors.items()}
    keep(tmp_path, half)
    loaded = load_model("cnn", folder=tmp_path).state_dict()
    assert {v.dtype for v in loaded.values()} == {v.dtype for v in tensors.values()}


def test_a_decoder_comes_with_its_network(tmp_path):
    drawn = build("cnn", FRAME, seed=7, decoder=True)
    keep(tmp_path, drawn.state_dict(), recipe=DECODED)
    network = load_model("cnn", folder=tmp_path)
    torch.testing.assert_close(network.decoder[0].weight, drawn.decoder[0].weight)


def test_the_manifest_is_sorted(tmp_path, tensors):
    for seed in (10, 2, 1):
        keep(tmp_path, tensors, seed=seed)
    assert [entry.seed for entry in manifest(tmp_path)] == [1, 2, 10]


@pytest.mark.parametrize("place", [0, 7, 100, -1])
def test_a_flipped_bit_is_a_fault(weights, place):
    content = bytearray(weights.read_bytes())
    content[place] ^= 1
    weights.write_bytes(content)
    assert "cnn.digits.0.safetensors: expected SHA-256" in fault(weights.parent)


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_a_truncated_file_is_a_fault(weights, kept):
    content = weights.read_bytes()[:kept]
    weights.write_bytes(content)
    assert f"({len(content)} bytes)" in fault(weights.parent)


def test_a_missing_file_is_a_fault(weights):
    weights.unlink()
    assert "No such file" in fault(weights.parent)


def test_a_checkpoint_that_never_was_is_a_fault_that_lists_those_there_are(weights):
    (weights.parent / "package.json").write_text("{}")
    with pytest.raises(ModelFault, match=r"no checkpoint cnn\.digits\.5 .*: cnn\.digits\.0$"):
        load_model("cnn", seed=5, folder=weights.parent)


def test_an_unknown_model_is_a_usage_fault_with_the_nearest_name(tmp_path):
    with pytest.raises(UsageFault, match="Did you mean 'capsnet'"):
        load_model("capsnt", folder=tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "<html>", '{"model": "cnn"}', "\udcff"])
def test_a_damaged_entry_is_a_fault(weights, text):
    (weights.parent / "cnn.digits.0.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert "cnn.digits.0.json: expected a checkpoint's entry" in fault(weights.parent)


def test_an_entry_of_a_newer_form_is_a_fault(weights):
    path = weights.parent / "cnn.digits.0.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "novelty": 1}))
    assert "cnn.digits.0.json" in fault(weights.parent)


def without_a_key(tensors):
    return dict(list(tensors.items())[1:])


def with_another_key(tensors):
    return {**tensors, "another": torch.zeros(1)}


def with_another_shape(tensors):
    return {**tensors, "classifier.1.bias": torch.zeros(3)}


def with_nan(tensors):
    return {**tensors, "classifier.1.bias": torch.full((10,), torch.nan)}


def with_infinity(tensors):
    return {**tensors, "classifier.1.bias": torch.full((10,), torch.inf)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_a_key, "missing ['trunk.0.weight'], unexpected none"),
        (with_another_key, "missing none, unexpected ['another']"),
        (with_another_shape, "classifier.1.bias: expected shape (10,), got (3,)"),
        (with_nan, "expected finite weights, got NaN or infinity in classifier.1.bias"),
        (with_infinity, "expected finite weights, got NaN or infinity in classifier.1.bias"),
    ],
)
def test_weights_that_do_not_fit_are_a_fault_also_under_their_own_hash(
    tmp_path, tensors, change, said
):
    keep(tmp_path, change(tensors))
    assert said in fault(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        pickle.dumps({"weight": Trap()}),
        save({"weight": torch.zeros(2, 2)})[:-3],
        save({"weight": torch.zeros(2, 2)}) + b"more",
        b"\xff" * 64,
    ],
    ids=["empty", "html", "pickle", "truncated", "appended", "noise"],
)
def test_bytes_that_are_no_safetensors_file_are_a_fault(content):
    with pytest.raises(ModelFault, match="own.safetensors: expected a safetensors file") as caught:
        parse_weights("own.safetensors", content)
    assert "\n" not in str(caught.value)


def test_weights_of_another_network_are_a_fault():
    cnn = build("cnn", FRAME, seed=0, decoder=False)
    with pytest.raises(ModelFault, match="expected the weights of ConvNet"):
        fill(cnn, build("capsnet", FRAME, seed=0, decoder=False).state_dict())


def test_the_hash_is_that_of_the_file(tmp_path, tensors):
    path = tmp_path / "own.safetensors"
    digest = write_weights(path, tensors)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert [item.name for item in tmp_path.iterdir()] == ["own.safetensors"]


SHIPPED_ENTRIES = manifest(SHIPPED)


@pytest.mark.parametrize("entry", SHIPPED_ENTRIES, ids=lambda entry: entry.stem)
def test_every_shipped_checkpoint_loads(entry):
    network = load_model(entry.model, dataset=entry.dataset, seed=entry.seed)
    assert sum(part.numel() for part in network.parameters()) == entry.parameters


def test_shipped_checkpoints_come_in_pairs_of_files_under_45_mb():
    weights = {stem_of(path) for path in Path(SHIPPED).glob("*.safetensors*")}
    assert weights == {entry.stem for entry in SHIPPED_ENTRIES}
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 45e6
