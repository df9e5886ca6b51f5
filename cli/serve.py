"""`dealcast serve`: the API and the pages."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import replace
from pathlib import Path

import click

from cli.console import Column, Style, notice, table_text
from cli.options import Day, Session, shared_options
from cli.words import choose
from history.errors import RequestInvalid

TOKEN_HOURS = 12
DEMO_COLUMNS = (
    Column("role", "role", "角色"),
    Column("name", "name", "用户名"),
    Column("password", "password", "密码"),
    Column("rep_id", "rep_id", "销售编号"),
)


@click.command()
@shared_options
@click.option("--host", metavar="ADDRESS", help="Where to listen. [default: $DEALCAST_HOST, else 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="[default: $DEALCAST_PORT, else 8000]")
@click.option("--as-of", "as_of", type=Day(), help="Answer for this day. [default: after the newest row]")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer.")
@click.option(
    "--print-token", is_flag=True, help="Make a token for the next 12 hours and print it; on this machine only."
)
@click.option(
    "--demo-sign-ins",
    is_flag=True,
    help="On the demo's workspace, make a sign-in for each role and print them; on this machine only.",
)
def serve(
    session: Session,
    host: str | None,
    port: int | None,
    as_of: dt.date | None,
    workers: int,
    print_token: bool,
    demo_sign_ins: bool,
) -> None:
    """The API and the pages, until stopped with Ctrl-C.

    \b
    Example:
      dealcast serve --demo-sign-ins
      dealcast serve --host 0.0.0.0 --port 8080 --workers 4
    """
    from serving.run import listen
    from serving.run import serve as run
    from serving.settings import settings_from_environment

    workspace = session.workspace()
    base = settings_from_environment()
    settings = replace(
        base,
        workspace=Path(workspace.path),
        host=host or base.host,
        port=port or base.port,
        as_of=as_of or base.as_of,
    )
    for asked, option in ((print_token, "--print-token"), (demo_sign_ins, "--demo-sign-ins")):
        if asked and not is_this_machine(settings.host):
            raise RequestInvalid(
                f"{option} with --host {settings.host} would show the way into a service that others can reach; "
                "expected 127.0.0.1. Use `dealcast user add NAME` or `dealcast user token NAME` instead."
            )
    listen(settings.host, settings.port).close()
    at = f"http://{settings.host}:{settings.port}/"
    notice(
        choose(
            session.language, f"Loading; then open {at} (Ctrl-C stops).", f"正在加载，随后请打开 {at}（Ctrl-C 停止）。"
        )
    )
    if print_token:
        notice(choose(session.language, "Call with this token: ", "接口令牌：") + new_token(workspace.store_url))
    if demo_sign_ins:
        notice(demo_text(session))
    run(settings, workers)


def is_this_machine(host: str) -> bool:
    """Whether only this machine can reach what listens there.

    >>> is_this_machine("127.0.0.1"), is_this_machine("localhost"), is_this_machine("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def new_token(url: str) -> str:
    """A token that works for `TOKEN_HOURS`."""
    from serving.tokens import create_token, utc_now

    now = utc_now()
    return create_token(url, f"this machine {now:%Y-%m-%d %H:%M:%S.%f}", now + dt.timedelta(hours=TOKEN_HOURS), now)


def demo_text(session: Session) -> str:
    """The demo's sign-ins as a table; in a workspace of other data what to do instead."""
    from cli.demo import MARK
    from cli.demo_people import demo_people

    if MARK not in session.workspace().settings.raw:
        return choose(
            session.language,
            "This is not the demo's workspace; make an account with `dealcast user add NAME --admin`.",
            "这不是演示工作区，请用 `dealcast user add 名称 --admin` 创建账户。",
        )
    title = choose(session.language, "Sign in as one of these:", "可用以下账户登录：")
    return table_text(title, DEMO_COLUMNS, demo_people(session), Style(session.language))
