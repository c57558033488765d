"""What tests file under names among the datasets is gone after them."""

from collections.abc import Iterator

import pytest

from tests.data.own.filed import forgotten


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    with forgotten():
        yield
