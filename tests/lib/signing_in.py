"""Signs a browser in as a person does: opens the form, fills it in, sends it."""

from __future__ import annotations

import re
from html import unescape

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient

PASSWORD = "correct horse battery"
HEADERS = {"accept": "text/html", "accept-language": "en"}


def signed_in(app: FastAPI, name: str, password: str = PASSWORD) -> TestClient:
    """The browser of a person who has signed in, reading English."""
    browser = TestClient(app, headers=HEADERS)
    answer = sign_in(browser, name, password)
    assert answer.status_code == 303, answer.text
    return browser


def sign_in(browser: httpx.Client, name: str, password: str = PASSWORD, back: str = "/") -> httpx.Response:
    """What came of opening the sign-in page and sending its form."""
    sent = {"name": name, "password": password, "back": back, "csrf": csrf_of(browser, "/sign-in")}
    return browser.post("/sign-in", data=sent, follow_redirects=False)


def csrf_of(browser: httpx.Client, path: str = "/account") -> str:
    """The hidden field that the forms of a page carry."""
    found = re.search(r'name="csrf" value="([^"]*)"', browser.get(path).text)
    assert found is not None, f"{path} has no form"
    return unescape(found[1])
