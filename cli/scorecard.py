"""`dealcast scorecard`: the performance sheet of a period."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.console import Column, Style, print_table, say
from cli.options import Session, as_of_option, day_or_newest, out_option, shared_options
from cli.output import checked_path, write
from cli.words import choose
from history.errors import DealUnknown

if TYPE_CHECKING:
    import polars as pl

PEOPLE = (
    Column("person", "person", "人员"),
    Column("team", "team", "团队"),
    Column("total", "score", "综合得分", "whole"),
    Column("results", "results", "结果", "whole"),
    Column("process", "process", "过程", "whole"),
    Column("capability", "capability", "能力", "whole"),
    Column("teamwork", "teamwork", "协作", "whole"),
    Column("measured", "measured", "已计量"),
)

SHEET = (
    Column("indicator_name", "indicator", "指标"),
    Column("value", "value", "数值", "number"),
    Column("target", "target", "目标", "number"),
    Column("team_value", "team", "团队", "number"),
    Column("previous_value", "before", "上期", "number"),
    Column("n", "n", "样本数", "whole"),
    Column("score", "score", "得分", "whole"),
    Column("score_team", "to team", "较团队", "whole"),
    Column("score_past", "to before", "较上期", "whole"),
    Column("place", "place", "名次"),
    Column("weight_rescaled", "weight", "权重", "whole"),
    Column("missing", "lacks", "缺少"),
)

FAIR = (
    Column("person", "person", "人员"),
    Column("indicator_name", "indicator", "指标"),
    Column("value", "value", "数值", "number"),
    Column("n", "n", "样本数", "whole"),
    Column("peers_value", "peers", "同岗同事", "number"),
    Column("n_peers", "n", "样本数", "whole"),
    Column("peers_like_mix", "on a like mix", "同区域客群", "number"),
    Column("n_like_mix", "n", "样本数", "whole"),
    Column("territory", "goes with territory", "随区域客群", "number"),
    Column("difference_like_mix", "remains", "其余差异", "number"),
    Column("note", "note", "说明"),
)

MARGIN = (
    Column("told", "of", "对象"),
    Column("amount", "billed", "开票", "amount"),
    Column("cost", "cost", "成本", "amount"),
    Column("margin", "margin", "毛利", "amount"),
    Column("gross_margin", "gross margin", "毛利率", "percent"),
    Column("share_of_margin", "of all margin", "占全部毛利", "percent"),
    Column("n", "invoices", "发票数", "whole"),
)


@click.command()
@shared_options
@click.option(
    "--period",
    metavar="PERIOD",
    help="2026Q4, 2026-11, 2026H2, 2026 or the week 2026-W14. [default: the last quarter that ended]",
)
@as_of_option
@click.option("--role", metavar="ROLE", help="People of this role only.")
@click.option("--rep", metavar="ID", help="Print the whole sheet of one person.")
@click.option(
    "--template",
    metavar="NAME",
    help="start-up, growth, mature or a .toml file. [default: as dealcast.toml says, else growth]",
)
@click.option("--all", "everything", is_flag=True, help="Indicators without a weight too.")
@click.option(
    "--fairness", "fair", is_flag=True, help="Beside peers on deals of the same regions and segments instead."
)
@click.option("--margin-by", metavar="KEY", help="Gross margin of each product_line or customer instead.")
@out_option
def scorecard(
    session: Session,
    period: str | None,
    as_of: dt.date | None,
    role: str | None,
    rep: str | None,
    template: str | None,
    everything: bool,
    fair: bool,
    margin_by: str | None,
    out: Path | None,
) -> None:
    """The performance sheet: computed, not judged; what is missing is named, never 0.

    \b
    Example:
      dealcast scorecard --period 2026Q2 --as-of 2026-07-01
      dealcast scorecard --period 2026Q2 --template mature
      dealcast scorecard --period 2026Q2 --rep R001 --out sheet.csv
      dealcast scorecard --period 2026Q2 --fairness
      dealcast scorecard --period 2026Q2 --margin-by product_line
    """
    import polars as pl

    from history.fiscal import previous, quarter_of
    from indicators.fairness import fairness
    from indicators.margin import margin_by as margins
    from indicators.scorecard import sheets

    out = checked_path(out)
    history = session.workspace().history()
    settings = history.settings
    day = day_or_newest(as_of, history)
    name = period or previous(quarter_of(day, settings), settings).name
    if margin_by is not None:
        frame = margins(history, name, settings.start_of(day), margin_by)
        if out:
            write(frame, out)
        show_margin(frame, name, Style(session.language, settings.currency))
        return
    if fair:
        frame = fairness(history, name, settings.start_of(day), role)
        frame = frame if rep is None else frame.filter(pl.col("rep_id") == rep)
        if out:
            write(frame, out)
        show_fairness(frame, name, session.language)
        return
    frame = sheets(history, [name], settings.start_of(day), role, template, everything)
    if out:
        write(frame, out)
    if rep:
        show_sheet(frame, rep, name, session.language)
    else:
        show_people(frame, name, session.language)


def show_margin(frame: pl.DataFrame, period: str, style: Style) -> None:
    """One line per product line or customer, the largest margin first."""
    if frame.is_empty():
        nothing = f"Nothing with a known cost was billed in {period}.", f"{period} 没有已知成本的开票。"
        say(choose(style.language, *nothing))
        return
    title = choose(style.language, f"Gross margin {period}", f"{period} 毛利")
    rows = [row | {"told": row["name"] or row["key"]} for row in frame.iter_rows(named=True)]
    print_table(title, MARGIN, rows, style)


def show_fairness(frame: pl.DataFrame, period: str, language: str) -> None:
    """One line per person and indicator: beside all peers, and beside peers on a like mix of regions and segments."""
    if frame.is_empty():
        nothing = f"Nobody has deals to compare in {period}.", f"{period} 没有可比较的商机。"
        say(choose(language, *nothing))
        return
    title = choose(
        language,
        f"People beside peers on deals of the same regions and segments, {period}",
        f"{period} 与经营同区域、同客群的同岗同事相比",
    )
    lines = [
        row
        | {
            "person": row["name"] or row["rep_id"],
            "indicator_name": row["name_zh"] if language == "zh-CN" else row["name_en"],
            "note": fairness_note(row, language),
        }
        for row in frame.iter_rows(named=True)
    ]
    print_table(title, FAIR, lines, Style(language))
    say(
        choose(
            language,
            "What goes with the territory is the peers' value on a like mix less their value over all. It says how "
            "things stand, not why.",
            "“随区域客群”为同事在相同区域与客群构成下的数值减其总体数值；只说明现状，不说明原因。",
        )
    )


def fairness_note(row: dict[str, Any], language: str) -> str:
    """Small n, and a comparison that turns round on a like mix."""
    told = []
    if row["small"]:
        told.append(choose(language, "few cases", "样本过少"))
    if row["turns"]:
        told.append(choose(language, "turns on a like mix", "同区域客群下结论相反"))
    return choose(language, ", ", "，").join(told)


def show_people(frame: pl.DataFrame, period: str, language: str, top: int | None = None) -> None:
    """One line per person: the weighted score and its dimensions, best first."""
    lines = people(frame)
    if not lines:
        say(
            choose(
                language,
                f"Nobody stands on the sheet of {period}; it needs the table reps.",
                f"{period} 的业绩表没有人员；需要 reps 表。",
            )
        )
        return
    title = choose(
        language, f"Performance sheet {period}, scores of 100 at target", f"业绩分析表 {period}，达标为 100 分"
    )
    print_table(title, PEOPLE, lines[:top], Style(language))


def people(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Per person: total, one score per dimension (0 to 120, by the weights of what could be measured), counts."""
    import polars as pl

    from indicators.catalogue import DIMENSIONS

    is_total = pl.col("indicator") == "total"
    totals = frame.filter(is_total).select("rep_id", total="score")
    scored = pl.col("score").is_not_null() & (pl.col("weight") > 0)
    lines = (
        frame.filter(~is_total)
        .group_by("rep_id", "name", "team", maintain_order=True)
        .agg(
            *(weighted_of(dimension) for dimension in DIMENSIONS),
            measured=pl.format("{}/{}", scored.sum(), (pl.col("weight") > 0).sum()),
        )
        .join(totals, on="rep_id", how="left")
        .with_columns(person=pl.coalesce("name", "rep_id"))
    )
    return lines.sort("total", "rep_id", descending=[True, False], nulls_last=True).to_dicts()


