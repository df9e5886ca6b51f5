import re

from docs.generate import DOCS, PAGES, outdated
from features.catalogue import FEATURES
from features.flags import FLAGS
from history.tables import TABLES
from indicators.catalogue import INDICATORS


def test_generated_pages_are_current():
    assert outdated() == []


def test_a_page_that_differs_is_named(monkeypatch):
    monkeypatch.setitem(PAGES, "features.md", lambda: "something else")
    assert outdated() == ["features.md"]


def test_every_table_and_column_is_in_the_dictionary():
    text = (DOCS / "data-dictionary.md").read_text(encoding="utf-8")
    for table in TABLES.values():
        assert f"## {table.name}\n" in text
        section = text.split(f"## {table.name}\n")[1].split("\n## ")[0]
        assert all(re.search(rf"^\| [*`]*{column.name}[*`]* \|", section, re.M) for column in table.columns)


def test_every_feature_and_flag_is_documented():
    text = (DOCS / "features.md").read_text(encoding="utf-8")
    assert [name for name in [*FEATURES, *FLAGS] if f"`{name}`" not in text] == []


def test_every_indicator_is_documented():
    text = (DOCS / "indicators.md").read_text(encoding="utf-8")
    assert [slug for slug in INDICATORS if f"### `{slug}` " not in text] == []
