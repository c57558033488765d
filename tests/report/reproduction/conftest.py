import pytest

from capsprobe.report.reproduction.rows import repeated
from capsprobe.report.summary import Repeated
from capsprobe.stats.summary import Summary as Tables
from tests.report.reproduction import recorded


@pytest.fixture(scope="session")
def estimated() -> dict[str, Tables]:
    return recorded.tables()


@pytest.fixture(scope="session")
def rows(estimated: dict[str, Tables]) -> tuple[Repeated, ...]:
    """Return what the run on MNIST repeats."""
    return repeated(estimated)
