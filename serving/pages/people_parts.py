"""The tables of the pages of people: accuracy, periods, statements, sheet, cues and goals."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

import polars as pl

from indicators.forecasters import EVERYBODY
from indicators.scoring import TOTAL
from indicators.value_added import ADDS, CANNOT_TELL, TAKES
from serving.flag_words import share
from serving.lacking import lacking_words
from serving.pages.format import MINUS, NOTHING, day, money, three_figures
from serving.pages.table import Cell, Head, Row, Span, Table, link, num
from serving.standing import Standing
from serving.submissions import CATEGORIES
from serving.texts import TEXTS, Translator, joined, text_or, translator

TONES = {"optimistic": "bad_text", "erratic": "bad_text", "sandbagging": "at_risk_text", "accurate": "good"}
COMPARED = ("fva_model", "fva_naive")
"""Against whom a record is held: what the model said at the time, and the naive rule."""
STATEMENTS_SHOWN = 12
SPAN_REACH = 1.0
"""The bias that reaches either end of the drawn range: −100 % to +100 %."""


def signed(value: float | None) -> str:
    """A fraction as percent with its sign.

    >>> signed(0.124), signed(-0.3), signed(None)
    ('+12%', '−30%', '–')
    """
    if value is None:
        return NOTHING
    whole = round(100 * value)
    return f"{'+' if whole > 0 else MINUS if whole < 0 else ''}{abs(whole)}%"


def kind_word(code: str, language: str) -> str:
    """The word for a kind of bias."""
    from indicators.kinds import KINDS

    return KINDS[code].zh if language == "zh-CN" else KINDS[code].en


def bias_cell(row: dict[str, Any], t: Translator) -> Cell:
    """Bias with its interval, drawn about zero."""
    if row["bias"] is None:
        return Cell(NOTHING, row["reason"] or "", tone="quiet")
    low, high = row["bias_p10"], row["bias_p90"]
    if low is None or high is None:
        return Cell(signed(row["bias"]))
    label = t("people.range", low=signed(low), high=signed(high))
    place = [round(50 + 50 * max(-1.0, min(1.0, one / SPAN_REACH)), 1) for one in (low, high, row["bias"])]
    span = Span(place[0], round(place[1] - place[0], 1), place[2], 50.0, label)
    return Cell(signed(row["bias"]), label, span=span)


def accuracy_cell(row: dict[str, Any], t: Translator) -> Cell:
    """1 − WAPE with its interval."""
    if row["accuracy"] is None:
        return Cell(NOTHING, tone="quiet")
    low, high = row["wape_p90"], row["wape_p10"]
    if low is None or high is None:
        return Cell(share(row["accuracy"]))
    return Cell(share(row["accuracy"]), t("people.range", low=share(max(0.0, 1 - low)), high=share(max(0.0, 1 - high))))


def value_added(row: dict[str, Any], name: str, t: Translator) -> Cell:
    """Forecast value added in points of WAPE, with the periods in which both spoke and the 80 % interval.

    It is good or bad only where the whole interval is; without one, or about zero, nobody can tell.
    """
    value, n, tells = row[name], row[f"{name}_n"], row[f"{name}_tells"]
    low, high = row[f"{name}_p10"], row[f"{name}_p90"]
    if value is None:
        return Cell(t("people.cannot_tell"), t("people.quarters", n=n), tone="quiet")
    ranged = "" if low is None or high is None else t("people.range", low=signed(low), high=signed(high))
    unsure = t("people.cannot_tell") if tells == CANNOT_TELL else ""
    note = t("people.parts_of_note").join(part for part in (unsure, ranged, t("people.quarters", n=n)) if part)
    return Cell(signed(value), note, tone={ADDS: "good", TAKES: "bad_text"}.get(tells, "quiet"))


def record_heads(first: list[Head], t: Translator) -> list[Head]:
    """The heads of a table of records, with a column for each of whom they are compared with."""
    return [
        *first,
        num(t("people.n")),
        num(t("people.bias"), t("people.bias_note")),
        num(t("people.accuracy"), t("people.accuracy_note")),
        Head(t("people.kind")),
        *(num(t(f"people.{name}"), t("people.fva_note")) for name in COMPARED),
    ]


def no_model_note(rows: pl.DataFrame, t: Translator) -> str:
    """Why nobody is compared with the model, where that is so."""
    return t("people.no_model") if rows.height and not rows["fva_model_n"].sum() else ""


def record_cells(row: dict[str, Any], language: str) -> list[Cell]:
    """The cells of one record, under `record_heads`."""
    t = translator(language)
    short = t("people.few", value=signed(row["bias_shrunk"])) if row["shrunk_to"] else ""
    kind = Cell(kind_word(row["kind_of_bias"], language), short, tone=TONES.get(row["kind_of_bias"], "quiet"))
    bias, right = bias_cell(row, t), accuracy_cell(row, t)
    return [
        Cell(f"{row['n_periods']}"),
        bias,
        right,
        kind,
        *(value_added(row, name, t) for name in COMPARED),
    ]


def people_table(rows: pl.DataFrame, scores: dict[str, float], standing: Standing, language: str) -> Table:
    """One row a person, the most biased first."""
    t = translator(language)
    heads = record_heads([Head(t("people.person"), t("people.team")), Head(t("people.source"))], t)
    heads.append(num(t("people.score"), t("people.score_note")))
    found = []
    for row in rows.iter_rows(named=True):
        rep = row["scope_id"]
        who = Cell(standing.names.get(rep, rep), _team(row["team"]), person_link(rep))
        score = scores.get(rep)
        total = Cell(NOTHING if score is None else f"{score:.0f}")
        found.append(Row([who, Cell(t(f"people.{row['source']}")), *record_cells(row, language), total]))
    note = joined([t("people.table_note"), no_model_note(rows, t)], language)
    return Table(t("people.table"), heads, found, note, t("people.nothing"))


def team_table(rows: pl.DataFrame, standing: Standing, language: str) -> Table:
    """One row a team and forecaster: each manager who spoke for it, and its people's own calls together."""
    t = translator(language)
    heads = record_heads([Head(t("people.team")), Head(t("people.forecaster"))], t)
    found = [
        Row([Cell(row["scope_id"]), _forecaster(row, standing, language), *record_cells(row, language)])
        for row in rows.sort("scope_id", "forecaster_kind", "forecaster_id", "source").iter_rows(named=True)
    ]
    return Table(t("people.teams"), heads, found, nothing=t("people.nothing"))


