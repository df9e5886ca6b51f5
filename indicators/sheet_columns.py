"""The columns of the performance sheet."""

from __future__ import annotations

import polars as pl

COLUMNS: dict[str, pl.DataType] = {
    "rep_id": pl.String(),
    "name": pl.String(),
    "role": pl.String(),
    "team": pl.String(),
    "dimension": pl.String(),
    "indicator": pl.String(),
    "name_en": pl.String(),
    "name_zh": pl.String(),
    "value": pl.Float64(),
    "unit": pl.String(),
    "n": pl.Int64(),
    "target": pl.Float64(),
    "team_value": pl.Float64(),
    "previous_value": pl.Float64(),
    "score": pl.Float64(),
    "weight": pl.Float64(),
    "weight_rescaled": pl.Float64(),
    "missing": pl.String(),
}

DETAILS: dict[str, pl.DataType] = {
    "cadence": pl.String(),
    "newcomer": pl.Boolean(),
    "score_team": pl.Float64(),
    "score_past": pl.Float64(),
    "rank": pl.Int64(),
    "peers": pl.Int64(),
    "n_previous": pl.Int64(),
    "year_value": pl.Float64(),
    "veto": pl.String(),
}
"""What a sheet says beyond `COLUMNS`: how often the indicator is told, whether the person is new, the scores against
the team's value and the person's own before (100 where equal), the place among the people of the team who have a value
and how many they are, the cases of the period before, the value of the same period a year before, and in the row of the
total which vetoes fell."""
