"""`dealcast accuracy`: how good each forecaster's own calls have been."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.console import Column, Style, print_table, say
from cli.options import Session, as_of_option, day_or_newest, measure_option, out_option, shared_options
from cli.output import checked_path, write
from cli.words import choose

if TYPE_CHECKING:
    import polars as pl

    from history.record import History

COLUMNS = (
    Column("who", "forecaster", "预测人"),
    Column("about", "about", "对象"),
    Column("said", "source", "来源"),
    Column("horizon_days", "days before", "提前天数", "whole"),
    Column("n_periods", "periods", "期间数", "whole"),
    Column("bias", "bias", "偏差", "signed"),
    Column("wape", "WAPE", "WAPE", "percent"),
    Column("accuracy", "accuracy", "准确率", "percent"),
    Column("kind", "kind", "类型"),
    Column("fva_model", "value added vs model", "较模型增值", "signed"),
    Column("fva_naive", "value added vs naive", "较朴素增值", "signed"),
)

FORECASTERS = {
    "rep": ("rep", "销售"),
    "manager": ("manager", "经理"),
    "model": ("model", "模型"),
    "rule": ("rule", "规则"),
}
SOURCES = {"submitted": ("submitted", "申报"), "implied": ("implied", "隐含")}


@click.command()
@shared_options
@as_of_option
@click.option("--by", type=click.Choice(["rep", "team", "forecaster_kind"]), default="rep", show_default=True)
@click.option(
    "--horizon", "horizons", type=int, multiple=True, metavar="DAYS", help="Days before period end. [75 45 15]"
)
@measure_option
@click.option(
    "--cadence", type=click.Choice(["quarter", "month", "half", "year"]), default="quarter", show_default=True
)
@out_option
def accuracy(
    session: Session,
    as_of: dt.date | None,
    by: str,
    horizons: tuple[int, ...],
    measure: str,
    cadence: str,
    out: Path | None,
) -> None:
    """How good each forecaster's own calls have been: bias, error, value added.

    \b
    Example:
      dealcast accuracy --as-of 2026-07-01 --by rep --horizon 45
      dealcast accuracy --by team --measure count --out accuracy.csv
    """
    from indicators.accuracy import HORIZONS_DAYS
    from indicators.accuracy import accuracy as assess

    out = checked_path(out)
    workspace = session.workspace()
    history = workspace.history()
    instant = history.settings.start_of(day_or_newest(as_of, history))
    frame = assess(history, instant, by, horizons or HORIZONS_DAYS, measure, cadence)
    if out:
        write(frame, out)
    title = choose(session.language, "Forecast accuracy", "预测准确率")
    show(frame, title, session.language, names(history, instant))


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
    filled = [column for column in COLUMNS if column.field not in frame.columns or frame[column.field].count()]
    print_table(title, filled, [told(row, language, names) for row in frame.to_dicts()], Style(language))


def told(row: dict[str, Any], language: str, names: Mapping[str, str]) -> dict[str, Any]:
    """A row with words where it had codes and names where it had ids."""
    from indicators.kinds import KINDS

    kind = KINDS[row["kind_of_bias"]]
    forecaster, about = (names.get(row[field], row[field]) for field in ("forecaster_id", "scope_id"))
    who = f"{choose(language, *FORECASTERS.get(row['forecaster_kind'], ('', '')))} {forecaster or ''}".strip()
    return row | {
        "who": who,
        "about": about,
        "said": choose(language, *SOURCES[row["source"]]),
        "kind": choose(language, kind.en, kind.zh),
    }