def _forecaster(row: dict[str, Any], standing: Standing, language: str) -> Cell:
    """Who spoke, in the words of `dealcast accuracy`; what nobody submitted says where it comes from."""
    kind, which = row["forecaster_kind"], row["forecaster_id"]
    together = which == EVERYBODY
    word = text_or(language, f"forecaster.{kind}.together" if together else f"forecaster.{kind}", kind)
    source = "" if row["source"] == "submitted" else text_or(language, f"people.{row['source']}", row["source"])
    name = "" if together else standing.names.get(which, which)
    return Cell(word, translator(language)("people.parts_of_note").join(part for part in (name, source) if part))


def _team(team: str) -> str:
    return "" if team == "(none)" else team


def person_link(rep: str, **values: str) -> str:
    """The page of a person."""
    return link(f"/people/{quote(rep, safe='')}", **values)


def horizon_table(rows: pl.DataFrame, language: str) -> Table:
    """A person's record at each horizon and from each source."""
    t = translator(language)
    heads = record_heads([Head(t("person.ahead")), Head(t("people.source"))], t)
    heads.insert(3, num(t("person.ratio")))
    found = []
    for row in rows.iter_rows(named=True):
        cells = record_cells(row, language)
        cells.insert(1, Cell(NOTHING if row["ratio"] is None else f"{row['ratio']:.2f}"))
        ahead = Cell(t("people.days", days=row["horizon_days"]))
        source = Cell(text_or(language, f"people.{row['source']}", row["source"]))
        found.append(Row([ahead, source, *cells]))
    return Table(t("person.accuracy"), heads, found, no_model_note(rows, t), t("people.nothing"))


