"""What the API says of itself: the OpenAPI document with the one error shape and the way to sign in."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from fastapi import FastAPI

from serving.fields import Answer, described, measured

PROBLEMS = {
    "400": "the body is not a JSON document",
    "401": "no valid token was sent",
    "403": "the caller may not do this",
    "404": "there is nothing of that name that the caller sees",
    "405": "the path is not called this way",
    "413": "the body is larger than the service takes",
    "422": "a value cannot be used; `errors` names each with a pointer",
    "429": "too many requests; wait as `Retry-After` says",
    "500": "something went wrong that was not foreseen, and was logged",
    "503": "the database or the model cannot be reached now",
}
PROBLEM_TYPE = "application/problem+json"
NOT_CHANGED = "what was asked for is as the caller has it already, by `If-None-Match`"


class ProblemEntry(Answer):
    """One value that cannot be used."""

    pointer: str = described("where it is: a JSON pointer into the body, else the parameter")
    detail: str = described("what is wrong with it")


class Problem(Answer):
    """Why a request was not answered: problem details as in RFC 9457."""

    type: str = described("a stable name of the sort of problem, a URN")
    title: str = described("the status in words")
    status: int = measured("the HTTP status", "code")
    detail: str = described("what was given, what was expected and what to do")
    instance: str | None = described("the request's id, as it stands in the log", None)
    errors: list[ProblemEntry] | None = described("every value that cannot be used, 50 at most", None)


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the app, made once."""
    made: dict[str, Any] | None = getattr(app.state, "document", None)
    if made is None:
        made = _made(deepcopy(app.openapi()))
        app.state.document = made
    return made


def _made(found: dict[str, Any]) -> dict[str, Any]:
    parts = found.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    told = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= told.pop("$defs", {})
    schemas["Problem"] = told
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, methods in found["paths"].items():
        if path.startswith("/v1/"):
            for method, operation in methods.items():
                operation["security"] = [{"token": []}]
                operation["responses"] |= _problems(method)
    return found


def _problems(method: str) -> dict[str, Any]:
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    found: dict[str, Any] = {code: {"description": why, "content": content} for code, why in PROBLEMS.items()}
    if method == "get":
        found["304"] = {"description": NOT_CHANGED}
    return found
