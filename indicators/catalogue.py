"""THE INDICATORS: the one ordered list of all declarations."""

from __future__ import annotations

from indicators.capability import CAPABILITY
from indicators.indicator import Indicator
from indicators.process import PROCESS
from indicators.results import RESULTS
from indicators.teamwork import TEAMWORK

INDICATORS: dict[str, Indicator] = {one.slug: one for one in (*RESULTS, *PROCESS, *CAPABILITY, *TEAMWORK)}
DIMENSIONS = ("results", "process", "capability", "teamwork")
