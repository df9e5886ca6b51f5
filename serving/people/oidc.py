"""Sign-in through an OpenID Connect provider: authorization code with PKCE, state and nonce (RFC 6749, RFC 7636).

An account must exist before; the provider only says who it is. The first sign-in binds the account to the provider's
own subject, and from then on a changed address neither opens nor closes it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

import httpx
import sqlalchemy as sa
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from serving.people.roll import Person, name_key, person_of
from serving.settings import OidcSettings
from serving.store import OIDC_STARTS, PEOPLE

CALLBACK = "/sign-in/provider/back"
SECONDS = 10.0
START_MINUTES = 10
LEEWAY_SECONDS = 60
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures by a key that only the provider has; never `none`, never one that our own secret could make."""


class ProviderRefused(Exception):
    """Nobody came in; the message is for the audit log and names no person."""


@dataclass(frozen=True)
class Start:
    """A sign-in under way: what the browser keeps in a cookie, and where it is sent."""

    secret: str
    address: str


@dataclass(frozen=True)
class Provider:
    """The provider as configured, and where this service can be reached from browsers."""

    settings: OidcSettings
    public_url: str

    @property
    def callback(self) -> str:
        return self.public_url + CALLBACK

    def begin(self, engine: sa.Engine, back: str, now: dt.datetime) -> Start:
        """Notes a sign-in under way and says where to send the browser; raises `ProviderRefused`."""
        told = self._discovered()
        secret, state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(4))
        row = {"start_sha256": _hashed(secret), "state": state, "nonce": nonce, "verifier": verifier, "back": back}
        with engine.execution_options(writes=True).begin() as connection:
            connection.execute(OIDC_STARTS.delete().where(OIDC_STARTS.c.expires_at < now))
            ends = now + dt.timedelta(minutes=START_MINUTES)
            connection.execute(OIDC_STARTS.insert().values(row | {"expires_at": ends}))
        address = prepare_grant_uri(
            told["authorization_endpoint"],
            client_id=self.settings.client_id,
            response_type="code",
            redirect_uri=self.callback,
            scope="openid email profile",
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return Start(secret, address)

    def finish(
        self, engine: sa.Engine, secret: str | None, state: str, code: str, now: dt.datetime
    ) -> tuple[Person, str]:
        """The person whom the provider vouches for, and the page to go back to; raises `ProviderRefused`."""
        start = _take(engine, secret, now)
        if start is None or not hmac.compare_digest(start.state.encode(), state.encode("utf-8", "replace")):
            raise ProviderRefused("the answer belongs to no sign-in begun in this browser")
        claims = self._claims(code, start, now)
        person = _person(engine, self._subject(claims), self._name(claims))
        if person is None:
            raise ProviderRefused("no account goes with the person at the provider")
        return person, start.back

    def _claims(self, code: str, start: sa.Row, now: dt.datetime) -> dict[str, Any]:
        told = self._discovered()
        sent = self._token(told["token_endpoint"], code, start.verifier)
        keys = self._fetched(told["jwks_uri"])
        try:
            token = jwt.decode(sent["id_token"], KeySet.import_key_set(keys), algorithms=list(ALGORITHMS))  # type: ignore[arg-type]
            essential = {"iss": {"essential": True, "value": told["issuer"]}}
            audience = {"aud": {"essential": True, "value": self.settings.client_id}}
            given = {"nonce": start.nonce, "client_id": self.settings.client_id}
            claims = CodeIDToken(token.claims, token.header, {**essential, **audience}, given)
            claims.validate(now=int(now.replace(tzinfo=dt.UTC).timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, AuthlibBaseError, ValueError, KeyError) as error:
            raise ProviderRefused(f"the provider's token cannot be trusted ({type(error).__name__})") from error
        return dict(claims)

    def _token(self, endpoint: str, code: str, verifier: str) -> dict[str, Any]:
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=self.callback, code_verifier=verifier
        )
        method = "client_secret_basic" if self.settings.client_secret else "none"
        signed = ClientAuth(self.settings.client_id, self.settings.client_secret, method)
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        address, headers, body = signed.prepare("POST", endpoint, headers, body)
        return self._fetched(address, "POST", headers, body)

    def _discovered(self) -> dict[str, Any]:
        told = self._fetched(f"{self.settings.issuer}/.well-known/openid-configuration")
        if str(told.get("issuer", "")).rstrip("/") != self.settings.issuer:
            raise ProviderRefused("the provider calls itself by another name than DEALCAST_OIDC_ISSUER")
        if missing := [name for name in ("authorization_endpoint", "token_endpoint", "jwks_uri") if name not in told]:
            raise ProviderRefused(f"the provider's configuration has no {missing[0]}")
        return told

    def _fetched(
        self, address: str, method: str = "GET", headers: dict[str, str] | None = None, body: str | None = None
    ) -> dict[str, Any]:
        try:
            answer = httpx.request(method, address, headers=headers, content=body, timeout=SECONDS)
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderRefused(f"the provider does not answer as expected ({type(error).__name__})") from error
        if not isinstance(found, dict):
            raise ProviderRefused("the provider does not answer as expected")
        return found

    def _subject(self, claims: dict[str, Any]) -> str:
        return f"{self.settings.issuer} {claims['sub']}"[:300]

    def _name(self, claims: dict[str, Any]) -> str | None:
        """What names the account; an email address only where the provider has not called it unverified."""
        claim = self.settings.claim
        if claim == "email" and claims.get("email_verified") in (False, "false"):
            raise ProviderRefused("the provider has not verified the person's address")
        said = claims.get(claim)
        return said if isinstance(said, str) and said else None


def _take(engine: sa.Engine, secret: str | None, now: dt.datetime) -> sa.Row | None:
    """The sign-in under way that the browser began; it can be used once."""
    if not secret:
        return None
    mine = OIDC_STARTS.c.start_sha256 == _hashed(secret)
    with engine.execution_options(writes=True).begin() as connection:
        row = connection.execute(sa.select(OIDC_STARTS).where(mine)).first()
        taken = connection.execute(OIDC_STARTS.delete().where(mine)).rowcount
    return row if row is not None and taken and row.expires_at > now else None


def _person(engine: sa.Engine, subject: str, name: str | None) -> Person | None:
    """The account bound to the subject, else the one of that name that is bound to nobody yet."""
    works = PEOPLE.c.ended_at.is_(None)
    with engine.execution_options(writes=True).begin() as connection:
        row = connection.execute(sa.select(PEOPLE).where(PEOPLE.c.oidc_subject == subject)).first()
        if row is None and name is not None:
            free = (PEOPLE.c.name_key == name_key(name)) & PEOPLE.c.oidc_subject.is_(None) & works
            row = connection.execute(sa.select(PEOPLE).where(free)).first()
            if row is not None:
                mine = PEOPLE.c.person_id == row.person_id
                connection.execute(PEOPLE.update().where(mine).values(oidc_subject=subject))
    return person_of(row) if row is not None and row.ended_at is None else None


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
