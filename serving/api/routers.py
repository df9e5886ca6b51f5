"""Every router of the API, in the order in which its routes are tried."""

from __future__ import annotations

from fastapi import APIRouter

from serving.api import (
    accuracy,
    calls,
    changed,
    deals,
    events,
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

ROUTERS: tuple[APIRouter, ...] = tuple(
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
    )
)
