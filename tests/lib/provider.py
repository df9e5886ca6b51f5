"""A small OpenID Connect provider that really listens: discovery, authorization, token endpoint with PKCE, keys."""

from __future__ import annotations

import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "dealcast", "a secret of the client"


@dataclass
class TestProvider:
    """Vouches for `claims`; `lies` change what it says in the ID token, `key` is what it signs with."""

    __test__ = False

    issuer: str
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "1", "email": "ann@example.com"})
    lies: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    forger: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce}
        told = {name: value for name, value in (claims | self.claims | self.lies).items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "one"}, told, self.forger or self.key)

    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.get("/.well-known/openid-configuration")
        def configuration() -> dict[str, str]:
            paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            return {"issuer": self.issuer} | {name: f"{self.issuer}/{path}" for name, path in paths.items()}

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            return dict(KeySet([self.key]).as_dict(private=False))

        @app.get("/authorize")
        def authorize(request: Request) -> Response:
            asked = dict(request.query_params)
            self.asked.append(asked)
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

        @app.post("/token")
        async def token(request: Request) -> Response:
            sent = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
            asked = self.codes.pop(sent.get("code", ""), None)
            expected = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
            if request.headers.get("authorization") != expected:
                return JSONResponse({"error": "invalid_client"}, status_code=401)
            if asked is None or not _proves(sent, asked) or sent.get("redirect_uri") != asked["redirect_uri"]:
                return JSONResponse({"error": "invalid_grant"}, status_code=400)
            told = {"access_token": "unused", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}
            return JSONResponse(told)

        return app


def _proves(sent: dict[str, str], asked: dict[str, str]) -> bool:
    """PKCE: whether the verifier is the one whose hash was sent first."""
    digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked.get("code_challenge")


@contextmanager
def running_provider() -> Iterator[TestProvider]:
    """The provider on a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        provider = TestProvider(f"http://127.0.0.1:{listener.getsockname()[1]}")
        server = uvicorn.Server(uvicorn.Config(provider.app(), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        ends = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < ends, "the provider never started"
            time.sleep(0.02)
        yield provider
        server.should_exit = True
        thread.join(10)