def period_table(rows: pl.DataFrame, days: int, currency: str, language: str) -> Table:
    """Said against came, quarter by quarter, the newest first."""
    t = translator(language)
    heads = [Head(t("person.period")), *(num(t(f"person.{name}")) for name in ("said", "came", "miss", "naive"))]
    found = [
        Row(
            [
                Cell(row["period"]),
                *(Cell(money(row[name], currency, language)) for name in ("forecast", "actual")),
                Cell(signed(row["bias"])),
                Cell(money(row["naive"], currency, language)),
            ]
        )
        for row in rows.reverse().iter_rows(named=True)
    ]
    return Table(t("person.periods", days=days), heads, found, nothing=t("people.nothing"))


def statement_table(rows: pl.DataFrame, standing: Standing, language: str) -> Table:
    """What was said, one row for what was said at once, the newest first; what no longer holds is dimmed."""
    t = translator(language)
    heads = [Head(t("person.period")), Head(t("person.scope")), Head(t("person.measure"))]
    heads += [num(t(f"category.{name}")) for name in CATEGORIES]
    heads += [Head(t("person.by")), Head(t("person.when")), Head(t("person.note"))]
    at_once = ["called_at", "period", "scope_kind", "scope_id", "forecaster_id", "measure"]
    values = [pl.col("value").filter(pl.col("category") == name).last().alias(name) for name in CATEGORIES]
    said = rows.group_by(at_once, maintain_order=True).agg(*values, pl.col("holds").any(), pl.col("note").first())
    shown = said.sort(*at_once, descending=[True] + [False] * 5).head(STATEMENTS_SHOWN)
    found = [_statement(row, standing, language) for row in shown.iter_rows(named=True)]
    return Table(t("person.statements"), heads, found, t("person.statements_note"), t("person.no_statements"))


def _statement(row: dict[str, Any], standing: Standing, language: str) -> Row:
    when: dt.datetime = row["called_at"]
    cells = [
        Cell(row["period"]),
        Cell(standing.names.get(row["scope_id"], row["scope_id"])),
        Cell(translator(language)(f"measure.{row['measure']}")),
        *(Cell(told_measure(row[name], row["measure"], standing.currency, language)) for name in CATEGORIES),
        Cell(standing.names.get(row["forecaster_id"], row["forecaster_id"])),
        Cell(day(standing.history.settings.day_of(when), language)),
        Cell(row["note"] or ""),
    ]
    return Row(cells, "" if row["holds"] else "past")


def told_measure(value: float | None, measure: str, currency: str, language: str) -> str:
    """An amount of money, or a number of deals."""
    if value is None:
        return NOTHING
    return money(value, currency, language) if measure == "amount" else three_figures(value)


def measured(value: float | None, unit: str | None, currency: str, language: str) -> str:
    """A value of an indicator in its unit."""
    if value is None:
        return NOTHING
    if unit == "fraction":
        return share(value).replace("-", MINUS)
    if unit in ("workspace currency", currency):
        return money(value, currency, language)
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return translator(language)(f"unit.{unit}", value=number) if f"unit.{unit}" in TEXTS else number


def sheet_table(rows: pl.DataFrame, period: str, currency: str, language: str) -> Table:
    """The performance sheet of one person."""
    t = translator(language)
    names = ("value", "target", "team_value", "before", "score", "weight")
    heads = [Head(t("person.indicator")), *(num(t(f"person.{name}")) for name in names)]
    found = [_sheet_row(row, currency, language) for row in rows.iter_rows(named=True)]
    note = t("person.sheet_note", period=period)
    return Table(t("person.sheet", period=period), heads, found, note, t("person.no_sheet", period=period))


