"""`dealcast doctor`: numbered checks of the installation and the data, each passed, found or not applicable."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.console import Column, Style, print_table
from cli.models import open_registry
from cli.options import Session, shared_options
from cli.words import choose
from history.errors import DealcastError

if TYPE_CHECKING:
    from history.record import History
    from history.workspace import Workspace

PASSED, FOUND, NONE = "passed", "found", "not applicable"
WORDS = {PASSED: ("passed", "通过"), FOUND: ("found", "发现问题"), NONE: ("not applicable", "不适用")}
LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
COLUMNS = (
    Column("code", "check", "检查"),
    Column("about", "of", "内容"),
    Column("outcome", "outcome", "结果"),
    Column("said", "says", "说明"),
)


@dataclass(frozen=True)
class Finding:
    """What one check says."""

    outcome: str
    said: str


@dataclass(frozen=True)
class Check:
    """One numbered check."""

    code: str
    en: str
    zh: str
    look: Callable[[Session], Finding]


@click.command()
@shared_options
def doctor(session: Session) -> None:
    """Check the installation, the workspace, its data and its models.

    Leaves with 1 when something was found.

    \b
    Example:
      dealcast doctor
      dealcast --workspace acme doctor
    """
    findings = [(check, checked(check, session)) for check in CHECKS]
    rows = [
        {
            "code": check.code,
            "about": choose(session.language, check.en, check.zh),
            "outcome": choose(session.language, *WORDS[finding.outcome]),
            "said": finding.said,
        }
        for check, finding in findings
    ]
    print_table(choose(session.language, "Checks", "检查"), COLUMNS, rows, Style(session.language))
    if any(finding.outcome == FOUND for _, finding in findings):
        raise click.exceptions.Exit(1)


def checked(check: Check, session: Session) -> Finding:
    """The finding; an error that is a person's to mend is a finding, not a failure of the doctor."""
    try:
        return check.look(session)
    except DealcastError as error:
        return Finding(FOUND, str(error))


def python_version(_: Session) -> Finding:
    """Python is new enough."""
    told = f"Python {platform.python_version()} on {platform.system()}"
    return Finding(PASSED if sys.version_info >= (3, 11) else FOUND, told)


def locked_packages(_: Session) -> Finding:
    """Installed packages are those of the lock."""
    if not LOCK.is_file():
        return Finding(NONE, "no requirements.lock beside the code")
    wanted: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)(?:\[\w+\])?==([^\s;]+)", LOCK.read_text(encoding="utf-8"), re.M):
        wanted.setdefault(name, set()).add(version)
    differ = [f"{name} {found} (lock: {' or '.join(sorted(wanted[name]))})" for name, found in _unlike(wanted)]
    return Finding(FOUND if differ else PASSED, ", ".join(differ[:5]) or f"{len(wanted)} packages as locked")


def _unlike(wanted: dict[str, set[str]]) -> list[tuple[str, str]]:
    found = []
    for name, versions in wanted.items():
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
        if installed not in versions:
            found.append((name, installed))
    return found


def model_library(_: Session) -> Finding:
    """LightGBM loads."""
    try:
        import lightgbm
    except (ImportError, OSError) as error:
        return Finding(FOUND, f"LightGBM does not load ({error}); run `make setup` again")
    return Finding(PASSED, f"LightGBM {lightgbm.__version__} loads")


def workspace_opens(session: Session) -> Finding:
    """The workspace and its store open."""
    workspace = session.workspace()
    workspace.store()
    return Finding(PASSED, f"{workspace.path}, {workspace.settings.currency}, {workspace.settings.timezone}")


def history_is_there(session: Session) -> Finding:
    """There are deals and changes."""
    history = session.workspace().history()
    deals, changes = history["deals"].height, history["deal_changes"].height
    if not deals or not changes:
        return Finding(FOUND, f"{deals:,} deals and {changes:,} changes; import a canonical folder")
    recorded = history["deal_changes"]["recorded_at"].sort()
    first, last = (history.settings.day_of(instant) for instant in (recorded[0], recorded[-1]))
    return Finding(PASSED, f"{deals:,} deals, {changes:,} changes, recorded {first} to {last}")


def stages_are_declared(session: Session) -> Finding:
    """Every stage in the data stands in dealcast.toml."""
    history = session.workspace().history()
    declared = {stage.name for stage in history.settings.stages}
    unknown = sorted(set(stages_in(history)) - declared)
    return Finding(
        FOUND if unknown else PASSED,
        f"not in dealcast.toml: {', '.join(unknown)}" if unknown else f"{len(declared)} stages",
    )


def stages_in(history: History) -> list[str]:
    """The stages that changes name."""
    changes = history["deal_changes"]
    return changes.filter(changes["field"] == "stage")["new_value"].drop_nulls().unique().to_list()


def missing_tables(session: Session) -> Finding:
    """Which tables are empty, and so which features and indicators have nothing to read."""
    from history.tables import TABLES

    history = session.workspace().history()
    empty = [name for name in TABLES if history[name].is_empty()]
    return Finding(NONE if empty else PASSED, f"no rows: {', '.join(empty)}" if empty else "every table has rows")


def champion_loads(session: Session) -> Finding:
    """A champion exists and its files are whole."""
    workspace: Workspace = session.workspace()
    registry = open_registry(workspace)
    champion = registry.champion()
    if champion is None:
        return Finding(NONE, "no model yet; tables of past deals serve. Train one with `dealcast train`")
    registry.load(champion.version, workspace.settings.feature_fields)
    return Finding(PASSED, f"version {champion.version} loads")


def accounts_are_there(session: Session) -> Finding:
    """The tables of people are of today, and somebody can manage them."""
    from serving.people.roll import list_people
    from serving.store import open_tables

    engine = open_tables(session.workspace().store_url)
    people = [person for person in list_people(engine) if person.ended_at is None]
    engine.dispose()
    if not any(person.role == "admin" for person in people):
        advice = "make one with `dealcast user add NAME --admin`"
        return Finding(NONE, f"{len(people)} accounts, no administrator; {advice}")
    return Finding(PASSED, f"{len(people)} accounts")


CHECKS = (
    Check("I01", "Python", "Python", python_version),
    Check("I02", "packages", "依赖包", locked_packages),
    Check("I03", "LightGBM", "LightGBM", model_library),
    Check("D01", "workspace and store", "工作区与存储", workspace_opens),
    Check("D02", "history", "历史", history_is_there),
    Check("D03", "stages", "阶段", stages_are_declared),
    Check("D04", "optional tables", "可选表", missing_tables),
    Check("A01", "accounts", "账户", accounts_are_there),
    Check("M01", "champion", "现役模型", champion_loads),
)
