"""THE PROMOTION GATE: numbered checks of a candidate; each passes, finds, or does not apply, and says why."""

from training.gate.check import FOUND, NOT_APPLICABLE, PASSED, Check, Result, passes
from training.gate.checks import CHECKS, run_gate
from training.gate.evidence import Evidence

__all__ = ["CHECKS", "FOUND", "NOT_APPLICABLE", "PASSED", "Check", "Evidence", "Result", "passes", "run_gate"]
