from indicators.catalogue import INDICATORS
from indicators.dictionary import PAGE, text
from indicators.kinds import KINDS


def test_the_page_of_indicators_is_current():
    assert PAGE.read_text(encoding="utf-8") == text(), "run: python -m indicators.dictionary"


def test_every_indicator_and_every_kind_of_bias_is_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    for one in INDICATORS.values():
        assert f"### `{one.slug}` {one.en} {one.zh}\n" in page
        assert one.formula_en in page
        assert one.formula_zh in page
    for kind in KINDS.values():
        assert kind.rule_en in page
        assert kind.rule_zh in page
