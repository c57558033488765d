"""`capsprobe claims`: its options, its exit codes, and what it runs."""

import json
from pathlib import Path

import pytest

from capsprobe.claims.base import ORDER
from capsprobe.cli import asking, judging, measuring
from capsprobe.cli.judging import called, gates_of, roles_of
from capsprobe.cli.languages import language_of
from capsprobe.faults import DataFault, UsageFault
from capsprobe.probes.base import probes
from capsprobe.study.running import plan_study
from tests.cli.calling import call


def settings(**options):
    given = {
        "roles": {},
        "dataset": "digits",
        "data_dir": None,
        "weights": None,
        "training_seeds": (),
        "limit": 40,
        "budget": None,
        "batch_size": "auto",
        "device": "cpu",
        "cell_timeout": None,
        "config": None,
    }
    return asking.claims_settings(**{**given, **options})


def test_everything_that_claims_read_is_something_that_probes_write():
    from capsprobe.claims.base import in_order
    from capsprobe.claims.needs import _terms

    for claim in in_order():
        for term in (t for each in claim.hypotheses for t in _terms(each)):
            if term.probe == "training":
                continue
            probe = probes[term.probe]()
            assert term.metric in {metric.name for metric in probe.metrics}
            for wanted in term.conditions:
                assert any(
                    c.name == wanted or (wanted.endswith("/") and c.name.startswith(wanted))
                    for c in probe.conditions
                ), (term.probe, wanted)


def test_models_go_through_the_probes_that_claims_ask_them_about_and_no_others():
    cells = plan_study(settings()).cells
    asked = {}
    for cell in cells:
        asked.setdefault(cell.model, set()).add(cell.probe)
    assert "adversarial" in asked["capsnet"]
    assert asked["se-head"] == {"affine", "gate"}
    assert "adversarial" not in asked["capsnet-decoder"]
    assert {cell.entry.seed for cell in cells if cell.model == "capsnet"} == {0, 1, 2, 3, 4}


def test_a_limit_is_for_the_probes_that_look_at_few_images_too():
    plan = plan_study(settings())
    assert plan.probes["adversarial"].limit == plan.probes["gate"].limit == 40


def test_other_commands_take_the_first_training_seeds():
    given = {key: None for key in ("data_dir", "weights", "limit", "cell_timeout", "config")}
    chosen = asking.question_settings(
        models=("cnn",),
        dataset="digits",
        trained_on=None,
        probes=("affine",),
        training_seeds=(),
        batch_size="auto",
        device="cpu",
        **given,
    )
    assert {cell.entry.seed for cell in plan_study(chosen).cells} == {0, 1, 2}
    named = chosen.model_copy(update={"training_seeds": (3,)})
    assert {cell.entry.seed for cell in plan_study(named).cells} == {3}


def test_parts_gates_and_languages_are_read():
    assert roles_of(["capsnet=mine.py:make"]) == {"capsnet": "mine.py:make"}
    assert called({"capsnet": "mine.py:make", "cnn": "senet"}) == {
        "capsnet": "make",
        "cnn": "senet",
    }
    assert gates_of(["cost=supported"]) == (("cost", "supported"),)
    assert language_of("zh") == "zh"


@pytest.mark.parametrize(
    ("read", "given", "says"),
    [
        (roles_of, ["capsnet"], "--role: expected PART=MODEL, got 'capsnet'"),
        (roles_of, ["capsnets=x"], "--role: unknown part 'capsnets'. Did you mean 'capsnet'?"),
        (roles_of, ["cnn=x", "cnn=y"], "--role: expected each part once, got cnn twice"),
        (roles_of, ["capsnet=cnn"], "--role: expected another model in each part, got cnn in two"),
        (gates_of, ["cost"], "--fail-on: expected CLAIM=VERDICT, got 'cost'"),
        (gates_of, ["costs=refuted"], "unknown claim 'costs'. Did you mean 'cost'?"),
        (gates_of, ["cost=proved"], "unknown verdict 'proved'"),
        (language_of, "de", "--lang: unknown language 'de'"),
    ],
)
def test_what_cannot_be_meant_gets_one_line(read, given, says):
    with pytest.raises(UsageFault, match="^[^\n]*$") as raised:
        read(given)
    assert says in str(raised.value)


