"""What a person's sheet lacks, in the reader's words: the indicators say it in English, by the names of tables."""

from __future__ import annotations

from indicators.measuring import NOTHING_HERE, NOTHING_KNOWN, STILL_THERE
from serving.texts import text_or, translator

NEEDS, TARGET = "needs ", "target: "
KNOWN = {
    NOTHING_HERE: "lacks.nothing_here",
    NOTHING_KNOWN: "lacks.nothing_known",
    STILL_THERE: "lacks.still_there",
    "no target to score by": "lacks.no_target",
}


def record_words(need: str, language: str) -> str:
    """A record that an indicator needs; a name without words stays as it is.

    >>> record_words("scores", "en"), record_words("scores", "zh-CN")
    ('scores given on earlier days', '以往各日给出的评分')
    """
    return text_or(language, f"record.{need}", need)


def lacking_words(missing: str, language: str) -> str:
    """Why an indicator has no value or no score.

    >>> lacking_words("needs invoices (paid_at), costs", "zh-CN"), lacking_words("target: no target to score by", "en")
    ('发票回款时间、获客成本', 'no target to score by')
    """
    told = missing.removeprefix(TARGET)
    if told.startswith(NEEDS):
        named = [record_words(need, language) for need in told.removeprefix(NEEDS).split(", ")]
        return translator(language)("failure.comma").join(named)
    return translator(language)(KNOWN[told]) if told in KNOWN else told
