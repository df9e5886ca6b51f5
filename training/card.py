"""The model card: what a version is for, what it was made from, how good it was, and where not to trust it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from history.settings import Settings
from training.report import NAMES, figure

if TYPE_CHECKING:
    from training.pipeline import TrainReport


def model_card(report: TrainReport, settings: Settings) -> str:
    """Markdown; `{version}` stands where the registry's number goes."""
    parts = [_head(report, settings), _data(report), _held_out(report), _gate(report), _limits(report)]
    return "\n\n".join(parts) + "\n"


def _head(report: TrainReport, settings: Settings) -> str:
    kind = "deal model (gradient-boosted trees)" if report.kind == "deal_model" else "stage x age tables"
    served = "It serves" if report.promoted else "It does not serve"
    return (
        "# Model {version}\n\n"
        f"Purpose: the chance that an open deal is won, lost or still open by a horizon; health and reasons from it.\n"
        f"Kind: {kind}. Trained as of {settings.day_of(report.trained_as_of)}. {served}: {report.why}.\n"
        f'"Win probability" means won within {report.facts["long_days"]} days.'
    )


def _data(report: TrainReport) -> str:
    facts = report.facts
    lines = [
        f"History: {report.content_hash} (frozen), {facts['won']:,} deals won and {facts['lost']:,} lost by then.",
        f"Learned from {facts['rows']:,} rows of {facts['deals']:,} deals.",
    ]
    if report.kind == "deal_model":
        lines.append(
            f"Calibrated ({facts['calibration_win']} for wins, {facts['calibration_lose']} for losses) on "
            f"{facts['calibration_rows']:,} rows from {str(facts['calibration_from'])[:10]} on, later than all rows of "
            "the trees it was fitted to; the trees that serve were then grown anew from all rows."
        )
    return "## Data\n\n" + "\n".join(lines)


def _held_out(report: TrainReport) -> str:
    found = report.held_out
    if found is None:
        return "## Held-out period\n\nThe history is too short to hold a period out."
    head = (
        f"{found['question']}: {found['n']:,} rows of {found['deals']:,} deals, "
        f"{100 * found['share_won']:.1f}% won, {found['first']} to {found['last']}; "
        "trained on what was known when the period began.\n\n"
        "| forecast | AUC | log loss | Brier |\n|---|---|---|---|\n"
    )
    rows = [
        f"| {NAMES.get(name, name).split(' · ')[0]} | {figure(entry['auc']['value'])} "
        f"| {figure(entry['log_loss']['value'])} | {figure(entry['brier']['value'])} |"
        for name, entry in found["forecasts"].items()
    ]
    slope = f"\n\nCalibration slope {figure(found['calibration_slope'])}, "
    return (
        "## Held-out period\n\n"
        + head
        + "\n".join(rows)
        + slope
        + f"intercept {figure(found['calibration_intercept'])}."
    )


def _gate(report: TrainReport) -> str:
    lines = [f"| {result.code} | {result.title} | {result.outcome} | {result.sentence} |" for result in report.gate]
    return "## Gate\n\n| check | about | outcome | why |\n|---|---|---|---|\n" + "\n".join(lines)


def _limits(report: TrainReport) -> str:
    lines = [
        "- Reasons say what goes with a chance in past deals, not what causes it.",
        "- A horizon longer than any that has been seen to end counts as the longest that has.",
        "- Markets and teams change: look at the calibration of the last weeks before relying on a figure.",
    ]
    if report.kind == "tables":
        lines.insert(0, "- Few deals have closed: chances are shares of past deals, shrunk, with wide bands.")
    return "## Limits\n\n" + "\n".join(lines)
