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


def test_what_does_not_apply_does_not_stand_in_the_way() -> None:
    results = run_gate(Evidence("tables", None, None))
    assert {result.outcome for result in results} == {"not_applicable"}
    assert passes(results)