def weighted_of(dimension: str) -> pl.Expr:
    """The weighted score of one dimension; null where none of it could be measured."""
    import polars as pl

    here = pl.col("dimension") == dimension
    score = (pl.col("score") * pl.col("weight_rescaled")).filter(here).sum()
    weight = pl.col("weight_rescaled").filter(here).sum()
    return pl.when(weight > 0).then(score / weight).alias(dimension)


def show_sheet(frame: pl.DataFrame, rep: str, period: str, language: str) -> None:
    """Every indicator of one person; raises `DealUnknown` for somebody who is not on the sheet."""
    rows = [row for row in frame.to_dicts() if row["rep_id"] == rep]
    if not rows:
        raise DealUnknown(f"rep {rep!r} is not on the sheet of {period}; expected an id from the table reps. Check it.")
    title = f"{rows[0]['name'] or rep}, {rows[0]['team'] or ''} {period}".strip()
    print_table(title, SHEET, [told(row, language) for row in rows], Style(language))


def told(row: dict[str, Any], language: str) -> dict[str, Any]:
    """A row with its unit beside the name, the place in the team, and the vetoes that fell for what is missing."""
    unit = row["unit"] or ""
    name = choose(language, row["name_en"], row["name_zh"])
    place = f"{row['rank']}/{row['peers']}" if row["rank"] else None
    lacks = f"{choose(language, 'veto', '一票否决')}：{row['veto']}" if row["veto"] else row["missing"]
    return row | {"indicator_name": f"{name} ({unit})" if unit else name, "place": place, "missing": lacks}
