"""`dealcast user`: accounts of people, and tokens for them and for programs."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cli.console import Column, Style, notice, print_table, say
from cli.options import Session, shared_options
from cli.words import choose
from history.errors import RequestInvalid
from serving.deeds import DEEDS, OWN_SUBTREE, ROLES

if TYPE_CHECKING:
    import sqlalchemy as sa

    from serving.people.roll import Person
    from serving.tokens import Token

PEOPLE_COLUMNS = (
    Column("name", "name", "名称"),
    Column("role", "role", "角色"),
    Column("rep_id", "rep_id", "销售编号"),
    Column("created_at", "made", "创建", "date"),
    Column("sign_in", "signs in by", "登录方式"),
    Column("state", "state", "状态"),
)
TOKEN_COLUMNS = (
    Column("token_id", "id", "编号"),
    Column("name", "name", "名称"),
    Column("scopes", "scopes", "权限"),
    Column("created_at", "made", "创建", "date"),
    Column("expires_at", "expires", "到期", "date"),
    Column("state", "state", "状态"),
)

WORKS, ENDED = ("works", "有效"), ("ended", "已失效")


@click.group()
@shared_options
def user(session: Session) -> None:
    """Accounts with which people sign in, and tokens with which programs call.

    \b
    Example:
      dealcast user add ann@example.com --role rep --rep-id R017
      dealcast user token "morning report" --scope read --days 90
      dealcast user list
    """


@user.command()
@shared_options
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), help="What the person sees and may do; see docs/access.md.")
@click.option("--rep-id", metavar="ID", help="Who the person is in the history. [default: NAME, if it is a rep_id]")
@click.option("--admin", is_flag=True, help="The same as --role admin.")
@click.option("--no-password", is_flag=True, help="For people who sign in through the company's provider alone.")
def add(session: Session, name: str, role: str | None, rep_id: str | None, admin: bool, no_password: bool) -> None:
    """Make an account and print its first password, this once.

    \b
    Example:
      dealcast user add root --admin
      dealcast user add ann@example.com --role manager --rep-id M03
    """
    from serving.people.passwords import made_password
    from serving.people.roll import add_person
    from serving.tokens import utc_now

    if admin and role not in (None, "admin"):
        raise RequestInvalid(f"--admin and --role {role} contradict each other; expected one of them. Leave one out.")
    chosen = "admin" if admin else role
    if chosen is None:
        raise RequestInvalid(f"no role was given; expected --role {'|'.join(ROLES)}, or --admin. Name one.")
    person_id = known_rep(session, rep_id or (name if chosen in OWN_SUBTREE else None), asked=rep_id is not None)
    password = None if no_password else made_password()
    with tables(session) as engine:
        person = add_person(engine, name, chosen, utc_now(), person_id, password)
        note(engine, f"user add {person.name} as {chosen}")
    if password is not None:
        say(password)
        notice(
            choose(
                session.language,
                f"The first password of {person.name}; it is shown this once and can be changed after signing in.",
                f"{person.name} 的初始密码，仅显示一次，登录后可修改。",
            )
        )


def known_rep(session: Session, rep_id: str | None, asked: bool) -> str | None:
    """`rep_id` where the history knows it; raises `RequestInvalid` where it was asked for and is not known."""
    from serving.sight import make_hierarchy
    from serving.tokens import utc_now

    if rep_id is None:
        return None
    people = make_hierarchy(session.workspace().history(), utc_now()).people
    if rep_id in people:
        return rep_id
    if asked:
        some = ", ".join(sorted(people)[:5]) or "(nobody yet)"
        raise RequestInvalid(f"--rep-id {rep_id!r} is nobody in the history; expected a rep_id, such as {some}.")
    return None


@user.command("list")
@shared_options
def list_(session: Session) -> None:
    """Every account and every token that was made, and whether it works.

    \b
    Example:
      dealcast user list
    """
    from serving.people.roll import list_people
    from serving.tokens import list_tokens, utc_now

    with tables(session) as engine:
        people = list_people(engine)
    show_people(people, utc_now(), session.language)
    show_tokens(list_tokens(session.workspace().store_url), utc_now(), session.language)


def show_people(people: list[Person], now: dt.datetime, language: str) -> None:
    """The accounts as a table, or how to make the first."""
    if not people:
        none = "尚无账户，可用 `dealcast user add 名称` 创建。"
        say(choose(language, "No account yet; make one with `dealcast user add NAME`.", none))
        return
    states = {True: choose(language, "locked", "已锁定"), False: choose(language, *WORKS)}
    rows = [
        vars(one)
        | {
            "state": choose(language, *ENDED) if one.ended_at else states[one.locked_at(now)],
            "sign_in": sign_in_by(one.has_password, one.oidc_subject is not None, language),
        }
        for one in people
    ]
    print_table(choose(language, "Accounts", "账户"), PEOPLE_COLUMNS, rows, Style(language))


def show_tokens(tokens: list[Token], now: dt.datetime, language: str) -> None:
    """The tokens as a table, or how to make the first."""
    if not tokens:
        none = "尚无令牌，可用 `dealcast user token 名称` 生成。"
        say(choose(language, "No token yet; make one with `dealcast user token NAME`.", none))
        return
    rows = [
        vars(one)
        | {
            "state": choose(language, *(WORKS if one.works_at(now) else ENDED)),
            "scopes": " ".join(sorted(one.scopes)) if one.scopes else None,
        }
        for one in tokens
    ]
    print_table(choose(language, "Tokens", "令牌"), TOKEN_COLUMNS, rows, Style(language))


def sign_in_by(password: bool, provider: bool, language: str) -> str:
    """How a person comes in, in words."""
    ways = [
        choose(language, *words)
        for words, there in ((("password", "密码"), password), (("provider", "公司账号"), provider))
        if there
    ]
    return ", ".join(ways) or choose(language, "provider, not yet", "公司账号（尚未登录）")


@user.command()
@shared_options
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 3650), help="Ends after so many days. [default: when revoked]")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(DEEDS),
    help="What it may do; may be repeated. [default: for a person all that the person may, for a program read, export]",
)
def token(session: Session, name: str, days: int | None, scopes: tuple[str, ...]) -> None:
    """Make a token and print it, this once. Named after an account or a rep_id it is that person's.

    \b
    Example:
      dealcast user token "morning report" --days 90
      dealcast user token crm --scope intake
    """
    from serving.people.roll import find_person
    from serving.tokens import create_token, utc_now

    url = session.workspace().store_url
    ends = utc_now() + dt.timedelta(days=days) if days else None
    with tables(session) as engine:
        owner = find_person(engine, name)
        if owner is not None and owner.ended_at is not None:
            raise RequestInvalid(f"the account {name!r} was ended; expected one that works. Add it again first.")
        secret = create_token(
            url, name, ends, scopes=scopes or None, person_id=owner.person_id if owner is not None else None
        )
        note(engine, f"user token {name} {' '.join(scopes)}".strip())
    say(secret)
    notice(choose(session.language, "Keep it: only its hash is stored.", "请妥善保存：系统只保存其哈希值。"))


@user.command()
@shared_options
@click.argument("name")
@click.option("--generate", is_flag=True, help="Make one and print it, this once, instead of asking for it.")
def password(session: Session, name: str, generate: bool) -> None:
    """Give an account another password; ends its sessions and any lock.

    Asks for it on a terminal; otherwise reads one line of standard input.

    \b
    Example:
      dealcast user password ann@example.com --generate
    """
    from serving.people.passwords import made_password
    from serving.people.roll import require_person, set_password
    from serving.tokens import utc_now

    with tables(session) as engine:
        person = require_person(engine, name)
        new = made_password() if generate else asked_password(session)
        set_password(engine, person, new, utc_now())
        note(engine, f"user password {person.name}")
    say(new if generate else choose(session.language, f"Changed: {person.name}", f"已修改：{person.name}"))


def asked_password(session: Session) -> str:
    """What is typed twice on a terminal, or the first line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt(
        choose(session.language, "New password", "新密码"), hide_input=True, confirmation_prompt=True
    )
    return asked


@user.command()
@shared_options
@click.argument("name")
def revoke(session: Session, name: str) -> None:
    """End an account with its sessions and tokens, or a token by its name or id.

    \b
    Example:
      dealcast user revoke ann@example.com
    """
    from serving.people.roll import end_person, find_person
    from serving.tokens import revoke as end
    from serving.tokens import utc_now

    with tables(session) as engine:
        person = find_person(engine, name)
        if person is not None and person.ended_at is None:
            end_person(engine, person, utc_now())
        else:
            end(session.workspace().store_url, name)
        note(engine, f"user revoke {name}")
    say(choose(session.language, f"Ended: {name}", f"已作废：{name}"))


@contextmanager
def tables(session: Session) -> Iterator[sa.Engine]:
    """The workspace's tables of people and tokens."""
    from serving.store import open_tables

    engine = open_tables(session.workspace().store_url)
    try:
        yield engine
    finally:
        engine.dispose()


def note(engine: sa.Engine, what: str, deed: str = "managed", who: str = "command line") -> None:
    """A line in the audit log: it was done from the command line."""
    from serving.people.audit import Line, write
    from serving.tokens import utc_now

    write(engine, [Line(utc_now(), who, "-", deed, what).trimmed()])
