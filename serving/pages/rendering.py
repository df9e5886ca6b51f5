"""Turns a page's context into HTML. Autoescape is always on; an unknown name in a template is an error."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from serving.pages.context import Page
from serving.texts import LANGUAGES

TEMPLATES = Path(__file__).parents[1] / "templates"
LANGUAGE_COOKIE = "dealcast_language"


def environment() -> Environment:
    """The template environment of all pages."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(request: Request, template: str, page: Page, status: int = 200) -> HTMLResponse:
    """`page` shown with `template`; it sees the context's fields and nothing else."""
    values = {field.name: getattr(page, field.name) for field in fields(page)}
    html = request.app.state.templates.get_template(template).render(values)
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})


def language_of(request: Request) -> str:
    """The language that the reader chose, else the browser's, else English."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    wanted = request.headers.get("accept-language", "").lower()
    return "zh-CN" if wanted.startswith("zh") else "en"


def here(request: Request) -> str:
    """Path and query of the page that is being shown."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def local_path(text: str) -> str:
    """`text` where it is a path on this host, else "/": nobody is sent to another host.

    >>> local_path("/deals/7?x=1"), local_path("//evil.example"), local_path("https://evil.example")
    ('/deals/7?x=1', '/', '/')
    """
    safe = text.startswith("/") and not text.startswith(("//", "/\\")) and not any(ord(c) < 32 for c in text)
    return text if safe else "/"
