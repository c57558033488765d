import json
import re
from html import unescape

import pandas as pd
import pytest

from capsprobe.claims.base import ORDER, in_order
from capsprobe.report.verdicts import words
from capsprobe.report.verdicts.chapters import CHAPTERS, chapters
from capsprobe.report.verdicts.files import CLAIM_COLUMNS, table, write_verdicts
from capsprobe.report.verdicts.writing import write_pages
from tests.report.verdicts import recorded

HAN = re.compile("[\u4e00-\u9fff]")
TAGS = re.compile(r"<(style|svg|script).*?</\1>|<[^>]*>", re.DOTALL)


def text_of(path) -> str:
    return unescape(TAGS.sub(" ", path.read_text(encoding="utf-8")))


def test_both_pages_show_every_claim_with_its_verdict(verdicts_page, chinese_page, verdicts):
    for page, language in ((verdicts_page, "en"), (chinese_page, "zh")):
        text = text_of(page)
        for verdict in verdicts:
            assert verdict.claim.assertion[language] in text
            assert words.VERDICTS[verdict.word][language] in text
            for found in verdict.findings:
                assert found.hypothesis.text[language] in text


def test_the_chinese_page_leaves_no_sentence_in_english(chinese_page):
    lines = [line.strip() for line in text_of(chinese_page).splitlines()]
    # Names of models, attacks, authors and files stay; no run of English words does.
    english = [line for line in lines if re.search(r"(?:\b[a-z]+ ){4,}", line)]
    assert english == [f"{recorded.RUN['command']}"] or english == []


def test_the_english_page_has_no_chinese_but_the_switch(verdicts_page):
    found = HAN.findall(text_of(verdicts_page))
    assert "".join(found) == "中文"


def test_pages_hold_the_same_numbers(verdicts_page, chinese_page):
    cells = re.compile(r'<td class="value">([^<]*)</td>')
    en, zh = (cells.findall(page.read_text()) for page in (verdicts_page, chinese_page))
    digits = [[re.sub(r"[^\d.−+×]", "", cell) for cell in held] for held in (en, zh)]
    assert len(digits[0]) > 100
    assert digits[0] == digits[1]


def test_pages_and_files_repeat_byte_for_byte(tmp_path, verdicts):
    held = []
    for name in ("a", "b"):
        write_pages(tmp_path / name, verdicts, recorded.observations(), recorded.RUN, CHAPTERS)
        paths = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        held.append({path.name: path.read_bytes() for path in paths})
    assert held[0] == held[1]
    assert set(held[0]) >= {"index.html", "index.zh.html", "claims.json", "claims.csv"}
    assert max(map(len, held[0].values())) < 2_000_000


def test_json_holds_every_claim_and_only_numbers_that_json_knows(tmp_path, verdicts):
    write_verdicts(verdicts, recorded.RUN, tmp_path)
    text = (tmp_path / "claims.json").read_text(encoding="utf-8")
    facts = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert [each["id"] for each in facts["claims"]] == list(ORDER)
    assert {each["id"] for each in facts["claims"] if each["is_timed"]} == {"cost", "replacement"}
    robust = facts["claims"][0]
    assert robust["verdict"] == "supported"
    assert robust["hypotheses"][0]["margin"] == 0.01


def test_the_table_has_a_row_for_each_hypothesis_that_was_measured(verdicts):
    found = table(verdicts)
    assert tuple(found.columns) == CLAIM_COLUMNS
    expected = sum(not each.lacking for verdict in verdicts for each in verdict.findings)
    assert len(found) == expected
    primary = found[found["is_primary"]]
    assert (primary["lower"] <= primary["estimate"]).all()
    assert (primary["estimate"] <= primary["upper"]).all()


def test_checkpoint_pairs_stand_in_the_page(verdicts_page):
    text = text_of(verdicts_page)
    assert "McNemar" in text
    assert re.search(r"a\s+capsnet\s+, b\s+cnn", text)


def test_what_a_page_says_is_translated_throughout():
    texts = [*words.PAGE.values(), *words.VERDICTS.values(), *words.OUTCOMES.values()]
    texts += [*words.UNITS.values(), *words.HOW, *words.FORMULAS, *words.LIMITS]
    for text in texts:
        if text is not words.PAGE["other"]:
            assert HAN.search(text.zh)
            assert not HAN.search(text.en)


def test_a_model_of_any_name_is_escaped(tmp_path, verdicts):
    observations = recorded.observations().replace({"model": {"cnn": "<script>alert(1)</script>"}})
    run = {**recorded.RUN, "judged": {"roles": {"cnn": "<script>alert(1)</script>"}}}
    page = write_pages(tmp_path, verdicts, observations, run, CHAPTERS)
    assert "<script>" not in page.read_text(encoding="utf-8")
    assert "&lt;script&gt;" in page.read_text(encoding="utf-8")


def test_every_probe_has_its_chapter(summary):
    held = chapters(summary)
    shown = [page.name for content in held.values() for page in content.probes]
    assert sorted(shown) == sorted(page.name for page in summary.probes)
    for chapter, content in held.items():
        assert {each.probe for each in content.statements} <= {p.name for p in content.probes}
        assert content.title.endswith(chapter.title.en.lower())


def test_without_any_table_a_page_is_written_all_the_same(tmp_path):
    from capsprobe.claims.judge import judge

    nothing = recorded.observations().head(0)
    held = judge(nothing, dataset="digits")
    page = write_pages(tmp_path, held, nothing, recorded.RUN, ())
    assert text_of(page).count("not tested") >= len(in_order())
    assert len(pd.read_csv(tmp_path / "tables" / "claims.csv")) == 0
