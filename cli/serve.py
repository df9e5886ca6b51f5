"""`dealcast serve`: the API and the pages."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import replace
from pathlib import Path

import click

from cli.console import notice
from cli.options import Day, Session, shared_options
from cli.words import choose
from history.errors import RequestInvalid

TOKEN_HOURS = 12


@click.command()
@shared_options
@click.option("--host", metavar="ADDRESS", help="Where to listen. [default: $DEALCAST_HOST, else 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="[default: $DEALCAST_PORT, else 8000]")
@click.option("--as-of", "as_of", type=Day(), help="Answer for this day. [default: after the newest row]")
@click.option(
    "--print-token", is_flag=True, help="Make a token for the next 12 hours and print it; on this machine only."
)
def serve(session: Session, host: str | None, port: int | None, as_of: dt.date | None, print_token: bool) -> None:
    """The API and the pages, until stopped with Ctrl-C.

    \b
    Example:
      dealcast serve --print-token
      dealcast serve --host 0.0.0.0 --port 8080
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
    if print_token and not is_this_machine(settings.host):
        raise RequestInvalid(
            f"--print-token with --host {settings.host} would show a token for a service that others can reach; "
            "expected 127.0.0.1. Make one with `dealcast user token NAME` instead."
        )
    listen(settings.host, settings.port).close()
    at = f"http://{settings.host}:{settings.port}/"
    notice(
        choose(
            session.language, f"Loading; then open {at} (Ctrl-C stops).", f"正在加载，随后请打开 {at}（Ctrl-C 停止）。"
        )
    )
    if print_token:
        notice(choose(session.language, "Sign in with this token: ", "登录令牌：") + new_token(workspace.store_url))
    run(settings)


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
