import torch
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.routing import tiles

CPU = torch.device("cpu")


@given(count=st.integers(1, 5000))
def test_image_tiles_cover_all_once_in_order(count):
    found = [row for few in tiles.image_tiles(count) for row in range(count)[few]]
    assert found == list(range(count))
    assert max(few.stop - few.start for few in tiles.image_tiles(count)) <= tiles.IMAGES_AT_ONCE


@given(children=st.integers(1, 5000), child_bytes=st.integers(1, 2**26))
def test_child_tiles_cover_all_once_and_fit_the_cache(children, child_bytes):
    found = tiles.child_tiles(children, child_bytes=child_bytes, device=CPU)
    assert [row for few in found for row in range(children)[few]] == list(range(children))
    longest = max(few.stop - few.start for few in found)
    assert longest == 1 or longest * child_bytes <= tiles.cache_bytes(CPU)


@given(count=st.integers(1, 5000), image_bytes=st.integers(1, 2**26))
def test_vote_tiles_cover_all_once_and_fit_the_cache_or_are_of_four(count, image_bytes):
    found = tiles.vote_tiles(count, image_bytes=image_bytes, device=CPU)
    assert [row for few in found for row in range(count)[few]] == list(range(count))
    longest = max(few.stop - few.start for few in found)
    assert longest <= 4 or longest * image_bytes <= tiles.cache_bytes(CPU)
    assert longest <= tiles.IMAGES_AT_ONCE


@given(count=st.integers(1, 5000))
def test_tiles_are_of_nearly_equal_length(count):
    lengths = [few.stop - few.start for few in tiles.image_tiles(count)]
    assert len(set(lengths[:-1])) <= 1 and lengths[-1] <= lengths[0]
    assert lengths[0] - lengths[-1] < len(lengths) or len(lengths) == 1


def test_the_cache_grows_with_the_threads():
    assert tiles.cache_bytes(CPU) >= 2**17 * torch.get_num_threads()


def test_where_the_processor_says_nothing_a_common_size_is_taken(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict, raising=False)
    tiles._core_bytes.cache_clear()
    try:
        assert tiles.cache_bytes(CPU) == 2**20 * torch.get_num_threads()
    finally:
        tiles._core_bytes.cache_clear()


def test_of_no_image_there_is_one_empty_tile():
    assert tiles.image_tiles(0) == [slice(0, 0)]
