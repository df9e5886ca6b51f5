"""Flags in words: what each says, and what became of past deals that had it."""

from __future__ import annotations

from features.flags import FLAGS
from serving.pages.format import percent
from serving.texts import joined, text_or, translator
from training.flag_record import FlagRecord


def flag_text(code: str, language: str) -> str:
    """What a flag says in the reader's language."""
    return FLAGS[code].sentence(language) if code in FLAGS else text_or(language, f"flag.{code}", code)


def record_text(record: FlagRecord | None, language: str) -> str:
    """The flag's track record as a sentence; "" where the model carries none."""
    if record is None:
        return ""
    t = translator(language)
    if record.won_flagged is None:
        return t("flag.no_record")
    told = {"n": f"{record.deals_flagged:,}", "days": record.horizon_days, "flagged": share(record.won_flagged)}
    if record.won_same_stage is None:
        return t("flag.record_alone", **told)
    sentence = t("flag.record", **told, other=share(record.won_same_stage))
    if record.goes_with in (None, "losing"):
        return sentence
    return joined([sentence, t(f"flag.record_{record.goes_with}")], language)


def share(fraction: float | None) -> str:
    """A share that was counted, which may well be 0 or 100 %.

    >>> share(0.0), share(0.184), share(None)
    ('0%', '18%', '–')
    """
    return percent(None) if fraction is None else f"{100 * fraction:.0f}%"
