"""Both languages say the same things with the same blanks, and the pages use no other words."""

import re
from pathlib import Path
from string import Formatter

import pytest

from serving.board import BANDS
from serving.bridge import BECAME, LINES
from serving.data_problems import PROBLEMS
from serving.texts import LANGUAGES, TEXTS, translator

FOLDER = Path(__file__).parents[2] / "serving"
SOURCES = [path for place in ("templates/*.html", "pages/*.py", "review/*.py", "*.py") for path in FOLDER.glob(place)]
CHANCE_LINES = ("won", "lost", "won_before", "reopened", "created", "pulled_in", "pushed_out", "re_scored")
HAN = re.compile("[一-鿿]")
ASCII_PUNCTUATION_AFTER_HAN = re.compile("[一-鿿][,;:]")


def blanks(text):
    return sorted({name for _, name, _, _ in Formatter().parse(text) if name})


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_have_the_text_with_the_same_blanks(key):
    english, chinese = TEXTS[key]
    assert english.strip()
    assert chinese.strip()
    assert blanks(english) == blanks(chinese)


@pytest.mark.parametrize("key", TEXTS)
def test_english_holds_no_chinese_and_chinese_punctuation_is_full_width(key):
    english, chinese = TEXTS[key]
    assert key in ("nav.other_language", "review.chinese") or not HAN.search(english)
    assert not ASCII_PUNCTUATION_AFTER_HAN.search(chinese)


def test_every_key_that_the_pages_name_has_a_text():
    named = set()
    for path in SOURCES:
        named |= set(re.findall(r"""\bt\(\s*["']([a-z_.0-9]+)["']""", path.read_text(encoding="utf-8")))
    assert named - set(TEXTS) == set()
    assert len(named) > 40


def test_every_band_and_data_problem_has_a_text():
    assert {f"band.{band}" for band in BANDS} <= set(TEXTS)
    assert {f"problem.{code}" for code in PROBLEMS} == {key for key in TEXTS if key.startswith("problem.")}


def test_every_line_of_what_changed_has_a_text():
    assert {f"changed.{line}" for line in LINES} == {key for key in TEXTS if key.startswith("changed.")}


@pytest.mark.parametrize(("language", "between"), [("en", ", "), ("zh-CN", "、")])
def test_the_note_of_what_changed_names_the_lines_of_a_chance_as_the_table_does(language: str, between: str):
    assert set(CHANCE_LINES) == set(BECAME)
    t = translator(language)
    names = [t(f"changed.{line}") for line in CHANCE_LINES]
    listed = between.join(names)
    assert (listed if language == "zh-CN" else listed.lower()) in t("forecast.bridge_note")


def test_no_text_lies_unused():
    words = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES if path.name != "texts.py")
    made = (
        "band.",
        "problem.",
        "field.",
        "activity.",
        "direction.",
        "failure.",
        "advice.",
        "flag.",
        "moved.",
        "changed.",
        "standing.",
        "pace.",
        "deal.won",
        "deal.open",
        "deal.lost",
        "sign_in.",
        "account.",
        "role.",
    )
    built = tuple(re.findall(r"""f["']([a-z_]+\.[a-z_.]*)\{""", words))
    unused = [key for key in TEXTS if not key.startswith((*made, *built)) and key not in words]
    assert unused == []


def test_a_translator_speaks_its_language():
    assert [translator(language)("band.critical") for language in LANGUAGES] == ["危急", "Critical"]


@pytest.mark.parametrize(
    ("key", "values", "said"),
    [
        ("forecast.answer", {"scope": "T04", "mean": "¥5万", "low": "¥4万", "high": "¥6万"}, "T04 预计达成 ¥5万，"),
        ("forecast.answer_over", {"scope": "全公司", "mean": "¥5万"}, "全公司实际达成 ¥5万"),
        ("person.answer_none", {"name": "Iris Costa"}, "Iris Costa 尚无"),
        ("person.answer_none", {"name": "高芳"}, "高芳尚无"),
        ("pipeline.expected", {"day": "2026年10月1日"}, "2026年10月1日前预计赢单"),
    ],
)
def test_a_space_stands_between_a_latin_word_and_a_chinese_one(key, values, said):
    assert translator("zh-CN")(key, **values).startswith(said)