@pytest.fixture
def judged(monkeypatch, tmp_path: Path) -> Path:
    """Return a run folder; measuring writes its verdicts there and does nothing else."""
    facts = {
        "claims": [
            {"id": name, "verdict": "undecided", "sentence": {"en": "Open.", "zh": "未决。"}}
            for name in ORDER
        ]
    }

    def measure(request, *, tell: bool) -> int:
        assert not tell
        request.folder.mkdir(exist_ok=True)
        (request.folder / "claims.json").write_text(json.dumps(facts), encoding="utf-8")
        return measuring.DONE

    monkeypatch.setattr(judging.measuring, "measure", measure)
    return tmp_path / "run"


def test_it_prints_the_page_and_tells_the_verdicts(judged, capsys, monkeypatch):
    assert call(monkeypatch, "claims", "--output", judged, "--lang", "zh") == 0
    printed = capsys.readouterr()
    assert printed.out == f"{judged / 'index.zh.html'}\n"
    assert [line.split()[0] for line in printed.err.splitlines()] == list(ORDER)
    assert "未决" in printed.err and "undecided" not in printed.err


def test_it_fails_on_a_verdict_that_was_named(judged, capsys, monkeypatch):
    asked = ("claims", "--output", judged, "--json", "--fail-on")
    assert call(monkeypatch, *asked, "cost=refuted") == 0
    assert call(monkeypatch, *asked, "cost=undecided") == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out.splitlines()[-1])["claims"]["cost"] == "undecided"
    assert printed.err == "failed on cost=undecided\n"
    # Who wants no progress wants to know all the same why it failed.
    assert call(monkeypatch, *asked[:-1], "-q", "--fail-on", "cost=undecided") == 1
    assert capsys.readouterr().err == "failed on cost=undecided\n"


def test_a_run_without_verdicts_is_a_fault(monkeypatch, tmp_path):
    monkeypatch.setattr(judging.measuring, "measure", lambda request, *, tell: 0)
    request = measuring.Request(
        settings=settings(),
        folder=tmp_path,
        title="",
        command="",
        fresh=False,
        as_json=False,
        quiet=True,
    )
    with pytest.raises(DataFault, match="expected verdicts"):
        judging.judge_run(request, gates=(), language="en")


def test_claims_are_listed(capsys, monkeypatch):
    assert call(monkeypatch, "ls", "claims", "--json") == 0
    assert [row["claim"] for row in json.loads(capsys.readouterr().out)] == list(ORDER)


@pytest.mark.slow
def test_the_whole_article_is_judged_twice_alike(tmp_path, capsys, monkeypatch):
    held = []
    for name in ("one", "two"):
        asked = ("claims", "--limit", 30, "--seed", "0,1", "-q", "--output", tmp_path / name)
        assert call(monkeypatch, *asked) == 0
        facts = json.loads((tmp_path / name / "claims.json").read_text(encoding="utf-8"))
        timed = [each for each in facts["claims"] if each["is_timed"]]
        assert {each["id"] for each in timed} == {"cost", "replacement"}
        held.append([each for each in facts["claims"] if not each["is_timed"]])
        for page in (tmp_path / name).glob("*.html"):
            assert page.stat().st_size < 2_000_000
    assert held[0] == held[1]


def test_a_report_is_written_again_in_the_language_that_is_asked_for(
    judged, capsys, monkeypatch, tmp_path
):
    from capsprobe.cli import reporting

    monkeypatch.setattr(reporting, "render", lambda run: run / "index.html")
    assert call(monkeypatch, "report", tmp_path) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'index.html'}\n"
    assert call(monkeypatch, "report", tmp_path, "--lang", "zh") == 2
    assert "expected a run of `claims` for zh" in capsys.readouterr().err
    (tmp_path / "index.zh.html").touch()
    assert call(monkeypatch, "report", tmp_path, "--lang", "zh") == 0
    assert call(monkeypatch, "report", tmp_path, "--lang", "fr") == 2
    assert "unknown language 'fr'" in capsys.readouterr().err
