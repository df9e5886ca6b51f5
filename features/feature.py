"""The declaration of a feature: its value as polars over aggregates, and how people read it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from numbers import Real

import polars as pl

GROUPS = {
    "momentum": ("Momentum", "推进节奏"),
    "commitment": ("Commitment", "承诺与日期"),
    "value": ("Value", "金额"),
    "engagement": ("Engagement", "互动"),
    "people": ("People", "决策链"),
    "account": ("Account", "客户"),
    "rep": ("Rep", "销售人员"),
    "calendar": ("Calendar", "时间"),
}


@dataclass(frozen=True)
class Feature:
    """One feature of a deal on a date.

    `expr` gives its value, `unit` what a number of it means, `en` and `zh` its meaning. `reason_en` and `reason_zh`
    say a value as a sentence with `{value}` in it; they state what the data holds and never why.
    `none_en` and `none_zh` say that there is no value. `zero_en` and `zero_zh` may say a value that rounds to nothing,
    `negative_en` and `negative_zh` one below zero, with `{value}` as its size; `fresh_en` and `fresh_zh` one below
    `fresh_below`, of which the usual sentence would complain too early. The values of a category in a company's
    `own_words` are said as they are written.
    """

    name: str
    expr: pl.Expr
    unit: str
    group: str
    en: str
    zh: str
    reason_en: str
    reason_zh: str
    none_en: str
    none_zh: str
    zero_en: str = ""
    zero_zh: str = ""
    negative_en: str = ""
    negative_zh: str = ""
    fresh_en: str = ""
    fresh_zh: str = ""
    fresh_below: float = float("-inf")
    categorical: bool = False
    own_words: bool = False

    def __post_init__(self) -> None:
        if self.group not in GROUPS:
            raise ValueError(f"feature {self.name}: group {self.group!r} is not one of {', '.join(GROUPS)}.")
        for attribute in ("unit", "en", "zh", "reason_en", "reason_zh", "none_en", "none_zh"):
            if not getattr(self, attribute):
                raise ValueError(f"feature {self.name} has no {attribute}; every feature says it. Add it.")
        for attribute in ("zero", "negative", "fresh"):
            if bool(getattr(self, attribute + "_en")) != bool(getattr(self, attribute + "_zh")):
                raise ValueError(f"feature {self.name} says {attribute} in one language only. Add the other.")

    def sentence(self, value: object, language: str = "en") -> str:
        """The value as a sentence in "en" or "zh-CN"; a missing value is said to be missing.

        >>> from features.catalogue import FEATURES
        >>> FEATURES["days_since_inbound"].sentence(21.4)
        'No reply from the buyer for 21 days'
        >>> FEATURES["days_since_inbound"].sentence(None, "zh-CN")
        '没有客户来信或来电的记录'
        """
        chinese = language.lower().startswith("zh")
        if value is None or (isinstance(value, Real) and math.isnan(value)):
            return self.none_zh if chinese else self.none_en
        if self.categorical:
            word = str(value) if self.own_words else category_word(str(value), chinese, self.name)
            return (self.reason_zh if chinese else self.reason_en).format(value=word)
        number = float(str(value))
        return _spoken(self._words(number, chinese).format(value=abs(number) if self._below_zero(number) else number))

    def _words(self, number: float, chinese: bool) -> str:
        if self.zero_en and self._is_nothing(number):
            return self.zero_zh if chinese else self.zero_en
        if self._below_zero(number):
            return self.negative_zh if chinese else self.negative_en
        if number < self.fresh_below:
            return self.fresh_zh if chinese else self.fresh_en
        return self.reason_zh if chinese else self.reason_en

    def _below_zero(self, number: float) -> bool:
        return bool(self.negative_en) and number < 0

    def _is_nothing(self, number: float) -> bool:
        """Whether it rounds to nothing: under half a percent of a share, under half of what is counted in ones."""
        return abs(number) < (0.005 if self.unit in ("share", "ratio") else 0.5)


CATEGORY_WORDS = {
    "commit": ("commit", "承诺"),
    "best_case": ("best case", "最佳情况"),
    "most_likely": ("most likely", "最可能"),
    "pipeline": ("pipeline", "普通管道"),
    "omitted": ("omitted", "不计入"),
    "closed": ("closed", "已关闭"),
    "new": ("new business", "新购"),
    "renewal": ("renewal", "续约"),
    "expansion": ("expansion", "增购"),
    "call": ("call", "电话"),
    "email": ("email", "邮件"),
    "meeting": ("meeting", "会议"),
    "visit": ("visit", "拜访"),
    "demo": ("demo", "演示"),
    "message": ("message", "即时消息"),
    "review": ("review", "复盘"),
    "task": ("task", "任务"),
}
"""How people say the codes that the canonical tables know; a company's own words stay as they are."""
FIELD_WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "source": {
        "referral": ("referral", "转介绍"),
        "partner": ("partner", "合作伙伴"),
        "website": ("website", "网站"),
        "event": ("event", "活动"),
        "campaign": ("campaign", "营销活动"),
        "cold_call": ("cold call", "陌生拜访电话"),
    },
    "segment": {
        "small": ("small", "小型客户"),
        "mid": ("mid", "中型客户"),
        "enterprise": ("enterprise", "大型客户"),
    },
    "industry": {
        "manufacturing": ("manufacturing", "制造"),
        "electronics": ("electronics", "电子"),
        "automotive": ("automotive", "汽车"),
        "energy": ("energy", "能源"),
        "logistics": ("logistics", "物流"),
        "food": ("food", "食品"),
        "healthcare": ("healthcare", "医疗"),
        "retail": ("retail", "零售"),
    },
    "loss_reason": {
        "price": ("price", "价格"),
        "competitor": ("competitor", "竞争对手"),
        "no_budget": ("no budget", "无预算"),
        "no_decision": ("no decision", "未作决定"),
        "timing": ("timing", "时机"),
        "product_gap": ("product gap", "产品差距"),
        "other": ("other", "其他"),
    },
}
"""The usual codes of fields that companies fill with words of their own: what is not among them stays as it is."""


