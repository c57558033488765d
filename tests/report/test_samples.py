import pandas as pd

from capsprobe.report.measures import Scope
from capsprobe.report.samples import MOST, worst_cases
from capsprobe.tables import SAMPLE_COLUMNS, STUDY_COLUMNS

SCOPE = Scope(
    probe="affine",
    dataset="digits",
    conditions=("rotation", "scale"),
    units={"rotation": "deg"},
    models=("capsnet", "cnn"),
)


def sample(
    model: str = "cnn", condition: str = "rotation", severity: float = 15.0, prediction: str = "7"
) -> tuple:
    return (
        "affine", model, 0, "digits", condition, severity, 4, "1", "1", prediction, 1, 2,
        [0, 9], [9, 0],
    )  # fmt: skip


def table(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[*STUDY_COLUMNS, *SAMPLE_COLUMNS])


def test_least_severity_that_turned_an_image_wrong_is_shown() -> None:
    found = worst_cases(table(sample(severity=-30.0), sample(severity=15.0)), SCOPE)
    assert [(each.severity, each.unit, each.prediction) for each in found] == [(15.0, "deg", "7")]


def test_images_that_stayed_right_are_not_shown() -> None:
    assert worst_cases(table(sample(prediction="1")), SCOPE) == ()


def test_models_stand_side_by_side_under_each_condition() -> None:
    rows = [sample(m, c) for c in ("scale", "rotation") for m in ("cnn", "capsnet", "other")]
    found = worst_cases(table(*rows), SCOPE)
    assert [(each.condition, each.model) for each in found] == [
        ("rotation", "capsnet"),
        ("rotation", "cnn"),
        ("scale", "capsnet"),
        ("scale", "cnn"),
    ]


def test_there_are_never_too_many() -> None:
    rows = table(*(sample(condition=f"c{place}") for place in range(60)))
    assert len(worst_cases(rows, SCOPE)) == MOST


def test_single_output_maps_are_not_shown() -> None:
    assert worst_cases(table(sample(condition="linf/pgd/margin")), SCOPE) == ()
