"""A made-up run in which capsnet's attacks are too weak in Linf, and cnn's are strong enough."""

from typing import Any

import pandas as pd
import pytest

from capsprobe.report.sections import Kept
from capsprobe.report.summary import Summary
from tests.report.lights import recorded


@pytest.fixture(scope="session")
def kept() -> Kept:
    return Kept(observations=recorded.observations(), samples=pd.DataFrame())


@pytest.fixture(scope="session")
def facts() -> dict[str, Any]:
    return recorded.run()


@pytest.fixture(scope="session")
def lit(kept: Kept, facts: dict[str, Any]) -> Summary:
    return recorded.summary(kept, facts)
