"""Workspaces that many tests read and none changes: a synthetic company with a model, and three deals without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.calling import done
from tests.cli.folders import small_folder


@pytest.fixture(scope="session")
def crm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic CRM of 700 deals as a canonical folder."""
    folder = tmp_path_factory.mktemp("crm") / "crm"
    done("generate", "--deals", 700, "--seed", 3, "--out", folder)
    return folder


@pytest.fixture(scope="session")
def company(crm_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the synthetic CRM and one model, trained as of 2026-04-01."""
    workspace = tmp_path_factory.mktemp("company") / "workspace"
    done("--workspace", workspace, "import", "canonical", crm_folder, "--allow-quarantine")
    done("--workspace", workspace, "train", "--as-of", "2026-04-01")
    return workspace


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A workspace of three deals and no model."""
    workspace = tmp_path / "shop"
    done("--workspace", workspace, "import", "canonical", small_folder(tmp_path / "first"))
    return workspace
