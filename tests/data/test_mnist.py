"""MNIST's table of hashes, and a folder that is not MNIST."""

import pytest

from capsprobe.data.base import Source
from capsprobe.data.mnist import FILES, mnist
from capsprobe.faults import DataFault
from tests.data.toys import write_idx_set


def test_there_is_a_hash_for_each_of_the_four_files():
    assert len(FILES.sha256) == 4
    assert all(len(each) == 64 for each in FILES.sha256.values())


def test_whole_files_of_other_images_are_refused(tmp_path):
    write_idx_set(tmp_path)
    with pytest.raises(DataFault, match="expected SHA-256 0fa7898d509279e4"):
        mnist("test", Source(folder=tmp_path))
