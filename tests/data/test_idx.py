"""Idx files: whole ones are read, and every kind of damage is named in one line."""

import gzip
import hashlib

import numpy as np
import pytest

from capsprobe.data.idx import read_idx, read_packed_idx
from capsprobe.faults import DataFault
from tests.data.toys import idx_bytes

ARRAY = np.arange(24).reshape(2, 3, 4)
CONTENT = idx_bytes(ARRAY)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "toy-idx3-ubyte"


def test_a_plain_file_is_read(path):
    path.write_bytes(CONTENT)
    assert np.array_equal(read_idx(path, sha256=SHA256), ARRAY)


@pytest.mark.parametrize("level", [1, 9])
def test_a_packed_file_is_read_however_it_was_packed(path, level):
    path.write_bytes(gzip.compress(CONTENT, level, mtime=0))
    assert np.array_equal(read_idx(path, sha256=SHA256), ARRAY)


def test_a_packed_file_may_be_known_by_its_packed_bytes(path):
    packed = gzip.compress(CONTENT, 9, mtime=0)
    path.write_bytes(packed)
    known = hashlib.sha256(packed).hexdigest()
    assert np.array_equal(read_packed_idx(path, sha256=known), ARRAY)


def test_other_packed_bytes_are_refused_though_their_content_is_the_same(path):
    path.write_bytes(gzip.compress(CONTENT, 1, mtime=0))
    known = hashlib.sha256(gzip.compress(CONTENT, 9, mtime=0)).hexdigest()
    with pytest.raises(DataFault, match="expected SHA-256"):
        read_packed_idx(path, sha256=known)


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (flipped(CONTENT, 20), "expected SHA-256"),
        (CONTENT[:-1], "expected 40 bytes, got 39"),
        (CONTENT + b"\0", "expected 40 bytes, got 41"),
        (CONTENT[:9], "expected at least 16 bytes, got 9"),
        (b"", "expected an idx file of bytes"),
        (b"<html><body>403 Forbidden</body></html>", "expected an idx file of bytes"),
        (bytes([0, 0, 0x0D, 3]) + CONTENT[4:], "expected an idx file of bytes"),
        (gzip.compress(CONTENT, mtime=0)[:-12], "expected a whole gzip file"),
        (flipped(gzip.compress(CONTENT, mtime=0), 30), "expected a whole gzip file"),
        (b"\x1f\x8bnot gzip at all", "expected a whole gzip file"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(path, content, says):
    path.write_bytes(content)
    with pytest.raises(DataFault, match=says) as caught:
        read_idx(path, sha256=SHA256)
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)


def test_a_folder_in_its_place_is_refused(path):
    path.mkdir()
    with pytest.raises(DataFault, match="cannot be read"):
        read_idx(path, sha256=SHA256)
