"""Retraining after two quarters, looking at the versions, and rolling back, by command."""

import re

import pytest

from history import errors
from tests.cli.calling import call, done


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A workspace of ninety deals, retrained after 2026Q1 and approved, then after 2026Q2."""
    home = tmp_path_factory.mktemp("small")
    done("generate", "--deals", 90, "--seed", 3, "--out", home / "crm")
    workspace = home / "workspace"
    done("--workspace", workspace, "import", "canonical", home / "crm", "--allow-quarantine")
    words = ("--approve-by", "Li Wei", "--reason", "the first model")
    first = done("--workspace", workspace, "retrain", "--quarter", "2026Q1", *words)
    second = done("--workspace", workspace, "retrain", "--quarter", "2026Q2", *words)
    return workspace, first, second


def test_a_retraining_tells_its_steps_what_the_gate_says_and_what_became_of_it(small):
    _, first, second = small
    assert "[1/11] freezing the history" in first.err
    assert re.search(r"\[\d+/11\] .* · about \d+ (s|min) left", first.err)
    assert "Gate of retraining 2026Q1" in first.out
    assert "Version 1 serves, by " in first.out
    assert "no earlier freeze to learn expectations from" in first.out
    assert "Version 2 serves, by " in second.out
    assert "no earlier freeze" not in second.out


def test_a_finished_retraining_says_so_in_both_languages(small):
    workspace, _, _ = small
    again = done("--workspace", workspace, "retrain", "--quarter", "2026Q2")
    assert "It was finished before; nothing was changed." in again.out
    assert "done before" not in again.err
    chinese = done("--workspace", workspace, "retrain", "--quarter", "2026Q2", "--language", "zh-CN")
    assert "此前已完成，未作任何改动。" in chinese.out
    assert "上线检验" in chinese.out
    due = done("--workspace", workspace, "retrain", "--quarter", "2026Q2", "--if-due")
    assert due.out == "The retraining of 2026Q2 is finished.\n"


def test_versions_are_listed_shown_and_compared(small):
    workspace, _, _ = small
    listed = done("--workspace", workspace, "models", "list").out
    assert listed == done("--workspace", workspace, "models").out
    assert listed.splitlines()[2].split()[:3] == ["2", "2026-07-01", "champion"]
    shown = done("--workspace", workspace, "models", "show", 2).out
    for words in ("bundle_bytes", "G16", "promote", "trained_as_of"):
        assert words in shown
    compared = done("--workspace", workspace, "models", "compare", 1, 2).out
    assert re.search(r"trained_as_of +2026-04-01 +2026-07-01", compared)
    assert call("--workspace", workspace, "models", "show", 9).code == errors.ModelUnavailable.exit_code


def test_a_rollback_by_command_and_back_again(small):
    workspace, _, _ = small
    said = done("--workspace", workspace, "rollback", "1", "--reason", "to try it", "--by", "ann")
    assert said.out == "Version 1 is champion. No longer serving: 2.\n"
    listed = done("--workspace", workspace, "models").out.splitlines()
    assert (listed[2].split()[2], listed[3].split()[2]) == ("withdrawn", "champion")
    assert "Model 1," in done("--workspace", workspace, "score", "--as-of", "2026-07-01", "--top", 1).err
    done("--workspace", workspace, "promote", "2", "--reason", "tried", "--by", "ann")
    assert "Model 2," in done("--workspace", workspace, "score", "--as-of", "2026-07-01", "--top", 1).err
    assert done("--workspace", workspace, "models", "show", 1).out.count("to try it") >= 1


@pytest.mark.parametrize(
    ("words", "kind", "text"),
    [
        (("--quarter", "2026-01"), errors.DateInvalid, "'2026-01' is no quarter"),
        (("--quarter", "2027Q1"), errors.DateInvalid, "expected the whole quarter"),
        (("--approve-by", "ann"), errors.RequestInvalid, "an approval needs a name and a reason"),
    ],
)
def test_what_cannot_be_retrained_is_said_in_one_line(small, words, kind, text):
    workspace, _, _ = small
    said = call("--workspace", workspace, "retrain", *words)
    assert said.code == kind.exit_code
    assert text in said.complaint


def test_a_tracking_server_that_is_away_is_said_in_one_line(small, monkeypatch):
    workspace, _, _ = small
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    said = call("--workspace", workspace, "retrain", "--quarter", "2026Q2", "--again")
    assert said.code == errors.RegistryUnavailable.exit_code
    assert "nothing was registered" in said.complaint


def test_a_version_that_the_gate_refuses_waits_and_the_exit_code_says_so(small, monkeypatch):
    workspace, _, _ = small
    monkeypatch.setattr("training.gate.making.MOST_BYTES", 10)
    said = call("--workspace", workspace, "retrain", "--quarter", "2026Q2", "--again")
    assert said.code == errors.GateRefused.exit_code
    assert "version 3 of retraining 2026Q2-2 is not promoted: the gate found G12" in said.complaint
    assert done("--workspace", workspace, "models").out.splitlines()[2].split()[:3] == ["3", "2026-07-01", "challenger"]
