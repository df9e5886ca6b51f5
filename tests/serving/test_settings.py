"""The environment is read once, typed, and a bad value is named."""

import datetime as dt
from pathlib import Path

import pytest

from history.errors import ConfigInvalid
from serving.settings import OidcSettings, ServingSettings, settings_from_environment


def test_an_empty_environment_gives_a_laptop_s_defaults():
    assert settings_from_environment({}) == ServingSettings()
    assert ServingSettings().host == "127.0.0.1"


def test_every_variable_is_read():
    found = settings_from_environment(
        {
            "DEALCAST_WORKSPACE": "/srv/deals",
            "DEALCAST_DATABASE_URL": "postgresql://db/deals",
            "DEALCAST_HOST": "0.0.0.0",
            "DEALCAST_PORT": "9000",
            "DEALCAST_AS_OF": "2026-07-01",
            "DEALCAST_SECURE_COOKIES": "1",
            "DEALCAST_BODY_LIMIT_BYTES": "1000",
            "DEALCAST_REFRESH_SECONDS": "60",
            "MLFLOW_TRACKING_URI": "sqlite:///m.db",
            "DEALCAST_REQUESTS_A_MINUTE": "0",
            "DEALCAST_FAILURES_A_MINUTE": "7",
            "DEALCAST_LIMITS_STORAGE": "redis://counts",
            "DEALCAST_PUBLIC_URL": "https://deals.example.com/",
            "DEALCAST_OIDC_ISSUER": "https://login.example.com/",
            "DEALCAST_OIDC_CLIENT_ID": "dealcast",
            "DEALCAST_OIDC_CLIENT_SECRET": "secret",
            "DEALCAST_OIDC_CLAIM": "upn",
        }
    )
    assert found == ServingSettings(
        Path("/srv/deals"),
        "postgresql://db/deals",
        "0.0.0.0",
        9000,
        "sqlite:///m.db",
        dt.date(2026, 7, 1),
        True,
        1000,
        60.0,
        requests_a_minute=0,
        failures_a_minute=7,
        limits_storage="redis://counts",
        public_url="https://deals.example.com",
        oidc=OidcSettings("https://login.example.com", "dealcast", "secret", "upn"),
    )


def test_a_provider_needs_a_client_and_the_address_people_type():
    given = {"DEALCAST_OIDC_ISSUER": "https://login.example.com", "DEALCAST_OIDC_CLIENT_ID": "dealcast"}
    with pytest.raises(ConfigInvalid, match="DEALCAST_OIDC_ISSUER is set and DEALCAST_PUBLIC_URL is not"):
        settings_from_environment(given)
    with pytest.raises(ConfigInvalid, match="DEALCAST_OIDC_CLIENT_ID is not; expected both"):
        settings_from_environment({"DEALCAST_OIDC_ISSUER": "https://login.example.com"})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DEALCAST_PORT", "http", "DEALCAST_PORT is 'http'; expected a whole number from 0 to 65535"),
        ("DEALCAST_PORT", "70000", "DEALCAST_PORT is '70000'; expected a whole number from 0 to 65535"),
        ("DEALCAST_PORT", "-1", "DEALCAST_PORT is '-1'"),
        ("DEALCAST_AS_OF", "1 July", "DEALCAST_AS_OF is '1 July'; expected a date such as 2026-07-01"),
        ("DEALCAST_PUBLIC_URL", "http://deals.example.com", "expected an address that begins with https://"),
        ("DEALCAST_OIDC_ISSUER", "login.example.com", "expected an address that begins with https://"),
        ("DEALCAST_REQUESTS_A_MINUTE", "many", "DEALCAST_REQUESTS_A_MINUTE is 'many'; expected a whole number"),
        ("DEALCAST_SECURE_COOKIES", "maybe", "DEALCAST_SECURE_COOKIES is 'maybe'; expected 0 or 1"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_was_expected(name, value, expected):
    with pytest.raises(ConfigInvalid) as caught:
        settings_from_environment({name: value})
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
