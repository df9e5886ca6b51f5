"""What a replay leaves behind: metrics.json, a page that needs nothing but itself, and the calibration plot."""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from training.backtest import MODEL, Replay
from training.calibration import reliability_by_range, wilson

NAMES = {
    MODEL: "deal model · 商机模型",
    "stage_map": "fixed chance per stage · 阶段固定赢率",
    "stage_conversion": "stage conversion · 阶段转化率",
    "stage_age": "stage × age table · 阶段×账龄表",
    "close_date": "the rep's own date · 销售预计成交日",
    "naive_bayes": "naive Bayes over fields · 朴素贝叶斯",
    "logistic": "logistic regression · 逻辑回归",
    "cox": "Cox regression · Cox 回归",
}

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Dealcast replay · 回放</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2733}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .7rem;border-bottom:1px solid #d9e0e6;text-align:right}
td:first-child,th:first-child{text-align:left}img{max-width:100%}caption{text-align:left;font-weight:600}</style>
</head><body>
<h1>Replay · 回放</h1>
<p>{{ summary.question }}. {{ "{:,}".format(summary.n) }} rows of {{ "{:,}".format(summary.deals) }} deals,
{{ summary.first }} – {{ summary.last }}, {{ "%.1f" % (100 * summary.share_won) }}% won.
Every model was trained only on what was known at its cut. 每个模型只用截止日当时已知的数据训练。</p>
<table><caption>Accuracy, with 90 % intervals from resampling deals · 准确度及 90 % 区间（按商机重抽样）</caption>
<tr><th>forecast · 预测</th><th>AUC</th><th>log loss</th><th>Brier</th></tr>
{% for name, row in summary.forecasts.items() %}<tr><td>{{ names.get(name, name) }}</td>
{% for key in ("auc", "log_loss", "brier") %}<td>{{ figure(row[key].value) }}
<small>{{ figure(row[key].low) }}–{{ figure(row[key].high) }}</small></td>{% endfor %}</tr>{% endfor %}</table>
{% if summary.gain_over_stage_age %}<p>Log loss smaller than that of the stage × age table by
{{ figure(summary.gain_over_stage_age.value) }} ({{ figure(summary.gain_over_stage_age.low) }} –
{{ figure(summary.gain_over_stage_age.high) }}). Calibration slope {{ figure(summary.calibration_slope) }},
intercept {{ figure(summary.calibration_intercept) }}.</p>{% endif %}
<figure><img alt="{{ caption[0] }} · {{ caption[1] }}" src="data:image/png;base64,{{ plot }}">
<figcaption>{{ caption[0] }}<br>{{ caption[1] }}</figcaption></figure>
<table><caption>Shown against came, by stage · 分阶段：预测与实际</caption>
<tr><th>stage · 阶段</th><th>n</th><th>shown · 预测</th><th>came · 实际</th><th>90 %</th></tr>
{% for row in reliability %}<tr><td>{{ row.group }}</td><td>{{ row.n }}</td><td>{{ figure(row.shown) }}</td>
<td>{{ figure(row.came) }}</td><td>{{ figure(row.low) }}–{{ figure(row.high) }}</td></tr>{% endfor %}</table>
<table><caption>What was trained · 训练记录</caption>
<tr><th>cut · 截止</th><th>kind</th><th>rows</th><th>deals</th></tr>
{% for fit in summary.fits %}<tr><td>{{ fit.cut_day }}</td><td>{{ fit.kind }}</td><td>{{ fit.rows }}</td>
<td>{{ fit.deals }}</td></tr>{% endfor %}</table>
</body></html>
"""


def write_report(replay: Replay, folder: Path) -> dict[str, Any]:
    """Write metrics.json, report.html and rows.parquet into `folder`; returns what metrics.json says."""
    folder.mkdir(parents=True, exist_ok=True)
    found = summary(replay)
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    (folder / "metrics.json").write_text(text + "\n", encoding="utf-8")
    (folder / "report.html").write_text(page(replay, found), encoding="utf-8")
    replay.rows.write_parquet(folder / "rows.parquet")
    return found


def summary(replay: Replay) -> dict[str, Any]:
    """The figures of a replay as plain data; what is not defined is null."""
    metrics = replay.metrics()
    of_model = metrics[MODEL]
    both = 0 < of_model.share_won < 1
    slope, intercept = replay.slope_and_intercept() if both else (math.nan, math.nan)
    found = {
        "question": replay.question,
        "n": of_model.n,
        "deals": of_model.deals,
        "share_won": of_model.share_won,
        "first": str(replay.days[0]),
        "last": str(replay.days[1]),
        "forecasts": {name: metric.as_dict() for name, metric in metrics.items()},
        "gain_over_stage_age": vars(replay.gain_over()) if "stage_age" in metrics else None,
        "calibration_slope": slope,
        "calibration_intercept": intercept,
        "fits": [{**fit, "cut_day": cut_day(replay, fit)} for fit in replay.fits],
    }
    return _plain(found)


def evidence_text(replay: Replay | None, found: Mapping[str, Any] | None, gate: Sequence[Mapping[str, Any]]) -> str:
    """The held-out figures, their reliability with counts by ranges of the chance, and the gate's results, as JSON."""
    bins: list[dict[str, Any]] = []
    if replay is not None:
        deal = replay.rows["deal_id"].to_numpy()
        bins = reliability_by_range(replay.rows[MODEL].to_numpy(), replay.won, deal).to_dicts()
    told = {"held_out": found, "reliability": _plain(bins), "gate": [dict(one) for one in gate]}
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"