def _sheet_row(row: dict[str, Any], currency: str, language: str) -> Row:
    t = translator(language)
    name = row["name_zh"] if language == "zh-CN" else row["name_en"]
    score = "" if row["score"] is None else f"{row['score']:.0f}"
    weight = "" if row["weight_rescaled"] is None else f"{row['weight_rescaled']:.0f}"
    if row["indicator"] == TOTAL:
        return Row([Cell(t("person.total")), *(Cell("") for _ in range(4)), Cell(score), Cell(weight)], "total")
    if row["missing"]:
        first = Cell(name, t("person.lacks", what=lacking_words(row["missing"], language)), tone="quiet")
        return Row([first, *(Cell(NOTHING, tone="quiet") for _ in range(6))])
    values = [
        measured(row[key], row["unit"], currency, language)
        for key in ("value", "target", "team_value", "previous_value")
    ]
    tone = "" if row["score"] is None else "good" if row["score"] >= 100 else "bad_text" if row["score"] < 70 else ""
    cells = [Cell(name, t("person.cases", n=row["n"]) if row["n"] is not None else ""), *(Cell(one) for one in values)]
    return Row([*cells, Cell(score, tone=tone), Cell(weight)])


def cue_table(rows: pl.DataFrame, period: str, currency: str, language: str) -> Table:
    """Gaps and strengths, with the deals behind each and the next step."""
    t = translator(language)
    heads = [Head(t("person.indicator")), *(num(t(f"person.{name}")) for name in ("own", "peers", "difference"))]
    heads.append(Head(t("person.next")))
    found = [_cue(row, currency, language) for row in rows.iter_rows(named=True)]
    return Table(t("person.cues"), heads, found, t("person.cues_note", period=period), t("person.no_cues"))


def _cue(row: dict[str, Any], currency: str, language: str) -> Row:
    from indicators.catalogue import INDICATORS

    t = translator(language)
    unit = INDICATORS[row["indicator"]].unit
    fraction = unit == "fraction"

    def told(value: float | None) -> str:
        return signed(value) if fraction else ("" if value is None else f"{value:+.3g}".replace("-", MINUS))

    name = row["name_zh"] if language == "zh-CN" else row["name_en"]
    spread = t("people.range", low=told(row["difference_p10"]), high=told(row["difference_p90"]))
    step = row["next_step_zh"] if language == "zh-CN" else row["next_step_en"]
    deals = t("person.deals", deals=("、" if language == "zh-CN" else ", ").join(row["deals"])) if row["deals"] else ""
    gap = row["kind"] == "gap"
    cells = [
        Cell(name, t(f"person.{row['kind']}"), tone="bad_text" if gap else "good"),
        Cell(measured(row["value"], unit, currency, language), t("person.cases", n=row["n"])),
        Cell(measured(row["peers_value"], unit, currency, language), t("person.cases", n=row["n_peers"])),
        Cell(told(row["difference"]), spread),
        Cell(step if gap else "", deals),
    ]
    return Row(cells)


def plan_table(rows: pl.DataFrame, currency: str, language: str) -> Table:
    """Goals and what then happened, the newest first."""
    t = translator(language)
    heads = [Head(t("person.indicator")), Head(t("person.by_end"))]
    heads += [num(t(f"person.{name}")) for name in ("goal", "before", "now")]
    heads += [Head(t("person.state")), Head(t("person.by")), Head(t("person.note"))]
    found = []
    for row in rows.iter_rows(named=True):
        values = [measured(row[name], row["unit"], currency, language) for name in ("goal", "before", "value")]
        name = row["name_zh"] if language == "zh-CN" else row["name_en"]
        tone = {"reached": "good", "not reached": "bad_text"}.get(row["state"], "quiet")
        state = Cell(t(f"plan.{row['state']}"), tone=tone)
        cells = [Cell(name), Cell(row["period"]), *(Cell(one) for one in values), state]
        found.append(Row([*cells, Cell(row["written_by"]), Cell(row["note"] or "")], "" if row["holds"] else "past"))
    return Table(t("person.plans"), heads, found, nothing=t("person.no_plans"))
