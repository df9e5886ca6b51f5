"""A verb loads no library that it does not use: people wait for each, longest where a version must be rolled back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("alembic", "fastapi", "lightgbm", "matplotlib", "mlflow", "numba", "pandas", "polars", "sklearn", "sqlalchemy")
TELLS = f"""
import sys
from cli.main import run
code = run(sys.argv[1:])
print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
sys.exit(code)
"""
MODELS = {"fastapi", "lightgbm", "mlflow", "numba", "pandas", "sklearn"}
"""What only verbs that ask a model need; MLflow itself loads FastAPI and pandas."""
WITHOUT_MODELS = (
    ("user", "list"),
    ("audit",),
    ("funnel",),
    ("scorecard",),
    ("linearity",),
)


def loaded(*arguments: object) -> set[str]:
    """The heavy libraries that a verb loads, which must succeed."""
    command = [sys.executable, "-c", TELLS, *map(str, arguments)]
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return set(said.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("verb", [(), ("rollback",), ("score",), ("migrate",), ("serve",)])
def test_help_loads_nothing_heavy(verb: tuple[str, ...]) -> None:
    assert loaded(*verb, "--help") == set()


@pytest.mark.parametrize("verb", WITHOUT_MODELS)
def test_a_verb_that_asks_no_model_loads_nothing_of_models(company: Path, verb: tuple[str, ...]) -> None:
    assert loaded("--workspace", company, *verb) & MODELS == set()


@pytest.mark.parametrize("verb", ["promote", "rollback"])
def test_letting_a_version_serve_does_not_wait_for_what_it_is_made_of(company: Path, tmp_path: Path, verb: str) -> None:
    shutil.copytree(company.parent, tmp_path / "copy")
    workspace = tmp_path / "copy" / company.name
    found = loaded("--workspace", workspace, verb, "1", "--reason", "measured")
    assert "mlflow" in found
    assert found & {"lightgbm", "sklearn", "matplotlib"} == set()
