"""`dealcast models`, `promote`, and which model answers for a day."""

from __future__ import annotations

import datetime as dt
import getpass
import math
from typing import TYPE_CHECKING, Any

import click

from cli.console import Column, Style, print_table, say
from cli.gate import GATE, gate_row
from cli.options import Session, shared_options
from cli.user import note, tables
from cli.words import choose

if TYPE_CHECKING:
    from history.record import History
    from history.settings import Settings
    from history.workspace import Workspace
    from serving.choosing import ServedModel
    from serving.promoting import Promotion
    from training.model_version import ModelVersion
    from training.registry import Registry

COLUMNS = (
    Column("version", "version", "版本"),
    Column("trained_as_of", "trained as of", "训练截至", "date"),
    Column("state", "state", "状态"),
    Column("by", "promoted by", "上线人"),
    Column("reason", "reason", "原因"),
)
FACTS = (Column("name", "of", "项目"), Column("value", "value", "值"))
EVENTS = (
    Column("at", "when (UTC)", "时间（UTC）"),
    Column("did", "did", "操作"),
    Column("by", "by", "操作人"),
    Column("reason", "reason", "原因"),
)


def open_registry(workspace: Workspace) -> Registry:
    """The registry of the workspace's models."""
    from serving.settings import settings_from_environment
    from training.registry import Registry

    store = workspace.store()
    try:
        return Registry(workspace.path, store.workspace_id, settings_from_environment().tracking_uri)
    finally:
        store.close()


def serving_model(workspace: Workspace, history: History, instant: dt.datetime, version: str | None) -> ServedModel:
    """The version asked for, else the one that serves at `instant`, else the tables of past deals."""
    from serving.choosing import choose_model

    return choose_model(open_registry(workspace), instant, version, history)


def model_note(model: ServedModel, settings: Settings, instant: dt.datetime, language: str) -> str:
    """Which model answered, whether it had seen the day, and where it is no model but tables: why, and what to do."""
    day = settings.day_of(model.trained_as_of)
    note = choose(
        language,
        f"Model {model.version}, trained as of {day}.",
        f"模型 {model.version}，训练截至 {day}。",
    ) + _tables_note(model, day, language)
    if model.trained_as_of <= instant:
        return note
    return note + choose(language, " In-sample: it has seen what came later.", " 样本内：该模型见过之后的结果。")


def _tables_note(model: ServedModel, day: dt.date, language: str) -> str:
    """Why tables of past deals speak in place of a model, and what to do; nothing where a model speaks."""
    from training.small_data import LEAST_LOST, LEAST_WON, TableModel

    if not isinstance(model, TableModel):
        return ""
    won, lost = (int(str(model.facts.get(name, 0))) for name in ("deals_won", "deals_lost"))
    if won >= LEAST_WON and lost >= LEAST_LOST:
        return choose(
            language,
            " Tables of past deals by stage and age: no model was trained by then. "
            f"Run `dealcast train --as-of {day}`.",
            f"此为过往商机的阶段×账龄表：截至当日尚未训练模型，请运行 `dealcast train --as-of {day}`。",
        )
    return choose(
        language,
        f" Tables of past deals by stage and age: a model takes {LEAST_WON} deals won and {LEAST_LOST} lost, and there "
        f"were {won} and {lost}. Import more past deals, or train once so many have closed.",
        f"此为过往商机的阶段×账龄表：训练模型需赢单 {LEAST_WON}、输单 {LEAST_LOST}，当时为 {won} 与 {lost}。"
        "请导入更多历史商机，或待成交数足够后再训练。",
    )


@click.group(invoke_without_command=True)
@shared_options
def models(session: Session) -> None:
    """The trained versions, which one serves, and the evidence of each.

    \b
    Example:
      dealcast models
      dealcast models show 2
      dealcast models compare 1 2
    """
    if click.get_current_context().invoked_subcommand is None:
        list_versions(session)


@models.command("list")
@shared_options
def listed(session: Session) -> None:
    """Every version, the newest first.

    \b
    Example:
      dealcast models list
    """
    list_versions(session)


def list_versions(session: Session) -> None:
    """Prints every version, the newest first."""
    workspace = session.workspace()
    registry = open_registry(workspace)
    settings = workspace.settings
    rows = [row_of(version, settings, session.language) for version in registry.versions()]
    if not rows:
        say(
            choose(
                session.language,
                "No model yet; train one with `dealcast train`.",
                "尚无模型，可用 `dealcast train` 训练。",
            )
        )
        return
    print_table(choose(session.language, "Models", "模型"), COLUMNS, rows, Style(session.language))


@models.command("show")
@shared_options
@click.argument("version")
def show_version(session: Session, version: str) -> None:
    """One version: its figures, what the gate said, and what was done with it.

    \b
    Example:
      dealcast models show 2
    """
    workspace, language = session.workspace(), session.language
    registry = open_registry(workspace)
    entry = registry.get(version)
    told = told_of(registry, entry, workspace.settings)
    rows = [{"name": name, "value": value} for name, value in sorted(told.items())]
    print_table(choose(language, f"Model {version}", f"模型 {version}"), FACTS, rows, Style(language))
    gate = [gate_row(one, language) for one in registry.told(entry).get("gate", [])]
    if gate:
        print_table(choose(language, "Gate", "上线检验"), GATE, gate, Style(language))
    events = [one for one in registry.events() if one["version"] == entry.version]
    if events:
        print_table(choose(language, "What was done", "操作记录"), EVENTS, events, Style(language))


