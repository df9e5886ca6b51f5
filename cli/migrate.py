"""`dealcast migrate`: brings a store that an older Dealcast wrote up to date."""

from __future__ import annotations

import click

from cli.console import say
from cli.options import Session, shared_options
from cli.words import choose


@click.command("migrate")
@shared_options
def migrate_(session: Session) -> None:
    """Bring the tables of an older store up to date, the history's and the service's; nothing else ever does.

    Each of the two is one transaction: it is done whole or not at all. Stop the service first, and keep a copy.

    \b
    Example:
      dealcast migrate
    """
    from history.engine import REVISION as HISTORY_REVISION
    from history.engine import make_engine, migrate, revision, store_url
    from serving.store import REVISION, bring_up_to_date, quiet_engine, standing_revision

    url = session.workspace().store_url
    engine = make_engine(store_url(url))
    before = revision(engine)
    migrate(engine)
    engine.dispose()
    tables = quiet_engine(url)
    was = standing_revision(tables)
    bring_up_to_date(tables)
    tables.dispose()
    for about, old, new in (
        (choose(session.language, "history", "历史"), before, HISTORY_REVISION),
        (choose(session.language, "people and tokens", "账户与令牌"), was, REVISION),
    ):
        none = choose(session.language, "none", "无")
        say(f"{about}: {old or none} → {new}")
