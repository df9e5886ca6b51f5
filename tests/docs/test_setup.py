"""The set-up says in one line what a machine lacks. Run in a bare folder with only the tools named here."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.readme import ROOT

TOOLS = ("dirname", "rm", "uname", "touch", "sh")
TOO_OLD = "#!/bin/sh\nexit 1\n"
WITHOUT_VENV = '#!/bin/sh\n[ "$2" = venv ] && { echo "No module named venv" >&2; exit 1; }\nexit 0\n'


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout with the set-up only, and a folder of programs."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/setup", tmp_path / ".ci/setup")
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in TOOLS:
        (programs / tool).symlink_to(str(shutil.which(tool)))
    return tmp_path


def program(folder: Path, name: str, text: str) -> None:
    path = folder / "bin" / name
    path.write_text(text)
    path.chmod(0o755)


def set_up(folder: Path) -> subprocess.CompletedProcess[str]:
    sh = str(shutil.which("sh"))
    environment = {"PATH": str(folder / "bin")}
    return subprocess.run([sh, folder / ".ci/setup"], env=environment, capture_output=True, text=True, check=False)


def test_no_python_is_said_in_one_line(bare):
    said = set_up(bare)
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "no Python of version 3.11 or newer was found" in said.stderr


def test_an_old_python_does_not_count(bare):
    program(bare, "python3", TOO_OLD)
    assert "no Python of version 3.11 or newer was found" in set_up(bare).stderr


def test_a_python_without_venv_is_said_with_the_package_to_install(bare):
    program(bare, "python3.12", WITHOUT_VENV)
    said = set_up(bare)
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "apt-get install python3-venv" in said.stderr
    assert not (bare / ".venv").exists()
