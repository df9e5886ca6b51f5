"""What the API tells of forecasters' records: the record itself, its course, other definitions, categories, dates."""

from __future__ import annotations

from serving.fields import Answer, Utc, described, measured

MONEY_OR_DEALS = "workspace currency or deals"


class Forecaster(Answer):
    """Whose statements, about what, from when."""

    forecaster_kind: str = described("rep, manager, model or rule; team for what a team's CRM implies")
    forecaster_id: str = described("which one; (all) where all of the kind are taken together")
    scope_kind: str = described("rep, team or another level")
    scope_id: str = described("what the statements were about")
    horizon_days: int = measured("days before the period's end", "days")
    source: str = described("`submitted`, or `implied` by the CRM")
    measure: str = described("amount or count")


class AccuracyRow(Forecaster):
    """How good a forecaster's own statements have been at one horizon."""

    n_periods: int = measured("periods measured", "periods")
    forecast_sum: float = measured("sum of what was said", MONEY_OR_DEALS)
    actual_sum: float = measured("sum of what was won", MONEY_OR_DEALS)
    bias: float | None = measured("(said - won) / won; above 0 is optimistic", "fraction")
    wape: float | None = measured("sum of absolute misses / won", "fraction")
    accuracy: float | None = measured("1 - WAPE, not below 0", "fraction")
    ratio: float | None = measured("said / won", "ratio")
    wape_p10: float | None = measured("lower end of the 80 % interval of WAPE", "fraction")
    wape_p90: float | None = measured("upper end of the 80 % interval of WAPE", "fraction")
    bias_shrunk: float | None = measured("bias drawn towards the team's where periods are few", "fraction")
    wape_shrunk: float | None = measured("WAPE drawn towards the team's where periods are few", "fraction")
    kind_of_bias: str | None = described("sandbagging, optimistic, accurate, erratic or cannot tell")
    fva_model: float | None = measured(
        "WAPE of the model minus the person's; above 0 the person added value", "fraction"
    )
    fva_model_n: int = measured("periods in which the model spoke by the horizon day too", "periods")
    fva_model_p10: float | None = measured("lower end of the 80 % interval of fva_model", "fraction")
    fva_model_p90: float | None = measured("upper end of the 80 % interval of fva_model", "fraction")
    fva_model_tells: str = described("adds, takes away or cannot tell, by that interval")
    fva_naive: float | None = measured("WAPE of the naive rule minus the person's", "fraction")
    fva_naive_n: int = measured("periods in which the naive rule had something to go by", "periods")
    fva_naive_p10: float | None = measured("lower end of the 80 % interval of fva_naive", "fraction")
    fva_naive_p90: float | None = measured("upper end of the 80 % interval of fva_naive", "fraction")
    fva_naive_tells: str = described("adds, takes away or cannot tell, by that interval")
    basis: str = described("what the statements rest on: calls, the CRM's dates, or its stages where it has no dates")
    bias_p10: float | None = measured("lower end of the 80 % interval of the bias", "fraction")
    bias_p90: float | None = measured("upper end of the 80 % interval of the bias", "fraction")
    n_called: int = measured("calls made, each forecaster and scope for itself", "periods")
    n_possible: int = measured("calls that could have been made since the first one", "periods")
    coverage: float = measured("calls made / calls possible", "fraction")
    blank_wins: int = measured("wins without an amount; they add nothing to what was won", "deals")
    shrunk_to: str | None = described(
        "to whom a short record was drawn: team, company or nobody; null where it was not"
    )


class KindRule(Answer):
    """A kind of bias and its rule."""

    kind: str = described("its code")
    en: str = described("its word in English")
    zh: str = described("its word in Chinese")
    rule_en: str = described("when it is said, in English")
    rule_zh: str = described("when it is said, in Chinese")


class RemarkRow(Answer):
    """One kind of odd thing about the calls, in one line."""

    code: str = described("which kind")
    n: int = measured("how many", "calls")
    en: str = described("what was found and what came of it, in English")
    zh: str = described("the same in Chinese")


class AccuracyAnswer(Answer):
    """Accuracy rows."""

    as_of: Utc = described("the moment up to which history was known, UTC")
    accuracy: list[AccuracyRow] = described("one row per forecaster, horizon and source")
    rules: list[KindRule] = described("the kinds of bias that occur, each with its rule")
    remarks: list[RemarkRow] = described("what of the calls was not counted as it stands; for those who see everybody")


class PeriodRow(Forecaster):
    """One period of a record."""

    period: str = described("which period")
    forecast: float = measured("what was said", MONEY_OR_DEALS)
    actual: float = measured("what was won", MONEY_OR_DEALS)
    miss: float = measured("by how much it missed, either way", MONEY_OR_DEALS)
    bias: float | None = measured("(said - won) / won; null where nothing was won", "fraction")
    wape: float | None = measured("miss / won; null where nothing was won", "fraction")
    blank_wins: int = measured("wins without an amount", "deals")
    model: float | None = measured("what the model had said by the same day", MONEY_OR_DEALS)
    naive: float | None = measured("what the naive rule says of the same day", MONEY_OR_DEALS)


