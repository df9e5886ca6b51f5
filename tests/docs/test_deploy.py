"""What runs the service names what there is: folders, verbs, options and settings."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from cli.main import dealcast
from serving.run import STOP_SECONDS

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


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here (Debian: apt-get install systemd)")
@pytest.mark.parametrize("name", ["dealcast.service", "dealcast-retrain.service", "dealcast-retrain.timer"])
def test_systemd_finds_nothing_wrong_with_a_unit(name, tmp_path):
    for unit in ("dealcast.service", "dealcast-retrain.service", "dealcast-retrain.timer"):
        # systemd looks whether the program is there; here it is this installation's own.
        told = text(unit).replace("/opt/dealcast/bin/dealcast", f"{Path(sys.executable).parent}/dealcast")
        (tmp_path / unit).write_text(told, encoding="utf-8")
    asked = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / name)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_unit_leaves_the_service_little_to_break():
    done = dict(line.split("=", 1) for line in text("dealcast.service").splitlines() if re.match(r"[A-Z]\w+=", line))
    assert (done["NoNewPrivileges"], done["ProtectSystem"], done["CapabilityBoundingSet"]) == ("yes", "strict", "")
    assert int(done["TimeoutStopSec"]) > STOP_SECONDS, "what is being answered may be answered"


def test_compiled_loops_have_a_place_that_may_be_written_to():
    for unit in ("dealcast.service", "dealcast-retrain.service"):
        assert "NUMBA_CACHE_DIR=/var/cache/dealcast/" in text(unit)
        assert re.search(r"^CacheDirectory=dealcast$", text(unit), flags=re.M)
    assert "NUMBA_CACHE_DIR=/data/" in text("Dockerfile")
    volumes = yaml.safe_load(text("compose.yaml"))["services"]["app"]["volumes"]
    assert "/data" in {volume.split(":")[1] for volume in volumes}
    mounts = re.findall(r"mountPath: (\S+?)[},]", text("dealcast-retrain.cronjob.yaml"))
    assert "/data" in mounts


def test_that_place_is_where_they_go(tmp_path):
    code = "from features import kernel; print(kernel.walk._cache.cache_path)"
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "HOME": "/nonexistent", "PATH": "/usr/bin:/bin"}
    asked = [sys.executable, "-c", code]
    done = subprocess.run(asked, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).is_relative_to(tmp_path)
