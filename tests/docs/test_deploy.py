"""What runs the service names what there is: folders, verbs, options and settings."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import yaml

from cli.main import dealcast

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def test_the_image_holds_every_package_and_only_what_is_there():
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", text("Dockerfile"), flags=re.M)
    sources = {word for line in copied for word in line.split()}
    assert [name for name in sorted(sources) if not (ROOT / name).exists()] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= sources
    assert "--require-hashes" in text("Dockerfile")
    assert re.search(r"^USER dealcast$", text("Dockerfile"), flags=re.M)


def test_the_commands_of_unit_image_and_compose_file_are_verbs_with_their_options():
    unit = re.search(r"^ExecStart=\S+/dealcast (.+)$", text("dealcast.service"), flags=re.M)
    image = re.search(r"^CMD (\[.+\])$", text("Dockerfile"), flags=re.M)
    asked = [shlex.split(unit[1]), yaml.safe_load(image[1])]
    asked += [shlex.split(line) for line in re.findall(r"run --rm app (.+)$", text("compose.yaml"), flags=re.M)]
    assert len(asked) == 4
    for words in asked:
        verb = dealcast.commands[words[0]]
        inner = getattr(verb, "commands", {}).get(words[1], verb) if len(words) > 1 else verb
        known = {option for parameter in inner.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, words


def test_every_setting_they_name_is_documented():
    settings = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    named = {name for path in DEPLOY.iterdir() for name in re.findall(r"\bDEALCAST_[A-Z_]+", path.read_text("utf-8"))}
    assert len(named) > 3
    assert [name for name in sorted(named) if f"`{name}`" not in settings] == []


def test_the_compose_file_keeps_the_database_and_the_workspace_and_opens_this_machine_s_port_alone():
    compose = yaml.safe_load(text("compose.yaml"))
    database, app = compose["services"]["database"], compose["services"]["app"]
    assert "ports" not in database
    assert app["ports"] == ["127.0.0.1:8000:8000"]
    mounted = {volume.split(":")[0] for service in (database, app) for volume in service["volumes"]}
    assert mounted == set(compose["volumes"])
    assert app["depends_on"] == {"database": {"condition": "service_healthy"}}
