"""Examples in help texts and documents are understood, and hold for the company that the demo makes."""

import re
import shlex
from functools import lru_cache

import click
import pytest

from cli.demo import SEED
from cli.main import dealcast
from history.fiscal import bounds, parse_period
from history.record import History
from history.synthetic import generate
from indicators.plans import Plan, plan_row
from serving.submissions import CATEGORIES, Statement, checked
from tests.docs import readme
from tests.docs.test_readme import parsed
from training.retraining.plan import past_of, plan_of

DEALS = 4_000
"""As many as the demo makes."""
PLACEHOLDER = re.compile(r"\bacme\b|\.\.\.|\b[A-Z]{4,}\b")
"""What only stands for something, or is about one's own data."""


def helped(command: click.Command) -> list[str]:
    """The examples in the help of a command and of those below it."""
    below = command.commands.values() if isinstance(command, click.Group) else []
    own = re.findall(r"^ *dealcast (.+)$", command.help or "", flags=re.M)
    return own + [line for one in below for line in helped(one)]


def written() -> list[str]:
    """The commands with options in the documents, in blocks and within sentences."""
    pages = [*sorted((readme.ROOT / "docs").glob("*.md")), readme.ENGLISH, readme.CHINESE]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    lines = re.findall(r"^dealcast ([\w-].+?)(?: +#.*)?$", text, flags=re.M)
    lines = [part for line in lines for part in line.split(" && dealcast ")]
    return lines + re.findall(r"`dealcast ([^`\n]*--[^`\n]*)`", text)


EXAMPLES = sorted({line.strip() for line in [*helped(dealcast), *written()] if not PLACEHOLDER.search(line)})


@lru_cache
def company() -> History:
    return generate(DEALS, SEED).history


def words(start: str) -> list[str]:
    found = [line for line in EXAMPLES if line.startswith(start)]
    assert found, start
    return found


def asked(line: str) -> dict[str, object]:
    return parsed(dealcast, shlex.split(line)).params


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_is_understood_and_names_what_the_demo_has(line):
    assert asked(line) is not None
    history = company()
    there = {*history["reps"]["rep_id"], *history["reps"]["team"].drop_nulls(), *history["deals"]["deal_id"]}
    assert set(re.findall(r"\b[RMHT]\d{2,3}\b|\bD\d{6}\b", line)) <= there


@pytest.mark.parametrize("line", words("coach plan"))
def test_who_writes_a_goal_down_leads_the_person(line):
    told, history = asked(line), company()
    plan = Plan(*(told[name] for name in ("rep", "indicator", "goal", "period", "by", "note")))
    start = bounds(parse_period(plan.period, history.settings), history.settings)[0]
    assert plan_row(history, plan, start).height == 1


@pytest.mark.parametrize("line", [*words("call submit"), *words("call override")])
def test_who_makes_a_statement_may_speak_for_the_scope(line):
    told, history = asked(line), company()
    by = told.get("manager") or told["rep"]
    kind, scope_id = str(told.get("scope") or f"rep:{by}").split(":")
    values = {name: told[name] for name in CATEGORIES if told[name] is not None}
    start = bounds(parse_period(told["period"], history.settings), history.settings)[0]
    statement = Statement(by, kind, scope_id, told["period"], values, told["measure"], told["note"])
    assert checked(history, statement, start).height == len(values)


@pytest.mark.parametrize("line", words("retrain --quarter"))
def test_the_quarter_to_retrain_is_whole_in_the_history(line):
    history = company()
    assert past_of(history, plan_of(asked(line)["quarter"], history.settings, None))["deals"].height
