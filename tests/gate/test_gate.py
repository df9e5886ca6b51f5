"""The gate runs every declared check and says no when one of them finds something."""

from __future__ import annotations

from pathlib import Path

from tests.gate.evidence import TRAINED, drawn
from training.gate import CHECKS, Evidence, passes, run_gate


def test_every_check_is_declared_once_in_order_and_has_its_tests() -> None:
    codes = [check.code for check in CHECKS]
    assert codes == sorted(set(codes))
    files = [path.name for path in Path(__file__).parent.glob("test_g*_*.py")]
    assert sorted(name[5:8].upper() for name in files) == codes
    assert all(check.title and check.threshold for check in CHECKS)


def test_a_good_candidate_may_pass_and_a_bad_one_may_not() -> None:
    good = run_gate(Evidence("deal_model", drawn(), TRAINED))
    bad = run_gate(Evidence("deal_model", drawn(slope=2.0), TRAINED))
    assert [result.code for result in good] == [check.code for check in CHECKS]
    assert passes(good)
    assert not passes(bad)


def test_what_a_training_did_not_look_at_is_not_said_to_be_missing() -> None:
    results = {one.code: one for one in run_gate(Evidence("deal_model", drawn(), TRAINED, probed=False))}
    for code in ("G04", "G07", "G08", "G09", "G10", "G11", "G12", "G13", "G14", "G16"):
        assert results[code].sentence == "not looked at by `dealcast train`; `dealcast retrain` does", code
        assert results[code].outcome == "not_applicable"
    assert results["G05"].sentence == "there is no champion yet"


def test_what_does_not_apply_does_not_stand_in_the_way() -> None:
    results = run_gate(Evidence("tables", None, None))
    assert {result.outcome for result in results} == {"not_applicable"}
    assert passes(results)


def test_every_check_speaks_both_languages_and_is_in_the_documents() -> None:
    text = (Path(__file__).parents[2] / "docs" / "retraining.md").read_text(encoding="utf-8")
    for check in CHECKS:
        assert f"| {check.code} | {check.title} | {check.threshold} |" in text, check.code
        assert not check.title_zh.isascii()
        assert not check.threshold_zh.isascii()


def test_whatever_is_said_is_said_in_both_languages() -> None:
    for result in [*run_gate(Evidence("tables", None, None)), *run_gate(Evidence("deal_model", drawn(), TRAINED))]:
        assert result.sentence.isascii() or result.sentence.count("→")
        assert not result.sentence_zh.isascii()
