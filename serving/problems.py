"""The one error shape of the API: problem details as in RFC 9457; and the page that says the same to people."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from history import errors
from serving.asking import ParameterInvalid
from serving.headers import HEADERS
from serving.logs import REQUEST_ID
from serving.pages.failure import failure_page
from serving.sight import RightMissing

LOG = logging.getLogger("dealcast.serving")

STATUS: dict[type[errors.DealcastError], int] = {
    errors.DealUnknown: 404,
    errors.NotAllowed: 403,
    errors.RequestInvalid: 422,
    errors.DateInvalid: 422,
    errors.NoHistory: 422,
    errors.ColumnMissing: 422,
    errors.RowsQuarantined: 422,
    errors.ModelUnavailable: 503,
    errors.RegistryUnavailable: 503,
    errors.StoreUnavailable: 503,
    errors.WorkspaceMissing: 503,
}
INVALID = "invalid-request"
"""What cannot be used of a request has one name, whoever finds it."""


class SignInNeeded(Exception):
    """A page was asked for without a valid sign-in."""


def add_problem_handlers(app: FastAPI) -> None:
    """Every error leaves as problem details, or as a page where a page was asked for."""
    app.add_exception_handler(errors.DealcastError, _dealcast_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(Exception, _unforeseen)


def problem(status: int, kind: str, detail: str, errors: list[dict[str, str]] | None = None) -> JSONResponse:
    """A problem-details response; `kind` is a stable name of the sort of problem, `detail` says what to do."""
    body: dict[str, Any] = {
        "type": f"urn:dealcast:problem:{kind}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": f"urn:dealcast:request:{REQUEST_ID.get()}",
    }
    if errors is not None:
        body["errors"] = errors
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=headers)


def too_large(most_bytes: int) -> JSONResponse:
    """The answer to a body that is too large."""
    return problem(413, "content-too-large", f"the body is larger than {most_bytes} bytes; send fewer deals at a time.")


def too_many(wait_seconds: int) -> JSONResponse:
    """The answer to a caller who sends too much."""
    answer = problem(
        429, "too-many-requests", f"too many requests in the last minute; wait {wait_seconds} seconds and send fewer."
    )
    answer.headers["Retry-After"] = str(wait_seconds)
    return answer


def _dealcast_error(request: Request, error: Exception) -> Response:
    kind = next((kind for kind in STATUS if isinstance(error, kind)), type(error))
    status = STATUS.get(kind, 500)  # type: ignore[arg-type]
    # Where things lie on the server is told in its log, not to who asks.
    home = f"{request.app.state.live.registry.folder.parent}/"
    told = error if isinstance(error, ParameterInvalid | RightMissing) else None
    name = INVALID if kind is errors.RequestInvalid else _slug(kind.__name__)
    return _answer(request, status, name, str(error).replace(home, ""), known=told)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = _slug(HTTPStatus(error.status_code).name)
    answer = _answer(request, error.status_code, kind, _http_detail(request, error))
    answer.headers.update(error.headers or {})
    return answer


def _http_detail(request: Request, error: HTTPException) -> str:
    if error.status_code == 404 and error.detail == HTTPStatus.NOT_FOUND.phrase:
        return f"there is nothing at {request.url.path}; see /v1/openapi.json for what there is."
    if error.status_code == 413:
        return "the request body is too large; send fewer deals at a time."
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        return f"{request.method} is not how {request.url.path} is called; expected {allowed}."
    return str(error.detail)


def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(entry["type"] == "json_invalid" for entry in found):
        where = found[0].get("ctx", {}).get("error", "")
        return _answer(request, 400, "malformed-json", f"the body is not valid JSON ({where}); send a JSON document.")
    entries = [{"pointer": pointer(entry["loc"]), "detail": entry["msg"]} for entry in found[:50]]
    first = entries[0]
    detail = f"{len(found)} of the values given cannot be used; the first is {first['pointer']}: {first['detail']}."
    return _answer(request, 422, INVALID, detail, entries, _of_query(found[0], detail))


def _of_query(entry: dict[str, Any], detail: str) -> ParameterInvalid | None:
    """What is wrong with a parameter of the query, in parts; None where it is about something else."""
    place, name = entry["loc"][0], str(entry["loc"][-1])
    if place != "query":
        return None
    expected = re.findall("'([^']*)'", str(entry.get("ctx", {}).get("expected", "")))
    return ParameterInvalid(detail, name, str(entry.get("input")), expected)


def pointer(location: tuple[int | str, ...]) -> str:
    """Where in the request: a JSON pointer for the body, the parameter's name otherwise.

    >>> pointer(("body", "deals", 0, "created_at"))
    '/deals/0/created_at'
    >>> pointer(("query", "limit"))
    'query limit'
    """
    if location and location[0] == "body":
        return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in location[1:])
    return " ".join(str(part) for part in location)


def _sign_in(request: Request, _: Exception) -> Response:
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?{urlencode({'back': back})}", status_code=303)


def _answer(
    request: Request,
    status: int,
    kind: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    known: ParameterInvalid | RightMissing | None = None,
) -> Response:
    if request.url.path.startswith("/v1/") or "text/html" not in request.headers.get("accept", ""):
        return problem(status, kind, detail, errors)
    return failure_page(request, status, detail, known)


def _unforeseen(request: Request, error: Exception) -> Response:
    LOG.error("unforeseen error on %s", request.scope.get("path"), exc_info=error)
    answer = _answer(request, 500, "unforeseen", "something went wrong here that is not yours to mend; it was logged.")
    answer.headers.update(HEADERS)  # This handler stands outside the middleware that adds them.
    return answer


def _slug(name: str) -> str:
    words = "".join(f"-{letter.lower()}" if letter.isupper() and not name.isupper() else letter for letter in name)
    return words.strip("-").lower().replace("_", "-")
