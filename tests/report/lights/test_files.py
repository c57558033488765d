import json
from pathlib import Path
from typing import Any

import pandas as pd

from capsprobe.report.exports import summaries_of
from capsprobe.report.lights.files import write_lights
from capsprobe.report.sections import Kept
from capsprobe.report.writing import write_kept


def test_every_light_is_in_the_files_with_its_sentence(
    kept: Kept, facts: dict[str, Any], tmp_path: Path
) -> None:
    written = write_lights(kept.lights, facts, tmp_path)
    assert set(written) == {"lights.csv", "lights.parquet", "lights.json"}
    table = pd.read_parquet(written["lights.parquet"])
    about = json.loads(written["lights.json"].read_text(encoding="utf-8"))
    assert list(about["columns"]) == list(table.columns)
    assert about["rows"] == len(table) == len(kept.lights)
    assert table["sentence"].str.endswith(".").all() and table["sentence"].str.len().min() > 20
    again = pd.read_csv(written["lights.csv"])
    assert again["sentence"].tolist() == table["sentence"].tolist()
    assert set(again.loc[again["state"] == "failed", "light"]) == {"reaches-zero", "gradient"}


def test_a_run_that_was_not_asked_has_no_such_file(
    kept: Kept, facts: dict[str, Any], tmp_path: Path
) -> None:
    attacked = kept.observations[kept.observations["probe"] == "adversarial"]
    assert summaries_of(attacked, facts)
    bare = Kept(observations=attacked, samples=pd.DataFrame())
    page = write_kept(tmp_path, bare, facts).read_text(encoding="utf-8")
    assert not list(tmp_path.glob("tables/lights*"))
    assert "not-shown" not in page.partition("<body>")[2]
