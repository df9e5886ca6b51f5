"""`dealcast user`: tokens for people and programs."""

from __future__ import annotations

import datetime as dt

import click

from cli.console import Column, Style, notice, print_table, say
from cli.options import Session, shared_options
from cli.words import choose

COLUMNS = (
    Column("token_id", "id", "编号"),
    Column("name", "name", "名称"),
    Column("created_at", "made", "创建", "date"),
    Column("expires_at", "expires", "到期", "date"),
    Column("state", "state", "状态"),
)


@click.group()
@shared_options
def user(session: Session) -> None:
    """Tokens with which people and programs sign in.

    \b
    Example:
      dealcast user token ann --days 90
      dealcast user list
    """


@user.command()
@shared_options
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 3650), help="Ends after so many days. [default: when revoked]")
def token(session: Session, name: str, days: int | None) -> None:
    """Make a token and print it, this once.

    \b
    Example:
      dealcast user token "morning report" --days 90
    """
    from serving.tokens import create_token, utc_now

    ends = utc_now() + dt.timedelta(days=days) if days else None
    say(create_token(session.workspace().store_url, name, ends))
    notice(choose(session.language, "Keep it: only its hash is stored.", "请妥善保存：系统只保存其哈希值。"))


@user.command("list")
@shared_options
def list_(session: Session) -> None:
    """Every token that was made, and whether it works.

    \b
    Example:
      dealcast user list
    """
    from serving.tokens import list_tokens, utc_now

    tokens = list_tokens(session.workspace().store_url)
    if not tokens:
        say(
            choose(
                session.language,
                "No token yet; make one with `dealcast user token NAME`.",
                "尚无令牌，可用 `dealcast user token 名称` 生成。",
            )
        )
        return
    works, ended = choose(session.language, "works", "有效"), choose(session.language, "ended", "已失效")
    rows = [vars(one) | {"state": works if one.works_at(utc_now()) else ended} for one in tokens]
    print_table(choose(session.language, "Tokens", "令牌"), COLUMNS, rows, Style(session.language))


@user.command()
@shared_options
@click.argument("name")
def revoke(session: Session, name: str) -> None:
    """End a token, by its name or id.

    \b
    Example:
      dealcast user revoke ann
    """
    from serving.tokens import revoke as end

    end(session.workspace().store_url, name)
    say(choose(session.language, f"Ended: {name}", f"已作废：{name}"))
