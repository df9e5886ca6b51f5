"""THE INDICATORS of process: the work that comes before results."""

from __future__ import annotations

from indicators.contracts import CONTRACTS
from indicators.leads import LEADS
from indicators.pipeline import PIPELINE
from indicators.stages import STAGES
from indicators.touches import TOUCHES

PROCESS = (*LEADS, *PIPELINE, *STAGES, *TOUCHES, *CONTRACTS)
