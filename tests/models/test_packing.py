"""Packed weights: the same bytes, and one clear line for what is no such file."""

import lzma

import pytest

from capsprobe.faults import ModelFault
from capsprobe.models import packing
from capsprobe.models.packing import read_bytes, stem_of, weights_path

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def packed(tmp_path):
    path = tmp_path / "cnn.digits.0.safetensors.xz"
    path.write_bytes(lzma.compress(CONTENT))
    return path


def test_what_was_packed_comes_back(packed, tmp_path):
    plain = tmp_path / "cnn.digits.1.safetensors"
    plain.write_bytes(CONTENT)
    assert read_bytes(packed) == read_bytes(plain) == CONTENT


def test_plain_weights_come_before_packed_ones_and_are_what_is_missed(packed, tmp_path):
    assert weights_path(tmp_path, "cnn.digits.0") == packed
    plain = tmp_path / "cnn.digits.0.safetensors"
    plain.touch()
    assert weights_path(tmp_path, "cnn.digits.0") == plain
    assert weights_path(tmp_path, "cnn.digits.1").name == "cnn.digits.1.safetensors"


def test_a_checkpoint_is_called_alike_however_it_lies(packed, tmp_path):
    for name in (packed.name, "cnn.digits.0.safetensors", "cnn.digits.0.json"):
        assert stem_of(tmp_path / name) == "cnn.digits.0"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "one cut short"),
        (CONTENT, "expected a file packed by xz, got: "),
        (lzma.compress(CONTENT)[:-9], "one cut short"),
        (lzma.compress(CONTENT, format=lzma.FORMAT_ALONE), "expected a file packed by xz, got: "),
        (lzma.compress(CONTENT, preset=9)[:40], "one cut short"),
        (lzma.compress(bytes(2000)), "over 1000 bytes"),
    ],
    ids=["empty", "plain", "cut", "another format", "header alone", "bomb"],
)
def test_what_is_no_packed_file_is_a_fault(packed, monkeypatch, content, line):
    monkeypatch.setattr(packing, "_MOST_BYTES", 1000 if "over" in line else 2**30)
    packed.write_bytes(content)
    with pytest.raises(ModelFault, match=line) as caught:
        read_bytes(packed)
    assert str(caught.value).startswith("cnn.digits.0.safetensors.xz: expected ")
    assert "\n" not in str(caught.value)


def test_a_flipped_bit_is_a_fault(packed):
    content = bytearray(packed.read_bytes())
    content[len(content) // 2] ^= 1
    packed.write_bytes(content)
    with pytest.raises(ModelFault, match="expected a file packed by xz"):
        read_bytes(packed)


def test_what_would_take_too_much_memory_to_unpack_is_a_fault(packed):
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 2**29}]
    packing_ = lzma.LZMACompressor(
        format=lzma.FORMAT_XZ, filters=[{**filters[0], "mode": 1, "mf": 3}]
    )
    packed.write_bytes(packing_.compress(CONTENT) + packing_.flush())
    with pytest.raises(ModelFault, match="[Mm]emory"):
        read_bytes(packed)


def test_a_missing_file_is_a_fault(tmp_path):
    with pytest.raises(ModelFault, match=r"cnn.digits.0.safetensors.xz: cannot be read: No such"):
        read_bytes(tmp_path / "cnn.digits.0.safetensors.xz")
