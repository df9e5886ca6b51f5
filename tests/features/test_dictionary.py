"""docs/features.md is what the declarations and the specs say."""

from __future__ import annotations

import pytest

from features.catalogue import FEATURES
from features.dictionary import PAGE, SPECS, Example, examples, page, reads, sample_values
from features.flags import FLAGS


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(examples(SPECS)), "run python -m features.dictionary"


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_has_its_entry_with_sentences_in_both_languages(name: str) -> None:
    text = page([])
    assert f"### `{name}`" in text
    for value in sample_values(FEATURES[name]):
        assert f"- {FEATURES[name].sentence(value)} · {FEATURES[name].sentence(value, 'zh-CN')}" in text


def test_every_flag_is_in_the_table() -> None:
    assert [code for code in FLAGS if f"| `{code}` |" not in page([])] == []


def test_an_example_is_shown_in_its_group_as_it_is_drawn() -> None:
    text = page([Example("people", ("contacts",), "A remark.", "at | person\n")])
    people = text.split("## People 决策链")[1].split("## Account 客户")[0]
    assert "`contacts`\n\nA remark.\n\n```\nat | person\n```\n" in people


def test_a_feature_names_the_tables_it_reads() -> None:
    told = {name: reads(FEATURES[name]) for name in ("amount", "days_since_any_event", "quarter_day", "source")}
    assert told == {
        "amount": "deal_changes",
        "days_since_any_event": "deal_changes, activities",
        "quarter_day": "the date alone",
        "source": "deals",
    }
    assert reads(FEATURES["company_win_rate"]) == "deal_changes of the company's deals"


def test_no_folder_gives_no_examples(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert examples(tmp_path) == []