class TrendRow(Forecaster):
    """How a record moves from period to period."""

    n_periods: int = measured("periods measured", "periods")
    first_period: str = described("the first of them")
    last_period: str = described("the last of them")
    bias_slope: float | None = measured("by how much the bias moves each period", "fraction per period")
    bias_slope_p10: float | None = measured("lower end of its 80 % interval", "fraction per period")
    bias_slope_p90: float | None = measured("upper end of its 80 % interval", "fraction per period")
    wape_slope: float | None = measured("by how much WAPE moves each period; below 0 is closer", "fraction per period")
    wape_slope_p10: float | None = measured("lower end of its 80 % interval", "fraction per period")
    wape_slope_p90: float | None = measured("upper end of its 80 % interval", "fraction per period")
    trend: str = described("closer, farther or cannot tell")


class DefinitionRow(Forecaster):
    """Two other definitions of accuracy beside ours."""

    n_periods: int = measured("periods measured", "periods")
    n_winless: int = measured("of these without a win; left out of all but accuracy", "periods")
    accuracy: float | None = measured("ours: 1 - WAPE, not below 0", "fraction")
    mean_accuracy: float | None = measured("1 - |won - said| / won, averaged over periods", "fraction")
    mean_ratio: float | None = measured("said / won, averaged over periods", "ratio")
    within_85_115: float | None = measured("periods with said / won between 85 and 115 %", "fraction")
    within_70_130: float | None = measured("periods with said / won between 70 and 130 %", "fraction")
    ratio: float | None = measured("said / won over all periods", "ratio")
    band: str | None = described("where that ratio lies: 85-115, 70-130 or outside")


class CategoryRow(Forecaster):
    """What came of what was called in a category."""

    category: str = described("commit, most_likely, best_case, dated (no categories in the CRM) or not_called")
    n_periods: int = measured("periods", "periods")
    n_deals: int | None = measured("deals called; under not_called deals won. Null for statements", "deals")
    n_deals_won: int | None = measured("of these won; under not_called those nobody had called", "deals")
    n_handed_over: int | None = measured("of these won by another owner than the one who called them", "deals")
    called: float = measured("what was called; under not_called what was won", MONEY_OR_DEALS)
    came: float = measured("what of it was won; under not_called what of it had not been called", MONEY_OR_DEALS)
    share: float | None = measured("came / called", "fraction")
    share_p10: float | None = measured("lower end of its 80 % interval", "fraction")
    share_p90: float | None = measured("upper end of its 80 % interval", "fraction")


class CloseDateRow(Answer):
    """How far closings lay from the stated days."""

    scope_kind: str = described("rep or team")
    scope_id: str = described("which one")
    horizon_days: int = measured("days before the period's end on which the stated day was read", "days")
    n_periods: int = measured("periods", "periods")
    n_deals: int = measured("open deals dated in the periods, once for each", "deals")
    n_won: int = measured("of these won since", "deals")
    n_lost: int = measured("of these lost since", "deals")
    n_open: int = measured("of these still open", "deals")
    slip_days: float | None = measured("within how many days after the stated one half had closed", "days")
    slip_days_p10: float | None = measured("lower end of its 80 % interval", "days")
    slip_days_p90: float | None = measured("upper end of its 80 % interval", "days")
    won_slip_days: float | None = measured("the median of the won alone", "days")
    on_time: float | None = measured("closed by the end of the stated day", "fraction")
    n_moved_in: int = measured("dated into the period in the week up to the horizon day", "deals")
    n_moved_out: int = measured("dated out of the period in that week", "deals")


class PeriodsAnswer(Answer):
    """Records period by period."""

    as_of: Utc = described("the moment up to which history was known, UTC")
    periods: list[PeriodRow] = described("one row per forecaster, horizon, source and period")


class TrendAnswer(Answer):
    """Trends of records."""

    as_of: Utc = described("the moment up to which history was known, UTC")
    trend: list[TrendRow] = described("one row per forecaster, horizon and source")


class DefinitionsAnswer(Answer):
    """Records by other definitions."""

    as_of: Utc = described("the moment up to which history was known, UTC")
    definitions: list[DefinitionRow] = described("one row per forecaster, horizon and source")


class CategoriesAnswer(Answer):
    """Records by category."""

    as_of: Utc = described("the moment up to which history was known, UTC")
    categories: list[CategoryRow] = described("one row per forecaster, horizon, source and category")


class CloseDatesAnswer(Answer):
    """Records of close dates."""

    as_of: Utc = described("the moment up to which history was known, UTC")
    close_dates: list[CloseDateRow] = described("one row per rep or team and horizon")
