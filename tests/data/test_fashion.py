"""Fashion-MNIST is known by the hashes of its packed files."""

import pytest

from capsprobe.data.base import Source
from capsprobe.data.fashion import FILES, fashion
from capsprobe.faults import DataFault
from tests.data.toys import write_idx_set


def test_there_is_a_hash_for_each_of_the_four_files():
    assert all(name.endswith("-ubyte.gz") for name in FILES.sha256)
    assert sorted(len(each) for each in FILES.sha256.values()) == [64] * 4


def test_unpacked_files_alone_are_refused(tmp_path):
    write_idx_set(tmp_path)
    with pytest.raises(DataFault, match=r"expected t10k-images-idx3-ubyte\.gz"):
        fashion("test", Source(folder=tmp_path))


def test_packed_files_of_other_images_are_refused(tmp_path):
    write_idx_set(tmp_path / "FashionMNIST" / "raw", packed=True)
    with pytest.raises(DataFault, match="expected SHA-256 78dcbbfb5a27efaf"):
        fashion("test", Source(folder=tmp_path))
