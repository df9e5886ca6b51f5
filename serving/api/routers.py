"""Every router of the API, in the order in which its routes are tried."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from serving.api import (
    accuracy,
    calls,
    changed,
    deals,
    events,
    export,
    forecast,
    health,
    history,
    linearity,
    models,
    pace,
    people,
    score,
    scorecard,
)
from serving.api.strict import known_parameters

STRICT = [Depends(known_parameters)]
"""What holds for every route."""

ROUTERS: tuple[APIRouter, ...] = (
    deals.lists,
    *(
        module.router
        for module in (
            health,
            history,
            deals,
            events,
            score,
            forecast,
            changed,
            calls,
            pace,
            linearity,
            accuracy,
            scorecard,
            people,
            models,
            export,
        )
    ),
)
