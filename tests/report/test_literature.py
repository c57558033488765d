import pytest

from capsprobe.report.clean import clean_rows
from capsprobe.report.literature import benchmarks, clean_benchmarks
from capsprobe.report.summary import Benchmark
from capsprobe.stats.summary import Summary as Tables
from tests.report.test_clean import entry


def published(each: Benchmark) -> list[float]:
    return [round(100.0 * row.value, 2) for row in each.rows if row.source]


def test_numbers_are_those_that_were_published(tables: dict[str, Tables]) -> None:
    found = {
        each.key: published(each)
        for probe in ("affine", "adversarial", "overlap")
        for each in benchmarks(probe, tables[probe], ("capsnet",))
    }
    assert found == {
        "affnist": [66.0, 79.0, 93.2, 85.5, 87.5],
        "fgsm": [96.6, 94.2, 88.3, 81.2, 52.9, 72.1],
        "multimnist": [8.1, 7.5, 5.2],
    }


def test_ours_are_an_error_where_the_published_ones_are(tables: dict[str, Tables]) -> None:
    (found,) = benchmarks("overlap", tables["overlap"], ("capsnet",))
    ours = next(row for row in found.rows if not row.source)
    table = tables["overlap"].estimates.query(
        "model == 'capsnet' and dataset == 'digits-pairs' and condition == 'multimnist'"
        " and severity == 4 and metric == 'exact_match'"
    )
    assert ours.dataset == "digits-pairs"
    assert ours.value == pytest.approx(1.0 - table["estimate"].item())
    assert (ours.lower, ours.upper) == (
        pytest.approx(1.0 - table["upper"].item()),
        pytest.approx(1.0 - table["lower"].item()),
    )


def test_ours_stand_at_the_nearest_epsilon(tables: dict[str, Tables]) -> None:
    (found,) = benchmarks("adversarial", tables["adversarial"], ("capsnet",))
    assert [row.severity for row in found.rows if not row.source] == [0.05, 0.1, 0.2]


def test_networks_that_were_not_trained_for_a_test_say_so(tables: dict[str, Tables]) -> None:
    (found,) = benchmarks("overlap", tables["overlap"], ("capsnet",))
    notes = {row.dataset: row.note for row in found.rows if not row.source}
    assert notes == {"digits-pairs": "", "digits-placed": "not trained for it"}


def test_probe_that_was_not_run_has_nothing_to_compare(tables: dict[str, Tables]) -> None:
    assert benchmarks("affine", tables["affine"], ()) == ()


def test_clean_errors_stand_beside_the_published_ones() -> None:
    (found,) = clean_benchmarks(clean_rows([entry(accuracy=0.99)]))
    assert published(found) == [0.39, 0.34, 0.29, 0.35, 0.25, 0.36, 0.34, 0.26]
    assert found.rows[-1].value == pytest.approx(0.01)
    assert found.rows[-1].note == "95 % interval"
    assert clean_benchmarks(clean_rows([entry(dataset="digits-pairs")])) == ()
