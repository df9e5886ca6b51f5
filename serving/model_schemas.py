"""What the API gives about models: versions, what they were made from, and how good they were."""

from __future__ import annotations

from serving.fields import Answer, Question, Utc, described, measured


class MetricOut(Answer):
    """One figure of the period that was held out."""

    forecast: str = described("whose it is: the deal model, or a simple rule that stands beside it; empty for neither")
    measure: str = described("auc, log_loss, brier, calibration_slope, calibration_intercept, n, share_won and so on")
    value: float = measured("the figure", "the measure's: auc 0 to 1, log_loss nats, brier 0 to 1, n rows")


class VersionOut(Answer):
    """One version of the model."""

    version: str = described("its number")
    kind: str | None = described("deal_model, or tables where few deals had closed")
    trained_as_of: Utc = described("it learned from what was known before this moment, UTC")
    promoted: bool = described("whether it may serve days from then on")
    champion: bool = described("whether it is the one that bears the name champion")
    serves: bool = described("whether it answers for the served day")
    promoted_by: str | None = described("`gate`, or the person who promoted it")
    promoted_reason: str | None = described("why it was promoted")
    gate: str | None = described("`passed`, or `found` where a check found something")
    feature_version: str | None = described("hash of the features it reads")
    content_hash: str | None = described("hash of the frozen history it was trained on")


class EventOut(Answer):
    """A promotion or a roll-back."""

    did: str = described("`promote` or `rollback`")
    version: str = described("of which version")
    by: str = described("`gate`, or the person or program who did it")
    reason: str = described("why")
    at: str | None = described("when, UTC; null where it was not kept", None)


class PromotionIn(Question):
    """Why a version is to serve, for the record."""

    reason: str = described("why, for the record", min_length=1, max_length=2_000)
    roll_back: bool = described(
        "make it champion even where later ones serve: those trained after it no longer serve, and are kept", False
    )


class PromotionOut(Answer):
    """What became of a promotion."""

    version: str = described("the version that may serve now")
    champion: str = described("the version that bears the name champion now; a version trained later keeps it")
    withdrawn: list[str] = described("versions that no longer serve, by a roll-back")


class VersionsAnswer(Answer):
    """All versions."""

    serving_version: str = described("what answers for the served day; tables of a day where no version may")
    models: list[VersionOut] = described("the newest first")
    events: list[EventOut] = described("every promotion and roll-back, in order")


class CalibrationOut(Answer):
    """Whether shown chances came true on the period that was held out."""

    n: int | None = measured("rows of the held-out period", "rows")
    share_won: float | None = measured("of these, won", "fraction")
    slope: float | None = measured("1 is right; below 1 the chances are too extreme", "ratio")
    intercept: float | None = measured("0 is right; below 0 the chances are too high", "log odds")


class BinOut(Answer):
    """Rows of the held-out period that were shown much the same chance."""

    n: int = measured("rows", "rows")
    deals: int = measured("distinct deals among them", "deals")
    shown: float = measured("mean of the chances shown", "probability")
    came: float = measured("of them, won", "fraction")
    low: float = measured("lower end of the 90 % interval of `came`", "fraction")
    high: float = measured("upper end of it", "fraction")


class CheckOut(Answer):
    """What one check of the gate found."""

    code: str = described("G01 and so on")
    title: str = described("what it looks at")
    outcome: str = described("`passed`, `found` or `not_applicable`")
    sentence: str = described("what was found, in English")
    sentence_zh: str = described("what was found, in Chinese", "")


class ModelAnswer(VersionOut):
    """One version with its card and its figures."""

    calibration: CalibrationOut = described("on the held-out period; null where it was too short to hold one out")
    reliability: list[BinOut] = described("shown against came, from the lowest chances up; empty where none was kept")
    checks: list[CheckOut] = described("what the gate found; empty where none was kept")
    metrics: list[MetricOut] = described("figures of the held-out period")
    card: str | None = described("the model card, Markdown; null where none was kept")
