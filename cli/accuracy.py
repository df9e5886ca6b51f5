"""`dealcast accuracy`: how good each forecaster's own calls have been."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.accuracy_views import VIEWS, WHO, Asked, in_words, show_view
from cli.console import Column, Progress, Style, notice, print_table, say, written
from cli.options import Session, as_of_option, day_or_newest, measure_option, out_option, shared_options
from cli.output import checked_path, write
from cli.words import choose

if TYPE_CHECKING:
    import polars as pl

    from history.record import History
    from history.workspace import Workspace
    from serving.choosing import ServedModel

COLUMNS = (
    *WHO,
    Column("n_periods", "periods", "期间数", "whole"),
    Column("bias", "bias", "偏差", "signed"),
    Column("wape", "WAPE", "WAPE", "percent"),
    Column("accuracy", "accuracy", "准确率", "percent"),
    Column("kind", "kind", "类型"),
    Column("fva_model", "value added vs model", "较模型增值", "signed"),
    Column("fva_naive", "value added vs naive", "较朴素增值", "signed"),
)
DETAILED = (
    *COLUMNS[:5],
    Column("calls_made", "calls made", "申报次数"),
    COLUMNS[5],
    Column("bias_range", "80 %", "80% 区间"),
    Column("bias_shrunk", "shrunk", "收缩后", "signed"),
    COLUMNS[6],
    Column("wape_range", "80 %", "80% 区间"),
    Column("wape_shrunk", "shrunk", "收缩后", "percent"),
    *COLUMNS[7:],
)


@click.command()
@shared_options
@as_of_option
@click.option("--by", type=click.Choice(["rep", "team", "forecaster_kind"]), default="rep", show_default=True)
@click.option(
    "--view",
    type=click.Choice(["record", "details", *VIEWS]),
    default="record",
    show_default=True,
    help="The record; with coverage and intervals; period by period; and so on (see docs/accuracy.md).",
)
@click.option("--of", "only", metavar="ID", help="Only this forecaster, rep or team.")
@click.option(
    "--horizon", "horizons", type=int, multiple=True, metavar="DAYS", help="Days before period end. [75 45 15]"
)
@measure_option
@click.option(
    "--cadence", type=click.Choice(["quarter", "month", "half", "year"]), default="quarter", show_default=True
)
@click.option(
    "--with-model",
    is_flag=True,
    help="Work out what the model would have said on each horizon day, for value added over it. Takes a while.",
)
@out_option
def accuracy(
    session: Session,
    as_of: dt.date | None,
    by: str,
    view: str,
    only: str | None,
    horizons: tuple[int, ...],
    measure: str,
    cadence: str,
    with_model: bool,
    out: Path | None,
) -> None:
    """How good each forecaster's own calls have been: bias, error, value added.

    \b
    Example:
      dealcast accuracy --as-of 2026-07-01 --by rep --horizon 45
      dealcast accuracy --view trend --by team --measure count --out trend.csv
      dealcast accuracy --view periods --of R001 --horizon 45
      dealcast accuracy --by team --horizon 45 --with-model
    """
    from indicators.accuracy import COLUMNS as RESULT
    from indicators.forecasters import HORIZONS_DAYS

    out = checked_path(out)
    workspace = session.workspace()
    history = workspace.history()
    instant = history.settings.start_of(day_or_newest(as_of, history))
    asked = Asked(history, instant, by, horizons or HORIZONS_DAYS, measure, cadence)
    if with_model:
        asked = replace(asked, model_calls=model_calls(workspace, asked))
    frame = one_alone(asked.view(view), only)
    if out:
        write(frame.select(list(RESULT)) if view == "record" else frame, out)
    style = Style(session.language, history.settings.currency if measure == "amount" else None)
    if view in VIEWS:
        show_view(frame, view, style, names(history, instant))
        return
    title = choose(session.language, "Forecast accuracy", "预测准确率")
    show(frame, title, session.language, names(history, instant))
    show_rules(frame, session.language)
    for one in asked.remarks():
        notice(choose(session.language, one.en, one.zh))


def model_calls(workspace: Workspace, asked: Asked) -> pl.DataFrame:
    """What the models that serve on the horizon days would have said, worked out anew."""
    from cli.models import serving_model
    from history.scopes import SCOPE_KINDS
    from serving.replayed_calls import replayed_calls

    kinds = {"rep": ("rep",), "team": ("rep", "team"), "forecaster_kind": SCOPE_KINDS}[asked.by]
    loaded: dict[dt.datetime, ServedModel] = {}

    def model_at(instant: dt.datetime) -> ServedModel:
        if instant not in loaded:
            loaded[instant] = serving_model(workspace, asked.history, instant, None)
        return loaded[instant]

    return replayed_calls(
        asked.history,
        model_at,
        asked.instant,
        kinds,
        asked.horizons,
        asked.measure,
        asked.cadence,
        Progress(),
    )


def one_alone(frame: pl.DataFrame, only: str | None) -> pl.DataFrame:
    """The rows of one forecaster, rep or team; raises `DealUnknown` where there are none."""
    import polars as pl

    from history.errors import DealUnknown

    if only is None:
        return frame
    fields = [name for name in ("forecaster_id", "scope_id") if name in frame.columns]
    found = frame.filter(pl.any_horizontal(pl.col(name) == only for name in fields))
    if found.is_empty():
        known = sorted({name for field in fields for name in frame[field].to_list()})
        some = ", ".join(known[:5]) or "nobody yet"
        raise DealUnknown(f"--of {only[:80]!r}: nothing is measured of that; expected one of those measured: {some}.")
    return found


def show_rules(frame: pl.DataFrame, language: str) -> None:
    """The rule of each kind of bias that occurs in the table."""
    from indicators.kinds import KINDS

    for code in [code for code in KINDS if code in set(frame["kind_of_bias"])]:
        kind = KINDS[code]
        say(choose(language, f"{kind.en}: {kind.rule_en}", f"{kind.zh}：{kind.rule_zh}"))


def names(history: History, instant: dt.datetime) -> dict[str, str]:
    """The names of reps as known at `instant`, by id."""
    from history.as_of import known
    from history.scopes import standing_reps

    people = standing_reps(known(history, instant), instant).drop_nulls("name")
    return dict(people.select("rep_id", "name").iter_rows())


def show(frame: pl.DataFrame, title: str, language: str, names: Mapping[str, str]) -> None:
    """Prints the table, or says why it is empty."""
    if frame.is_empty():
        say(
            choose(
                language,
                "No period has ended yet for which somebody submitted a call, or close dates imply one.",
                "尚无已结束且有预测申报（或可由预计成交日推出）的期间。",
            )
        )
        return
    columns = DETAILED if "n_called" in frame.columns else COLUMNS
    filled = [column for column in columns if column.field not in frame.columns or frame[column.field].count()]
    print_table(title, filled, [told(row, language, names) for row in frame.to_dicts()], Style(language))


def told(row: dict[str, Any], language: str, names: Mapping[str, str]) -> dict[str, Any]:
    """A row with words where it had codes and names where it had ids."""
    from indicators.kinds import KINDS

    kind = KINDS[row["kind_of_bias"]]
    words = in_words(row, language, names) | {"kind": choose(language, kind.en, kind.zh)}
    if "n_called" in row:
        ranges = {f"{name}_range": interval(row, name, form, language) for name, form in RANGES.items()}
        words |= ranges | {"calls_made": f"{row['n_called']}/{row['n_possible']}"}
    return row | words


RANGES = {"bias": "signed", "wape": "percent"}


def interval(row: Mapping[str, Any], name: str, form: str, language: str) -> str | None:
    """The interval of a figure in words; None where there is none."""
    low, high = (row[f"{name}_{end}"] for end in ("p10", "p90"))
    if low is None or high is None:
        return None
    return choose(language, " to ", " 至 ").join(written(value, form) for value in (low, high))