def category_word(value: str, chinese: bool, field: str = "") -> str:
    """A category in words; of "kind: subject" the kind alone is a code. What is a code depends on the `field`.

    >>> category_word("best_case", chinese=False), category_word("email: Offer", chinese=True)
    ('best case', '邮件：Offer')
    >>> category_word("cold_call", False, "source"), category_word("new", True), category_word("new", True, "segment")
    ('cold call', '新购', 'new')
    """
    code, mark, rest = value.partition(": ")
    words = FIELD_WORDS.get(field, CATEGORY_WORDS)
    word = words[code][chinese] if code in words else code
    return word + (("：" if chinese else mark) + rest if mark else "")


_MINUS_NOTHING = re.compile(r"(?<!\d)-(0(?:\.0+)?)(?![\d.])")
_ONE_OF_MANY = re.compile(r"(?<![\d.,])1 (days|people|times|deals|stages|minutes)\b")


def _spoken(sentence: str) -> str:
    """One day, not one days; -0 is 0."""
    return _ONE_OF_MANY.sub(_singular, _MINUS_NOTHING.sub(r"\1", sentence))


def _singular(found: re.Match[str]) -> str:
    return "1 person" if found[1] == "people" else f"1 {found[1][:-1]}"


def feature(
    name: str,
    expr: pl.Expr,
    *,
    unit: str,
    group: str,
    en: str,
    zh: str,
    reason_en: str,
    reason_zh: str,
    none_en: str | None = None,
    none_zh: str | None = None,
    zero_en: str = "",
    zero_zh: str = "",
    negative_en: str = "",
    negative_zh: str = "",
    fresh_en: str = "",
    fresh_zh: str = "",
    fresh_below: float = float("-inf"),
    categorical: bool = False,
) -> Feature:
    """Declare a feature; without words of its own, a missing value reads "<meaning>: not on record"."""
    missing_en = none_en or f"{en[:1].upper()}{en[1:]}: not on record"
    missing_zh = none_zh or f"{zh}：无记录"
    return Feature(
        name=name,
        expr=expr,
        unit=unit,
        group=group,
        en=en,
        zh=zh,
        reason_en=reason_en,
        reason_zh=reason_zh,
        none_en=missing_en,
        none_zh=missing_zh,
        zero_en=zero_en,
        zero_zh=zero_zh,
        negative_en=negative_en,
        negative_zh=negative_zh,
        fresh_en=fresh_en,
        fresh_zh=fresh_zh,
        fresh_below=fresh_below,
        categorical=categorical,
    )
