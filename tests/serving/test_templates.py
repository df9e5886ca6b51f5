"""Each template uses exactly what its page's context gives: no more, no less."""

from dataclasses import fields

import pytest
from jinja2 import meta

from serving.pages.context import AccountPage, DealPage, FailurePage, PipelinePage, SignInPage
from serving.pages.data import DataPage
from serving.pages.forecast import ForecastPage
from serving.pages.funnel import FunnelPage
from serving.pages.models import ModelsPage
from serving.pages.people import PeoplePage, PersonPage
from serving.pages.rendering import TEMPLATES, environment

PAGES = {
    "pipeline.html": PipelinePage,
    "deal.html": DealPage,
    "sign_in.html": SignInPage,
    "failure.html": FailurePage,
    "account.html": AccountPage,
    "funnel.html": FunnelPage,
    "data.html": DataPage,
    "models.html": ModelsPage,
    "people.html": PeoplePage,
    "person.html": PersonPage,
    "forecast.html": ForecastPage,
}


ALONE = "review.html"
"""A file that is sent around: it carries its own style, and `serving.review` holds it to its context."""


def used(name):
    engine = environment()
    tree = engine.parse((TEMPLATES / name).read_text(encoding="utf-8"))
    parents = [parent for parent in meta.find_referenced_templates(tree) if parent and not parent.startswith("_")]
    named = meta.find_undeclared_variables(tree) - {"parts"}
    return named.union(*(used(parent) for parent in parents))


@pytest.mark.parametrize("name", PAGES)
def test_a_template_names_exactly_the_fields_of_its_context(name):
    assert used(name) == {field.name for field in fields(PAGES[name])}


def test_what_templates_share_reads_nothing_but_what_it_is_given():
    tree = environment().parse((TEMPLATES / "_parts.html").read_text(encoding="utf-8"))
    assert meta.find_undeclared_variables(tree) == set()


def test_every_template_has_a_context():
    assert {path.name for path in TEMPLATES.glob("*.html")} == {*PAGES, "base.html", "_parts.html", ALONE}


def test_templates_switch_no_escaping_off_and_hold_no_script_or_style():
    for path in TEMPLATES.glob("*.html"):
        source = path.read_text(encoding="utf-8")
        if path.name == ALONE:
            source = source.replace("{{ style | safe }}", "")
        for forbidden in ("|safe", "| safe", "autoescape", "<script", "style=", "http://", "https://", " on"):
            assert forbidden not in source.replace(" only", ""), (path.name, forbidden)
