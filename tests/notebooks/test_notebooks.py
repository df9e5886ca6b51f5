"""Notebooks import, look and say: they define nothing, keep no output, and run on the synthetic CRM."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.cli.calling import done

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder beside a workspace with one model, as `notebooks/` lies beside what `make demo` leaves."""
    root = tmp_path_factory.mktemp("checkout")
    done("generate", "--deals", 600, "--seed", 3, "--out", root / "crm")
    done("--workspace", root / "workspace", "import", "canonical", root / "crm", "--allow-quarantine")
    done("--workspace", root / "workspace", "train", "--as-of", "2026-04-01")
    (root / "notebooks").mkdir()
    return root / "notebooks"


def test_there_is_a_notebook_for_each_part_of_the_work() -> None:
    names = [path.stem for path in NOTEBOOKS]
    assert names == [
        "01_history",
        "02_features",
        "03_deal_model",
        "04_attainment",
        "05_people",
        "06_retraining",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_defines_nothing_and_keeps_no_output(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    for cell in cells:
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, DEFINING)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_on_the_synthetic_crm(path: Path, beside: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(beside)}}).execute()
    told = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert sum(bool(outputs) for outputs in told) >= 3
