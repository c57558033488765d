import pytest

from capsprobe.claims.judge import Verdict
from tests.report.verdicts import recorded


@pytest.fixture(scope="session")
def verdicts() -> tuple[Verdict, ...]:
    return recorded.verdicts()
