"""Writes docs/indicators.md from the declarations: `python -m indicators.dictionary`."""

from __future__ import annotations

from pathlib import Path

from indicators.accuracy import HORIZONS_DAYS
from indicators.catalogue import DIMENSIONS, INDICATORS
from indicators.cells import MOST_UNKNOWN
from indicators.indicator import Indicator
from indicators.interval import DRAWS
from indicators.kinds import KINDS
from indicators.shrinkage import FULL_RECORD_PERIODS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "indicators.md"
DIMENSIONS_ZH = {"results": "业绩结果", "process": "过程", "capability": "能力", "teamwork": "协作"}
CADENCES = {"W": "weekly 周", "M": "monthly 月", "Q": "quarterly 季", "Y": "yearly 年"}
BETTER = {"up": "more is better 越高越好", "down": "less is better 越低越好", "zero": "zero is best 越接近零越好"}


def text() -> str:
    """The whole page."""
    parts = [_opening(), *(_dimension(name) for name in DIMENSIONS), _accuracy(), _kinds()]
    return "\n\n".join(parts) + "\n"


def _opening() -> str:
    return (
        "# Indicators 指标\n\n"
        "Written by `python -m indicators.dictionary` from the declarations in `indicators/`; do not edit by hand.\n\n"
        "Every indicator is computed from what was known before the as-of date. One that lacks its table says which "
        "table it needs and is left out of the score; it never shows 0 for that.\n"
        "每个指标只用截至日之前已知的数据计算；缺少所需数据表时会注明，不计入得分，绝不以 0 代替。\n\n"
        "An indicator is told for a period as long as its cadence or longer: a weekly one stands on sheets of weeks,"
        " months, quarters, half-years and years, a yearly one on that of a year only. The others stay on the shorter "
        "sheets by name, and their weight is spread over the rest in the open.\n"
        "指标只在不短于其周期的期间上计算：周指标见于周、月、季、半年、年各表，年指标只见于年表；"
        "较短期间的表上仍列出其名，其权重公开地分摊到其余指标。"
    )


def _dimension(name: str) -> str:
    found = [one for one in INDICATORS.values() if one.dimension == name]
    return "\n\n".join([f"## {name.capitalize()} {DIMENSIONS_ZH[name]}", *(_entry(one) for one in found)])


def _entry(one: Indicator) -> str:
    lead = "leading 先行" if one.leading else "lagging 滞后"
    needs = "; ".join(str(need) for need in one.needs)
    return (
        f"### `{one.slug}` {one.en} {one.zh}\n\n"
        f"{one.formula_en}\n\n{one.formula_zh}\n\n"
        f"Unit: {one.unit} · {BETTER[one.better]} · {lead} · {CADENCES[one.cadence]} · Needs: {needs}."
    )


def _accuracy() -> str:
    days = ", ".join(str(day) for day in HORIZONS_DAYS)
    return f"""## Forecast accuracy of a person 个人预测准确率

For a forecaster, a scope, a period and a horizon ({days} days before the period's end, or any other):

- **The call F** is the last statement made and recorded before the horizon day is over, in the workspace's time zone.
  A statement recorded later than it claims to have been made counts from its recording. The most likely value counts;
  where a forecaster never gives one, the commit; a best case alone is no forecast. Calls after that day are kept and
  not counted, so calling late gains nothing; a value below 0 is not counted either.
- **What came, A,** is what was won in the period and still won at its end, of all that is known at the as-of date, with
  the amount of the period's end, credited to the owner (and the team the owner was in) at the closing. A deal that was
  reopened within the period is not won in it; one reopened later stays won, as the period knew it. A win whose
  amount is blank adds nothing and is counted beside; where that is more than {MOST_UNKNOWN:.0%} of a scope's wins of a
  period, the period is left out of the amount measure.
- **Implied calls** stand beside submitted ones, labelled: what was booked so far plus the open deals whose expected
  close lies in the period, as the CRM had it at the end of the horizon day. Where any open deal carries a forecast
  category, only those in commit, most likely or closed count. Where the CRM holds no close date and nobody submits
  calls, stages imply them, labelled so: booked, plus each open deal's worth times the share of deals that stood at its
  stage on the same day of the last period and were won by its end.
- **bias** = Σ(F − A) / ΣA, **WAPE** = Σ|F − A| / ΣA, **accuracy** = max(0, 1 − WAPE), **ratio** = ΣF / ΣA. All are
  fractions, sums over periods; where ΣA is 0 they are empty, not 0.
- **The interval** is the 80 % interval of {DRAWS} circular block-bootstrap draws over the periods (blocks of the
  cube root of n, rounded down), widened for short records as Student's t is; n stands beside it, and below four
  periods there is none.
- **Shrinkage.** Below {FULL_RECORD_PERIODS} periods the own value weighs n/{FULL_RECORD_PERIODS}, the rest is the
  record of the others of the team taken together (of the company where the team has no other). The raw value stands
  beside it.
- **Value added.** `fva_model` and `fva_naive` are the WAPE of the model and of the naive rule less the person's, on the
  periods both have (`_n`), with the 80 % interval of the same bootstrap; positive means that the person added value,
  and it is said only where the whole interval is. What the model said is what it said at the time: it is written down
  as it is said (`model_calls`). The naive rule is what was booked so far plus what the last ended period still won
  after its own horizon day.
- **Coverage.** Periods without a call are not guessed; the number of calls made stands beside the number possible
  since the first one: periods in which the scope had something to win, or somebody (the model is nobody) spoke of it.

How each number is made, the other views (trend, other definitions, categories, close dates), what cannot be gamed and
what still can: [accuracy.md](accuracy.md)."""


def _kinds() -> str:
    rows = [f"| `{kind.code}` | {kind.zh} | {kind.rule_en} {kind.rule_zh} |" for kind in KINDS.values()]
    return "\n".join(["## Kinds of bias 偏差类型", "", "| kind | 类型 | rule 规则 |", "|---|---|---|", *rows])


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
