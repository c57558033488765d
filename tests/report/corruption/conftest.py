import pytest

from capsprobe.report.routing.evidence import Evidence
from tests.report.corruption import recorded


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return recorded.evidence()
