"""One recorded run and its report, shared by all tests of the report."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from capsprobe.report import write_report
from capsprobe.report.collect import collect
from capsprobe.report.compare import compare_runs, write_comparison
from capsprobe.report.exports import summaries_of
from capsprobe.report.factorial import analyse, write_factorial
from capsprobe.report.sections import Kept
from capsprobe.report.summary import Summary
from capsprobe.report.verdicts.chapters import CHAPTERS
from capsprobe.report.verdicts.writing import write_pages
from capsprobe.report.writing import write_kept
from capsprobe.stats.summary import Summary as Tables
from tests.report import recorded
from tests.report.compare import folders
from tests.report.corruption import recorded as corrupted
from tests.report.factorial import recorded as made
from tests.report.lights import recorded as lit
from tests.report.reproduction import recorded as repeated
from tests.report.routing import recorded as routed
from tests.report.spatial import recorded as shifted
from tests.report.verdicts import recorded as judged


@pytest.fixture(scope="session")
def run() -> recorded.Run:
    """Return a run of four models with three training seeds each."""
    return recorded.run(images=24)


@pytest.fixture(scope="session")
def tables(run: recorded.Run) -> Mapping[str, Tables]:
    return summaries_of(run[0], run[2])


@pytest.fixture(scope="session")
def summary(run: recorded.Run, tables: Mapping[str, Tables]) -> Summary:
    return collect(tables, Kept(samples=run[1]), run[2])


@pytest.fixture(scope="session")
def page(run: recorded.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of the run's page."""
    observations, samples, facts = run
    folder = tmp_path_factory.mktemp("report")
    return write_report(folder, observations=observations, samples=samples, run=facts)


@pytest.fixture(scope="session")
def routing_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of the page of a run about routing, with every kind of exhibit."""
    observations = pd.concat([routed.routing(), routed.gate()], ignore_index=True)
    kept = Kept(observations=observations, samples=pd.DataFrame(), traces=routed.traces())
    return write_kept(tmp_path_factory.mktemp("routing"), kept, routed.run())


@pytest.fixture(scope="session")
def corruption_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of the page of a run about corruptions."""
    held = corrupted.observations()
    kept = Kept(observations=held, samples=pd.DataFrame(), traces=corrupted.traces())
    return write_kept(tmp_path_factory.mktemp("corruption"), kept, corrupted.run())


@pytest.fixture(scope="session")
def reproduction_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of the page of a run on MNIST that repeats published tests."""
    kept = Kept(observations=repeated.observations(), samples=pd.DataFrame())
    return write_kept(tmp_path_factory.mktemp("reproduction"), kept, repeated.run())


@pytest.fixture(scope="session")
def lights_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of the page of a run in which a model fails lights."""
    kept = Kept(observations=lit.observations(), samples=pd.DataFrame())
    return write_kept(tmp_path_factory.mktemp("lights"), kept, lit.run())


@pytest.fixture(scope="session")
def spatial_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of the page of a run about small turns and moves."""
    kept = Kept(observations=shifted.observations(), samples=pd.DataFrame())
    return write_kept(tmp_path_factory.mktemp("spatial"), kept, shifted.run())


@pytest.fixture(scope="session")
def compare_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of the page of two runs of which the second is worse, and lacks a model."""
    home = tmp_path_factory.mktemp("compare")
    table = folders.observed(models=("capsnet", "cnn", "senet"))
    lost = (table["model"] == "cnn") & (table["unit_id"] < 40)
    worse = table.assign(value=table["value"].mask(lost, 0.0))
    first = folders.kept(home / "first", table, folders.facts())
    second = folders.kept(
        home / "second", worse[worse["model"] != "senet"], folders.facts(device="cuda")
    )
    return write_comparison(compare_runs(first, second), home / "out")


@pytest.fixture(scope="session")
def factorial_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of the page of a factorial in which some parts change something."""
    found = analyse(made.kept(tmp_path_factory.mktemp("factorial")))
    facts = {"dataset": "digits", "epochs": 50}
    command = "python -m capsprobe factorial"
    return write_factorial(found, tmp_path_factory.mktemp("out"), command=command, facts=facts)


@pytest.fixture(scope="session")
def verdicts_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of the English page of a judged run; the Chinese one lies beside it."""
    folder = tmp_path_factory.mktemp("verdicts")
    held = judged.verdicts()
    return write_pages(folder, held, judged.observations(), judged.RUN, CHAPTERS)


@pytest.fixture(scope="session")
def chinese_page(verdicts_page: Path) -> Path:
    """Return the path of the same page in Chinese."""
    return verdicts_page.with_name("index.zh.html")
