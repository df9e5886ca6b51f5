"""Tokens are shown once, kept as a hash, and end when they are told to."""

import datetime as dt

import pytest
import sqlalchemy as sa

from history.errors import RequestInvalid, StoreUnavailable
from serving.store import REVISION, open_tables
from serving.tokens import create_token, find_token, list_tokens, revoke
from tests.lib.postgres import new_database, postgres

__all__ = ["postgres"]

NOW = dt.datetime(2026, 7, 1, 8, 0)
LATER = NOW + dt.timedelta(hours=2)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'deals.db'}"


def test_a_token_works_until_it_is_revoked(url):
    secret = create_token(url, "nightly export", now=NOW)
    engine = open_tables(url)
    assert find_token(engine, secret, LATER).name == "nightly export"
    revoke(url, "nightly export", now=LATER)
    assert find_token(engine, secret, LATER) is None
    assert list_tokens(url)[0].revoked_at == LATER


def test_a_token_ends_at_its_expiry(url):
    secret = create_token(url, "visitor", expires_at=LATER, now=NOW)
    engine = open_tables(url)
    assert find_token(engine, secret, LATER - dt.timedelta(seconds=1)) is not None
    assert find_token(engine, secret, LATER) is None


def test_the_database_never_holds_the_token_itself(url, tmp_path):
    secret = create_token(url, "export", now=NOW)
    open_tables(url).dispose()
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret.encode() not in held
    assert secret.removeprefix("dealcast_").encode() not in held


def test_another_secret_and_an_overlong_one_open_nothing(url):
    create_token(url, "export", now=NOW)
    engine = open_tables(url)
    assert find_token(engine, "dealcast_guess", NOW) is None
    assert find_token(engine, "dealcast_" + "a" * 100_000, NOW) is None
    assert find_token(engine, "", NOW) is None


def test_two_working_tokens_never_share_a_name(url):
    create_token(url, "export", now=NOW)
    with pytest.raises(RequestInvalid, match="a token called 'export' exists"):
        create_token(url, " export ", now=NOW)
    revoke(url, "export", now=NOW)
    create_token(url, "export", now=LATER)
    assert [token.name for token in list_tokens(url)] == ["export", "export"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_name_must_say_something_short(url, name):
    with pytest.raises(RequestInvalid, match="expected 1 to 200 characters"):
        create_token(url, name, now=NOW)


def test_an_expiry_in_the_past_is_refused(url):
    with pytest.raises(RequestInvalid, match="which is past; choose a later time"):
        create_token(url, "late", expires_at=NOW, now=NOW)


def test_revoking_an_unknown_token_says_so(url):
    with pytest.raises(RequestInvalid, match="no working token is called 'nobody'"):
        revoke(url, "nobody")


def test_the_tables_have_their_own_migrations_and_version(url):
    engine = open_tables(url)
    open_tables(url).dispose()
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM serving_version")).scalar() == REVISION
        assert not sa.inspect(connection).has_table("alembic_version")


def test_the_newest_step_is_the_one_the_code_expects():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    import serving.migrations

    config = Config()
    config.set_main_option("script_location", next(iter(serving.migrations.__path__)))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_a_database_that_cannot_be_reached_is_one_line(tmp_path):
    with pytest.raises(StoreUnavailable) as caught:
        create_token(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}", "x")
    assert "\n" not in str(caught.value)


def test_tokens_work_on_postgresql_too(postgres):
    url = new_database(postgres)
    secret = create_token(url, "export", now=NOW)
    engine = open_tables(url)
    assert find_token(engine, secret, NOW).name == "export"
    engine.dispose()