@models.command("compare")
@shared_options
@click.argument("first")
@click.argument("second")
def compare_versions(session: Session, first: str, second: str) -> None:
    """Two versions side by side. Each was judged on its own held-out days, which are told.

    \b
    Example:
      dealcast models compare 1 2
    """
    workspace, language = session.workspace(), session.language
    registry = open_registry(workspace)
    told = [told_of(registry, registry.get(version), workspace.settings) for version in (first, second)]
    rows = [
        {"name": name, "first": told[0].get(name, "–"), "second": told[1].get(name, "–")}
        for name in sorted({*told[0], *told[1]})
    ]
    sides = (FACTS[0], Column("first", first, first), Column("second", second, second))
    print_table(choose(language, "Side by side", "并排比较"), sides, rows, Style(language))


def told_of(registry: Registry, version: ModelVersion, settings: Settings) -> dict[str, str]:
    """Figures and facts of a version as text, with what forecasts had learned by its training where that was kept."""
    from training.attainment.record import shown

    learned = registry.attainment(version)
    figures = {name: figure(value) for name, value in version.metrics.items()}
    facts = {name: value for name, value in version.tags.items() if value and not name.startswith("mlflow.")}
    day = settings.day_of(version.trained_as_of).isoformat()
    forecasts = {one.en: one.value for one in shown(learned)} if learned else {}
    return {**figures, **facts, **forecasts, "trained_as_of": day}


def figure(value: float) -> str:
    """A figure as people read it: whole from a thousand on, else four digits, never as a power of ten.

    >>> figure(816_213.0), figure(4410.0), figure(0.83221), figure(40.0), figure(0.00001234)
    ('816,213', '4,410', '0.8322', '40', '0.00001234')
    """
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 1_000 or value == int(value):
        return f"{value:,.0f}"
    digits = 3 - math.floor(math.log10(abs(value)))
    return f"{value:.{digits}f}".rstrip("0")


def row_of(version: ModelVersion, settings: Settings, language: str) -> dict[str, Any]:
    """One version as a printed row."""
    state = next((words for holds, words in _states(version) if holds), ("", ""))
    return {
        "version": version.version,
        "trained_as_of": settings.day_of(version.trained_as_of),
        "state": choose(language, *state),
        "by": version.tags.get("promoted_by", ""),
        "reason": version.tags.get("promoted_reason", ""),
    }


def _states(version: ModelVersion) -> list[tuple[bool, tuple[str, str]]]:
    return [
        (version.champion, ("champion", "现役")),
        (version.promoted, ("promoted", "已上线")),
        (version.challenger, ("challenger", "候选")),
        ("withdrawn_by" in version.tags, ("withdrawn", "已撤回")),
    ]


@click.command()
@shared_options
@click.argument("version")
@click.option("--reason", required=True, help="Why, for the record.")
@click.option("--by", default=None, help="Who. [default: the name you are signed in with]")
def promote(session: Session, version: str, reason: str, by: str | None) -> None:
    """Let a version serve the days from its training on, by hand and on record.

    It becomes champion unless a version trained later is.

    \b
    Example:
      dealcast promote 2 --reason "reviewed with sales operations"
    """
    carried_out(session, version, by, reason, roll_back=False)
    say(choose(session.language, f"Version {version} may serve.", f"版本 {version} 已可上线。"))


@click.command()
@shared_options
@click.argument("version")
@click.option("--reason", required=True, help="Why, for the record.")
@click.option("--by", default=None, help="Who. [default: the name you are signed in with]")
def rollback(session: Session, version: str, reason: str, by: str | None) -> None:
    """Make any earlier version champion again; those trained after it no longer serve, and are kept.

    A service that runs takes it up by itself, within seconds.

    \b
    Example:
      dealcast rollback 1 --reason "reasons of version 2 puzzle the teams"
    """
    withdrawn = carried_out(session, version, by, reason, roll_back=True).withdrawn
    said = choose(session.language, f"Version {version} is champion.", f"版本 {version} 现为现役模型。")
    if withdrawn:
        names = ", ".join(withdrawn)
        said += choose(session.language, f" No longer serving: {names}.", f"不再上线：{names}。")
    say(said)


def carried_out(session: Session, version: str, by: str | None, reason: str, roll_back: bool) -> Promotion:
    """Promotes or rolls back, and notes it in the audit log."""
    from serving.promoting import carry_out
    from serving.tokens import utc_now
    from training.promotion import Order

    workspace, order = session.workspace(), Order(by or getpass.getuser(), reason, utc_now())
    done = carry_out(open_registry(workspace), version, order, roll_back, workspace.settings.feature_fields)
    with tables(session) as engine:
        note(engine, done.told, "promoted", order.by)
    return done
