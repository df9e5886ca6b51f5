import polars as pl
import pytest

from indicators.kinds import KINDS, kind_of_bias

CASES = """
n_periods  bias   wape  bias_p10  bias_p90  kind
8         -0.25   0.26     -0.30     -0.20  sandbagging
8          0.35   0.40      0.25      0.45  optimistic
8          0.02   0.12     -0.04      0.06  accurate
8         -0.09   0.12     -0.12     -0.05  accurate
8          0.05   0.45     -0.20      0.25  erratic
8          0.30   0.90     -0.10      0.60  erratic
8          0.30   0.40     -0.05      0.60  cannot tell
2         -0.25   0.26     -0.30     -0.20  cannot tell
3          0.02   0.12     -0.04      0.06  cannot tell
4         -0.25   0.26     -0.30     -0.20  sandbagging
"""


@pytest.mark.parametrize("line", CASES.strip().splitlines()[1:])
def test_each_kind_follows_its_printed_rule(line: str):
    n_periods, bias, wape, low, high, kind = line.split(maxsplit=5)
    row = {"n_periods": int(n_periods), "bias": float(bias), "wape": float(wape)}
    row |= {"bias_p10": float(low), "bias_p90": float(high)}
    assert pl.DataFrame([row]).select(kind_of_bias()).item() == kind


def test_where_nothing_was_won_nothing_can_be_told():
    row = {"n_periods": 8, "bias": None, "wape": None, "bias_p10": None, "bias_p90": None}
    schema = dict.fromkeys(row, pl.Float64) | {"n_periods": pl.Int64}
    assert pl.DataFrame([row], schema=schema).select(kind_of_bias()).item() == "cannot tell"


def test_every_kind_has_its_word_and_rule_in_both_languages():
    assert [kind.zh for kind in KINDS.values()] == ["谨慎", "乐观", "准确", "波动", "暂无法判断"]
    assert all(kind.rule_en and kind.rule_zh and kind.code == code for code, kind in KINDS.items())
