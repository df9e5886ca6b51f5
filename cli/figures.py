"""How good chances were, as a table: the model and every simple rule on the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.console import Column, Style, print_table, say
from cli.words import choose

COLUMNS = (
    Column("forecast", "forecast", "预测"),
    Column("auc", "AUC", "AUC", "score"),
    Column("auc_low", "from", "自", "score"),
    Column("auc_high", "to", "至", "score"),
    Column("log_loss", "log loss", "对数损失", "score"),
    Column("brier", "Brier", "Brier", "score"),
)


def show_figures(found: Mapping[str, Any], language: str) -> None:
    """Prints what `training.report.summary` found."""
    title = choose(
        language,
        f"{found['question']}: {found['n']:,} rows of {found['deals']:,} deals, {found['first']} to {found['last']}",
        f"{found['question']}：{found['deals']:,} 个商机的 {found['n']:,} 行，{found['first']} 至 {found['last']}",
    )
    print_table(
        title, COLUMNS, [line(name, row, language) for name, row in found["forecasts"].items()], Style(language)
    )
    slope, intercept = found["calibration_slope"], found["calibration_intercept"]
    if slope is not None:
        calibration = (
            f"Calibration slope {slope:.2f}, intercept {intercept:+.2f}.",
            f"校准斜率 {slope:.2f}，截距 {intercept:+.2f}。",
        )
        say(choose(language, *calibration))


def line(name: str, row: Mapping[str, Any], language: str) -> dict[str, Any]:
    """One forecast with its figures and the 90 % interval of its AUC."""
    from training.report import NAMES

    en, _, zh = NAMES.get(name, name).partition(" · ")
    return {
        "forecast": choose(language, en, zh or en),
        "auc": row["auc"]["value"],
        "auc_low": row["auc"]["low"],
        "auc_high": row["auc"]["high"],
        "log_loss": row["log_loss"]["value"],
        "brier": row["brier"]["value"],
    }
