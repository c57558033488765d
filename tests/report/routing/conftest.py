import pytest

from capsprobe.report.routing.evidence import Evidence
from tests.report.routing import recorded


@pytest.fixture(scope="session")
def routing() -> Evidence:
    return recorded.evidence("routing")


@pytest.fixture(scope="session")
def gate() -> Evidence:
    return recorded.evidence("gate")
