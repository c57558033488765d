import pytest

from capsprobe.report.routing.evidence import Evidence
from tests.report.spatial import recorded


@pytest.fixture(scope="session")
def spatial() -> Evidence:
    return recorded.evidence()
