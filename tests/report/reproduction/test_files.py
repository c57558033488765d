import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capsprobe.report.reproduction.files import write_reproduction
from capsprobe.report.sections import Kept
from capsprobe.report.summary import Repeated
from capsprobe.report.writing import write_kept
from tests.report.reproduction import recorded


def test_every_row_is_in_the_files(rows: tuple[Repeated, ...], tmp_path: Path) -> None:
    written = write_reproduction(rows, recorded.run(), tmp_path)
    table = pd.read_parquet(written["reproduction.parquet"])
    again = pd.read_csv(written["reproduction.csv"], keep_default_na=False)
    about = json.loads(written["reproduction.json"].read_text(encoding="utf-8"))
    assert list(about["columns"]) == list(table.columns) == list(again.columns)
    assert about["rows"] == len(table) == len(again) == len(rows)
    assert again["reason"].tolist() == table["reason"].tolist()
    assert table["outcome"].tolist() == [each.outcome for each in rows]
    np.testing.assert_array_equal(table["estimate"], [each.ours.estimate for each in rows])
    unknown = table[table["test"].isin(("deepfool", "spatial"))]
    assert unknown["published"].isna().all()


def test_why_is_said_of_what_does_not_agree_alone(
    rows: tuple[Repeated, ...], tmp_path: Path
) -> None:
    written = write_reproduction(rows, recorded.run(), tmp_path)
    table = pd.read_parquet(written["reproduction.parquet"])
    agrees = table["outcome"].isin(("inside", "same"))
    assert (table.loc[agrees, "reason"] == "").all()
    assert table.loc[~agrees, "reason"].str.endswith(".").all()


def test_nothing_repeated_has_no_file(tmp_path: Path) -> None:
    assert write_reproduction((), recorded.run(), tmp_path) == {}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("dataset", "there"), [("mnist", True), ("digits", False)])
def test_section_and_files_are_there_on_mnist_alone(
    dataset: str, there: bool, tmp_path: Path
) -> None:
    kept = Kept(observations=recorded.observations(dataset), samples=pd.DataFrame())
    text = write_kept(tmp_path, kept, recorded.run(dataset)).read_text(encoding="utf-8")
    assert ('id="reproduction"' in text) is there
    assert bool(list(tmp_path.glob("tables/reproduction*"))) is there