def cut_day(replay: Replay, fit: Mapping[str, object]) -> str:
    """The day in the workspace's time zone at whose start a model was trained."""
    return str(replay.settings.day_of(dt.datetime.fromisoformat(str(fit["cut"]))))


def page(replay: Replay, found: dict[str, Any]) -> str:
    """The report page: one file, no script, nothing loaded from elsewhere."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(PAGE).render(
        summary=found,
        names=NAMES,
        figure=figure,
        reliability=replay.reliability("stage").to_dicts(),
        plot=base64.b64encode(calibration_plot(replay)).decode(),
        caption=PLOT_CAPTION,
    )


def figure(value: float | None) -> str:
    """A number with three decimals; a dash where there is none.

    >>> figure(0.12345), figure(None)
    ('0.123', '–')
    """
    return "–" if value is None else f"{value:.3f}"


PLOT_CAPTION = (
    "Across: the chance shown; up: the share won; grey: where both agree. Ten bins of equal size, 90 % intervals by "
    "deals.",
    "横轴（chance shown）：所示概率；纵轴（share won）：实际赢单占比；灰线：两者一致。等量分为十组，"
    "区间为按商机计的 90 % 区间。",
)
"""What a page says under the plot, whose own labels are English: the fonts that draw it have no Chinese."""


def calibration_plot(replay: Replay) -> bytes:
    """A PNG of shown chances against what came, ten bins with 90 % intervals by deals; same replay, same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(5, 4), dpi=100, layout="constrained")
    FigureCanvasAgg(canvas)
    axes = canvas.add_subplot()
    chance, won = replay.rows[MODEL].to_numpy(), replay.won
    bins = np.array_split(np.argsort(chance, kind="stable"), min(10, len(chance)))
    shown = np.array([chance[rows].mean() for rows in bins])
    came = np.array([won[rows].mean() for rows in bins])
    deal = replay.rows["deal_id"].to_numpy()
    low, high = wilson(came, np.array([len(np.unique(deal[rows])) for rows in bins]))
    axes.plot([0, 1], [0, 1], color="#9aa5b1", linewidth=1)
    axes.errorbar(shown, came, yerr=np.clip([came - low, high - came], 0, None), fmt="o-", color="#0b6e4f", capsize=2)
    axes.set(xlabel="chance shown", ylabel="share won", xlim=(0, 1), ylim=(0, 1), title=replay.question)
    file = io.BytesIO()
    canvas.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _plain(value: Any) -> Any:
    """`value` with floats rounded to nine digits and NaN as None, ready for JSON."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 9)
    return value
