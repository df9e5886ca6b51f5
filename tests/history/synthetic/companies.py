"""One small synthetic company per run of the tests, messy and clean."""

from __future__ import annotations

from functools import cache

from history.synthetic import Crm, generate

DEALS, SEED = 2000, 5


@cache
def company(clean: bool = False) -> Crm:
    """The company that the tests of this folder look at."""
    return generate(DEALS, SEED, clean=clean)
