"""The language of what is printed: English or Chinese, by option, else by the environment."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "zh-CN")


def language_of(environ: Mapping[str, str]) -> str:
    """The language that the locale variables ask for, the strongest first.

    >>> language_of({"LANG": "zh_CN.UTF-8"}), language_of({"LANG": "C.UTF-8"}), language_of({})
    ('zh-CN', 'en', 'en')
    """
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "zh-CN" if locale.lower().startswith("zh") else "en"


def choose(language: str, en: str, zh: str) -> str:
    """The text in the language asked for."""
    return zh if language == "zh-CN" else en
