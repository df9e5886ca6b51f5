"""The views of `dealcast accuracy` beside the record: periods, trend, other definitions, categories, close dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.console import Column, Style, print_table, say
from cli.words import choose

if TYPE_CHECKING:
    import polars as pl

    from history.record import History
    from indicators.remarks import Remark

FORECASTERS = {
    "rep": ("rep", "销售"),
    "manager": ("manager", "经理"),
    "team": ("team", "团队"),
    "model": ("model", "模型"),
    "rule": ("rule", "规则"),
}
TOGETHER = {
    "rep": ("reps together", "全体销售"),
    "manager": ("managers together", "全体经理"),
    "team": ("teams together", "全部团队"),
    "model": ("models together", "全部模型"),
    "rule": ("rules together", "全部规则"),
}
REPLAYED = ("model, worked out afterwards", "模型（事后推算）")
SOURCES = {
    "submitted": ("submitted", "申报"),
    "implied": ("implied", "隐含"),
    "stages": ("implied by stage", "隐含（按阶段）"),
}
WORDS = {
    "commit": ("commit", "承诺"),
    "most_likely": ("most likely", "最可能"),
    "best_case": ("best case", "乐观"),
    "dated": ("dated in the period", "预计本期成交"),
    "not_called": ("not called", "未申报"),
    "closer": ("closer", "趋准"),
    "farther": ("farther", "趋偏"),
    "cannot tell": ("cannot tell", "暂无法判断"),
    "outside": ("outside", "区间之外"),
    "85-115": ("85–115%", "85–115%"),
    "70-130": ("70–130%", "70–130%"),
}
WHO = (
    Column("who", "forecaster", "预测人"),
    Column("about", "about", "对象"),
    Column("said", "source", "来源"),
    Column("horizon_days", "days before", "提前天数", "whole"),
)


@dataclass(frozen=True)
class View:
    """How one view is printed: title, columns, and how it is read, in both languages."""

    title: tuple[str, str]
    columns: tuple[Column, ...]
    note: tuple[str, str]


VIEWS: dict[str, View] = {
    "periods": View(
        ("Forecasts period by period", "逐期预测"),
        (
            *WHO,
            Column("period", "period", "期间"),
            Column("forecast", "said", "预测", "amount"),
            Column("actual", "won", "实际赢单", "amount"),
            Column("bias", "bias", "偏差", "signed"),
            Column("wape", "miss", "误差", "percent"),
            Column("model", "model", "模型", "amount"),
            Column("naive", "naive rule", "朴素规则", "amount"),
        ),
        (
            "Bias and miss are parts of what was won; they are left blank where nothing was.",
            "偏差与误差均为占实际赢单的比例；当期没有赢单时留空。",
        ),
    ),
    "trend": View(
        ("Trend of forecasts", "预测走势"),
        (
            *WHO,
            Column("n_periods", "periods", "期间数", "whole"),
            Column("first_period", "from", "起"),
            Column("last_period", "to", "止"),
            Column("bias_slope", "bias, each period", "偏差每期变化", "slope"),
            Column("wape_slope", "WAPE, each period", "WAPE 每期变化", "slope"),
            Column("wape_slope_p10", "80 %: from", "80% 区间下限", "slope"),
            Column("wape_slope_p90", "to", "上限", "slope"),
            Column("trend_told", "trend", "走势"),
        ),
        (
            "Points of a hundred by which bias and WAPE move each period. Closer or farther is said when the whole "
            "80 % interval of the WAPE slope lies on one side of zero, from four periods on.",
            "偏差与 WAPE 每期变化的百分点。期间数不少于 4，且 WAPE 斜率的 80% 区间全部在零的一侧时，才说趋准或趋偏。",
        ),
    ),
    "definitions": View(
        ("Forecast accuracy by other definitions", "其他口径的预测准确率"),
        (
            *WHO,
            Column("n_periods", "periods", "期间数", "whole"),
            Column("n_winless", "without a win", "无赢单期间", "whole"),
            Column("accuracy", "1 − WAPE (ours)", "1−WAPE（本系统）", "percent"),
            Column("mean_accuracy", "mean of 1 − |A−F|/A", "1−|A−F|/A 均值", "percent"),
            Column("mean_ratio", "mean of F/A", "F/A 均值", "percent"),
            Column("within_85_115", "in 85–115%", "85–115% 内", "percent"),
            Column("within_70_130", "in 70–130%", "70–130% 内", "percent"),
            Column("band_told", "ΣF/ΣA lies", "ΣF/ΣA 所在区间"),
        ),
        (
            "The other definitions leave periods without a win out; a mean of 1 − |A−F|/A may fall below 0.",
            "其他口径不计无赢单的期间；1−|A−F|/A 的均值可能低于 0。",
        ),
    ),
    "categories": View(
        ("What came of what was called", "各类申报的兑现情况"),
        (
            *WHO,
            Column("category_told", "category", "类别"),
            Column("n_periods", "periods", "期间数", "whole"),
            Column("n_deals", "deals", "商机数", "whole"),
            Column("n_deals_won", "won", "赢单数", "whole"),
            Column("n_handed_over", "by another owner", "由他人赢得", "whole"),
            Column("called", "called", "申报额", "amount"),
            Column("came", "came", "兑现额", "amount"),
            Column("share", "share", "兑现率", "percent"),
            Column("share_p10", "80 %: from", "80% 区间下限", "percent"),
            Column("share_p90", "to", "上限", "percent"),
        ),
        (
            "Not called: of all that was won (of the CRM's deals: from the horizon day on), what nobody had called.",
            "未申报：全部赢单中（按商机计时，自提前日起）事先未被申报的部分。",
        ),
    ),
    "dates": View(
        ("Close dates against closings", "预计成交日与实际"),
        (
            Column("about", "about", "对象"),
            Column("horizon_days", "days before", "提前天数", "whole"),
            Column("n_deals", "dated deals", "有日期商机", "whole"),
            Column("n_won", "won", "赢单", "whole"),
            Column("n_lost", "lost", "输单", "whole"),
            Column("n_open", "open", "未结", "whole"),
            Column("slip_days", "slip, median days", "推迟天数中位", "whole"),
            Column("slip_days_p10", "80 %: from", "80% 区间下限", "whole"),
            Column("slip_days_p90", "to", "上限", "whole"),
            Column("won_slip_days", "won alone", "仅赢单", "whole"),
            Column("on_time", "on time", "按期", "percent"),
            Column("n_moved_in", "moved in", "临期移入", "whole"),
            Column("n_moved_out", "moved out", "临期移出", "whole"),
        ),
        (
            "Deals open on the horizon day and dated in the period. Moved in and out: in the week up to that day.",
            "提前日当天未结且预计本期成交的商机。临期移入、移出：当日前一周内改动日期所致。",
        ),
    ),
}


@dataclass(frozen=True)
class Asked:
    """What is asked of every view: whose, as known when, at which horizons, by what, over which periods."""

    history: History
    instant: dt.datetime
    by: str
    horizons: Sequence[int]
    measure: str
    cadence: str
    model_calls: pl.DataFrame | None = None

    def view(self, name: str) -> pl.DataFrame:
        """The rows of a view."""
        from indicators import accuracy, by_period, categories, close_dates, definitions, trend

        asked = (self.history, self.instant, self.by, self.horizons)
        if name == "dates":
            return close_dates.close_dates(*asked, self.cadence)
        told = {
            "record": accuracy.assess,
            "details": accuracy.assess,
            "periods": by_period.by_period,
            "trend": trend.trend,
            "definitions": definitions.definitions,
        }
        if name == "categories":
            return categories.categories(*asked, self.measure, self.cadence)
        return told[name](*asked, self.measure, self.cadence, self.model_calls)

    def remarks(self) -> list[Remark]:
        """What is odd about the calls."""
        from indicators.remarks import remarks

        return remarks(self.history, self.instant, self.cadence)


def show_view(frame: pl.DataFrame, view: str, style: Style, names: Mapping[str, str]) -> None:
    """Prints a view with how it is read, or says why it is empty."""
    known = VIEWS[view]
    if frame.is_empty():
        nothing = "No period has ended yet of which there is something to tell.", "尚无可供计算的已结束期间。"
        say(choose(style.language, *nothing))
        return
    rows = [row | in_words(row, style.language, names) for row in frame.to_dicts()]
    filled = [column for column in known.columns if column.field not in frame.columns or frame[column.field].count()]
    print_table(choose(style.language, *known.title), filled, rows, style)
    say(choose(style.language, *known.note))


def in_words(row: Mapping[str, Any], language: str, names: Mapping[str, str]) -> dict[str, Any]:
    """Words for the codes of a row and names for its ids: who, about, said, and each coded field as `<field>_told`."""
    told: dict[str, Any] = {"about": names.get(row["scope_id"], row["scope_id"])}
    if "forecaster_kind" in row:
        kind, which = row["forecaster_kind"], row["forecaster_id"]
        known = FORECASTERS.get(kind, (kind, kind))
        alone = f"{choose(language, *known)} {names.get(which, which) or ''}".strip()
        special = {"(all)": TOGETHER.get(kind), "(replayed)": REPLAYED}.get(which)
        told["who"] = choose(language, *special) if special else alone
        source = "stages" if row.get("basis") == "stages" else row["source"]
        told["said"] = choose(language, *SOURCES[source])
    coded = {name: row[name] for name in ("category", "trend", "band") if row.get(name)}
    return told | {f"{name}_told": choose(language, *WORDS[value]) for name, value in coded.items()}
