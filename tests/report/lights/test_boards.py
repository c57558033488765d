from capsprobe.report.exhibits import Board
from capsprobe.report.sections import Kept
from capsprobe.report.summary import NotShown, Summary
from capsprobe.stats.lights.signs import LIGHTS


def boards(lit: Summary) -> dict[str, Board]:
    (page,) = (page for page in lit.probes if page.name == "strength")
    (part,) = page.parts
    (exhibit,) = part.exhibits
    return {board.threat: board for board in exhibit.boards}


def test_models_that_fail_a_light_are_named_with_what_failed(lit: Summary) -> None:
    (found,) = lit.not_shown
    failed = ("reaches-zero", "gradient")
    assert found == NotShown(model="capsnet", dataset="digits", threat="linf", lights=failed)


def test_numbers_under_that_threat_alone_are_in_doubt(lit: Summary) -> None:
    assert lit.is_doubted("capsnet", "digits", "linf/worst")
    assert not lit.is_doubted("capsnet", "digits", "l2/worst")
    assert not lit.is_doubted("cnn", "digits", "linf/worst")
    assert not lit.is_doubted("capsnet", "digits-placed", "linf/worst")
    assert not lit.is_doubted("capsnet", "digits", "rotation")


def test_a_board_has_a_row_a_light_and_the_worst_of_the_seeds(lit: Summary) -> None:
    found = boards(lit)
    assert list(found) == ["linf", "l2"]
    assert found["linf"].models == ("capsnet", "cnn")
    rows = dict(found["linf"].rows)
    assert list(rows) == list(LIGHTS)
    capsnet, cnn = rows["reaches-zero"]
    assert (capsnet.state, capsnet.seeds, capsnet.n_seeds) == ("failed", (1,), 2)
    assert (cnn.state, cnn.seeds, cnn.n_seeds) == ("passed", (0, 1), 2)
    assert capsnet.sentences == (
        "At ε = 1, where any image is in reach, 15.0 % stand; allowed is 0.0 %.",
    )


def test_the_lights_are_computed_once(kept: Kept) -> None:
    assert kept.lights is kept.lights
