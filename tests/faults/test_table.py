"""Every kind of fault has a row, and each row comes out as it says."""

import pytest

from tests.faults import images, networks, runs, verdicts  # noqa: F401 - they fill the table
from tests.faults.table import TABLE, Bench, Row

KINDS = 25


def test_every_kind_has_a_row() -> None:
    assert {each.number for each in TABLE} == set(range(1, KINDS + 1))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.number}: {row.case}")
def test_row_comes_out_as_it_says(row: Row, bench: Bench) -> None:
    row.check(bench)
