"""Kind words for kinds of bias, each with the rule it follows, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

FEWEST_PERIODS = 4
LEAN = 0.10
CLOSE = 0.20
ONE_SIDED = 0.5

CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Kind:
    """A kind of bias: its code, its word and its rule for people to read."""

    code: str
    en: str
    zh: str
    rule_en: str
    rule_zh: str


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind(
            "sandbagging",
            "sandbagging",
            "谨慎",
            f"Over {FEWEST_PERIODS} or more periods the calls were at least {LEAN:.0%} below what was won, the whole "
            "80 % interval of the bias lies below zero, and at least half of all misses point that way.",
            f"在至少 {FEWEST_PERIODS} 个期间内，预测合计比实际赢单低 {LEAN:.0%} 以上，偏差的 80% 区间全部低于零，"
            "且至少一半的误差偏向这一侧。",
        ),
        Kind(
            "optimistic",
            "optimistic",
            "乐观",
            f"Over {FEWEST_PERIODS} or more periods the calls were at least {LEAN:.0%} above what was won, the whole "
            "80 % interval of the bias lies above zero, and at least half of all misses point that way.",
            f"在至少 {FEWEST_PERIODS} 个期间内，预测合计比实际赢单高 {LEAN:.0%} 以上，偏差的 80% 区间全部高于零，"
            "且至少一半的误差偏向这一侧。",
        ),
        Kind(
            "accurate",
            "accurate",
            "准确",
            f"Over {FEWEST_PERIODS} or more periods all misses together come to at most {CLOSE:.0%} of what was won, "
            "and neither rule above holds.",
            f"在至少 {FEWEST_PERIODS} 个期间内，误差合计不超过实际赢单的 {CLOSE:.0%}，且不符合以上两条。",
        ),
        Kind(
            "erratic",
            "erratic",
            "波动",
            f"Over {FEWEST_PERIODS} or more periods all misses together come to more than {CLOSE:.0%} of what was won, "
            "and more than half of them cancel out: too high as often as too low.",
            f"在至少 {FEWEST_PERIODS} 个期间内，误差合计超过实际赢单的 {CLOSE:.0%}，且一半以上相互抵消：时高时低。",
        ),
        Kind(
            CANNOT_TELL,
            "cannot tell",
            "暂无法判断",
            f"Fewer than {FEWEST_PERIODS} periods, nothing won in them, or a lean that chance alone could explain.",
            f"不足 {FEWEST_PERIODS} 个期间，期间内没有赢单，或所见偏向可能只是偶然。",
        ),
    )
}


def kind_of_bias() -> pl.Expr:
    """The code of the kind from columns n_periods, bias, wape, bias_p10 and bias_p90; rules in `KINDS`."""
    told = (pl.col("n_periods") >= FEWEST_PERIODS) & pl.col("bias").is_not_null()
    one_sided = pl.col("bias").abs() >= ONE_SIDED * pl.col("wape")
    return (
        pl.when(~told)
        .then(pl.lit(CANNOT_TELL))
        .when((pl.col("bias") <= -LEAN) & (pl.col("bias_p90") < 0) & one_sided)
        .then(pl.lit("sandbagging"))
        .when((pl.col("bias") >= LEAN) & (pl.col("bias_p10") > 0) & one_sided)
        .then(pl.lit("optimistic"))
        .when(pl.col("wape") <= CLOSE)
        .then(pl.lit("accurate"))
        .when(~one_sided)
        .then(pl.lit("erratic"))
        .otherwise(pl.lit(CANNOT_TELL))
        .alias("kind_of_bias")
    )
