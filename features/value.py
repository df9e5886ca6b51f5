"""Value: the amount, how it changed, and how it compares with what is usual."""

from __future__ import annotations

import polars as pl

from features.aggregate import count, days_since, first, last, total, value_ago
from features.context import amounts
from features.feature import feature
from features.streams import changes, field

is_amount = (field == "amount") & pl.col("number").is_not_null()
raised = is_amount & (pl.col("number") > pl.col("old_number"))
cut = is_amount & (pl.col("number") < pl.col("old_number"))
amount = last(changes, "number", field == "amount")
amount_30d_ago = value_ago(changes, "number", 30, field == "amount")


def norm(scope: str) -> pl.Expr:
    """The geometric mean of first amounts in `scope` over the last year."""
    stream = amounts[scope]
    n = count(stream, days=365)
    return pl.when(n > 0).then((total(stream, "log_amount", days=365) / n).exp())


FEATURES = (
    feature(
        "amount",
        amount,
        unit="deal currency",
        group="value",
        en="amount",
        zh="商机金额",
        reason_en="Amount is {value:,.0f}",
        reason_zh="商机金额为 {value:,.0f}",
        none_en="No amount on record",
        none_zh="没有金额记录",
    ),
    feature(
        "amount_against_segment",
        amount / norm("segment"),
        unit="ratio",
        group="value",
        en="amount over what is usual in the segment (geometric mean of first amounts known in 365 days)",
        zh="金额与所在细分市场常见金额之比（近 365 天首次金额的几何平均）",
        reason_en="Amount is {value:,.0%} of the segment's usual",
        reason_zh="金额为所在细分市场常见水平的 {value:,.0%}",
        none_en="No amount, or no usual amount of the segment, on record",
        none_zh="没有金额或所在细分市场常见金额的记录",
    ),
    feature(
        "amount_against_company",
        amount / norm("company"),
        unit="ratio",
        group="value",
        en="amount over what is usual here (geometric mean of first amounts known in 365 days)",
        zh="金额与公司常见金额之比（近 365 天首次金额的几何平均）",
        reason_en="Amount is {value:,.0%} of the usual",
        reason_zh="金额为公司常见水平的 {value:,.0%}",
        none_en="No amount, or no usual amount, on record",
        none_zh="没有金额或公司常见金额的记录",
    ),
    feature(
        "amount_against_account",
        amount / norm("account"),
        unit="ratio",
        group="value",
        en="amount over what is usual with this customer (geometric mean of first amounts known in 365 days)",
        zh="金额与该客户常见金额之比（近 365 天首次金额的几何平均）",
        reason_en="Amount is {value:,.0%} of this customer's usual",
        reason_zh="金额为该客户常见水平的 {value:,.0%}",
        none_en="No amount, or no usual amount of this customer, on record",
        none_zh="没有金额或该客户常见金额的记录",
    ),
    feature(
        "amount_against_first",
        amount / pl.when(first(changes, "number", is_amount) > 0).then(first(changes, "number", is_amount)),
        unit="ratio",
        group="value",
        en="amount over the first amount",
        zh="当前金额与首次金额之比",
        reason_en="Amount is {value:,.0%} of the first",
        reason_zh="当前金额为首次金额的 {value:,.0%}",
        none_en="No amount now, or no first amount above zero, on record",
        none_zh="没有当前金额，或没有大于零的首次金额记录",
    ),
    feature(
        "amount_against_30d_ago",
        amount / pl.when(amount_30d_ago > 0).then(amount_30d_ago),
        unit="ratio",
        group="value",
        en="amount over the amount 30 days ago",
        zh="当前金额与 30 天前金额之比",
        reason_en="Amount is {value:,.0%} of that 30 days ago",
        reason_zh="当前金额为 30 天前的 {value:,.0%}",
        none_en="No amount now, or none above zero 30 days ago, on record",
        none_zh="没有当前金额，或没有 30 天前大于零的金额记录",
    ),
    feature(
        "amount_raises",
        count(changes, raised),
        unit="times",
        group="value",
        en="times the amount was raised",
        zh="金额上调次数",
        reason_en="Amount raised {value:.0f} times",
        reason_zh="金额上调过 {value:.0f} 次",
        zero_en="Amount never raised",
        zero_zh="金额从未上调",
    ),
    feature(
        "amount_cuts",
        count(changes, cut),
        unit="times",
        group="value",
        en="times the amount was cut",
        zh="金额下调次数",
        reason_en="Amount cut {value:.0f} times",
        reason_zh="金额下调过 {value:.0f} 次",
        zero_en="Amount never cut",
        zero_zh="金额从未下调",
    ),
    feature(
        "days_since_amount_change",
        days_since(changes, is_amount),
        unit="days",
        group="value",
        en="days since the amount was last set",
        zh="距上次设定金额的天数",
        reason_en="Amount last set {value:.0f} days ago",
        reason_zh="金额上次设定在 {value:.0f} 天前",
        none_en="No amount on record",
        none_zh="没有金额记录",
    ),
    feature(
        "kind",
        last(changes, "new", field == "kind"),
        unit="category",
        group="value",
        en="kind of deal",
        zh="商机类型",
        reason_en="Kind of deal: {value}",
        reason_zh="商机类型为“{value}”",
        none_en="No kind of deal on record",
        none_zh="没有商机类型的记录",
        categorical=True,
    ),
    feature(
        "product_line",
        last(changes, "new", field == "product_line"),
        unit="category",
        group="value",
        en="product line",
        zh="产品线",
        reason_en="Product line: {value}",
        reason_zh="产品线为“{value}”",
        none_en="No product line on record",
        none_zh="没有产品线的记录",
        categorical=True,
    ),
)
