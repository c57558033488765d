import re
from dataclasses import replace

import pytest

from capsprobe.claims.base import claims
from capsprobe.claims.judge import judge
from capsprobe.report.verdicts import sentences
from tests.claims.recorded import lit, planted

NUMBER = re.compile(r"[−+×±]?\d+(?:\.\d+)?")


def test_every_verdict_is_among_the_recorded_ones(verdicts):
    assert {each.word for each in verdicts} == {
        "supported",
        "refuted",
        "equivalent",
        "undecided",
        "not tested",
    }


def test_sentences_say_the_same_numbers_in_both_languages(verdicts):
    for verdict in verdicts:
        for say in (sentences.sentence, sentences.power, sentences.tally):
            en, zh = say(verdict, "en"), say(verdict, "zh")
            assert bool(en) == bool(zh)
            # "4 hypotheses" and the like are numbers too; words such as "four" are not.
            assert set(NUMBER.findall(en)) - {"2"} <= set(NUMBER.findall(zh)) | {"1"}


def test_a_verdict_is_said_with_estimate_interval_margin_p_and_n(verdicts):
    refuted = next(each for each in verdicts if each.word == "refuted")
    text = sentences.sentence(refuted, "en")
    assert text.startswith("It fails here: pose read linearly")
    assert re.search(r"−0\.\d{3} \(−0\.\d{3} to −0\.\d{3}; margin \+0\.050\)", text)
    assert text.endswith("corrected p < 0.001; 5 training seeds, 60 images.")


def test_a_missing_table_is_named(verdicts):
    missing = next(each for each in verdicts if each.claim.id == "gate-as-routing")
    assert sentences.sentence(missing, "en").startswith("Not tested: no table of gate with")
    assert sentences.doubts(missing, "zh")[0].startswith("缺少 gate 的")


def test_one_training_seed_is_told_that_it_could_show_nothing():
    claim = claims["relations"]
    (verdict,) = judge(
        planted([claim], {}, seeds=1), dataset="digits", lights=lit(), claims=[claim]
    )
    assert "With one training seed no effect" in sentences.power(verdict, "en")
    assert "no interval" in sentences.sentence(verdict, "en")


def test_an_effect_beyond_what_can_be_is_told_as_none(verdicts):
    found = next(each for each in verdicts if each.word == "supported")
    wide = replace(found.decisive.mean, error=1e4)
    told = sentences.power(replace(found, decisive=replace(found.decisive, mean=wide)), "en")
    assert told == "With so few training seeds no effect, however large, could have been shown."


@pytest.mark.parametrize("language", ["en", "zh"])
def test_hypotheses_are_counted_by_what_they_say(verdicts, language):
    mixed = next(each for each in verdicts if each.claim.id == "replacement")
    text = sentences.tally(mixed, language)
    assert [int(each) for each in re.findall(r"\d+", text)] == [14, 8, 6]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_would_change_a_verdict_depends_on_it(verdicts, language):
    told = {each.word: sentences.change(each, language) for each in verdicts if each.decisive}
    assert len(set(told.values())) == len(told) == 4
    for each in verdicts:
        if each.decisive:
            assert each.decisive.hypothesis.text[language] in sentences.change(each, language)
