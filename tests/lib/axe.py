"""What axe-core says of the page that a browser shows; it comes with the package selenium-axe-python."""

from __future__ import annotations

from typing import Any

from selenium import webdriver
from selenium_axe_python import Axe

RUN = """
const [rules, done] = arguments;
const options = rules.length ? {runOnly: {type: 'rule', values: rules}} : {};
axe.run(document, {...options, resultTypes: ['violations']}).then(done, error => done({failed: String(error)}));
"""
COLOURS = ("color-contrast", "link-in-text-block")
"""The rules that a change from light to dark can break."""


def violations(driver: webdriver.Chrome, *rules: str) -> list[str]:
    """One line for each element that breaks a rule: of these rules, else every one that axe has switched on."""
    if not driver.execute_script("return typeof axe === 'object'"):
        Axe(driver).inject()
    driver.set_script_timeout(60)
    told: dict[str, Any] = driver.execute_async_script(RUN, list(rules))
    assert "failed" not in told, told
    return [_line(found, node) for found in told["violations"] for node in found["nodes"]]


def _line(found: dict[str, Any], node: dict[str, Any]) -> str:
    why = next((one["message"] for part in ("any", "all", "none") for one in node[part]), "")
    return f"{found['id']}: {why} {node['html'][:160]}"
