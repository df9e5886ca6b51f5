"""What docs/results.md says comes from the code; and a set without signal stays without signal."""

from benchmarks.results import NAMES, PAGE, leakage_alarm
from tests.lib import evaluation
from tests.lib.maven import maven_history


def test_every_forecast_stands_in_every_table():
    tables = PAGE.read_text(encoding="utf-8").split("### ")[1:]
    assert len(tables) == 5
    for text in tables:
        assert [name for name in NAMES.values() if f"| {name} |" not in text] == []


def test_nothing_on_the_page_is_too_good_to_be_true():
    rows = [
        line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| **the model**")
    ]
    figures = [
        float(cell.split()[0]) for row in rows for cell in row[2:] if " to " in cell and cell.strip()[:2] == "0."
    ]
    assert len(figures) == 16
    assert max(figures) < 0.95


def test_a_set_without_signal_gives_about_a_coin():
    found = leakage_alarm(maven_history(evaluation.folder("crm_exports") / "maven"))
    assert found.deals > 2_000
    assert 0.40 < found.auc.value < 0.60
