import hashlib

import hypothesis.strategies as st
import pytest
from hypothesis import given

from capsprobe.seeds import derive, generator

PATHS = st.lists(st.one_of(st.text(max_size=5), st.integers()), max_size=3)


@pytest.mark.parametrize(
    ("seed", "path", "expected"),
    [
        (0, (), 3456079177858693020),
        (0, ("initial weights",), 1127407204323782063),
        (1, ("initial weights",), 4054616174781679868),
        (0, ("training batches", "digits", 3), 4018686329167678409),
    ],
)
def test_known_seeds_never_change(seed, path, expected):
    # The shipped checkpoints were drawn from such numbers.
    assert derive(seed, *path) == expected


def test_a_seed_is_half_of_the_first_64_bits_of_the_hash():
    expected = int(hashlib.sha256(b"5/a/1").hexdigest()[:16], 16) // 2
    assert derive(5, "a", 1) == expected


@given(st.integers(), PATHS)
def test_a_seed_fits_torch_and_numpy(seed, path):
    assert 0 <= derive(seed, *path) < 2**63


@given(st.integers(), st.integers())
def test_the_same_seed_draws_the_same_and_another_does_not(one, other):
    first, again, second = (generator(seed, "x").random(3).tolist() for seed in (one, one, other))
    assert first == again
    assert (first == second) == (one == other)


def test_every_step_of_the_path_counts():
    draws = {derive(0, *path) for path in [(), ("a",), ("b",), ("a", "b"), ("b", "a"), ("a", 0)]}
    assert len(draws) == 6
