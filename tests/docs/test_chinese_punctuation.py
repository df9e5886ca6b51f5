"""Chinese text carries full-width punctuation: every literal of the product, what it puts together, and the README."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from features.catalogue import FEATURES
from features.flags import FLAGS
from history.tables import TABLES
from indicators.catalogue import INDICATORS
from indicators.coaching import STEPS
from indicators.dictionary import text as indicators_page
from indicators.kinds import KINDS
from serving.texts import TEXTS

ROOT = Path(__file__).parents[2]
PACKAGES = ("indicators", "features", "history", "training", "serving", "cli")
NOT_PROSE = {
    "history/written_dates.py": "a pattern of dates",
    "history/written_numbers.py": "a pattern of currencies",
    "history/synthetic/behaviour.py": "what made-up managers type",
    "serving/charts.py": "Vega expressions",
}
HAN = "[\u3400-\u9fff][”》」]?"
HALF_WIDTH = re.compile(rf"{HAN} ?[,;:?!(]|{HAN}\.(?!\w)|[,;:?!)] ?[\u3400-\u9fff]")
CODE_OR_LINK = re.compile(r"^```.*?^```|`[^`]*`|!?\[([^\]]*)\]\([^)]*\)", re.MULTILINE | re.DOTALL)


def half_width(text: str) -> list[str]:
    return [text[max(0, hit.start() - 10) : hit.end() + 10] for hit in HALF_WIDTH.finditer(text)]


def test_the_rule_sees_half_width_marks_on_either_side():
    for wrong in ("赢单,输单", "赢单(按金额", "按金额)的", "原因 1:代码: 甲", "“好”;", "结束."):
        assert half_width(wrong), wrong
    for right in ("赢单，输单", "赢单（按金额）", "max(0, 1 − x)，取", "2,000 单", "dealcast.toml 的 12:30", "图.png"):
        assert not half_width(right), right


def test_every_chinese_literal_of_the_product_is_punctuated_in_full_width():
    seen, wrong = 0, []
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name in NOT_PROSE:
            continue
        for line, text in literals(path):
            seen += bool(re.search(HAN, text))
            wrong += [f"{name}:{line}: {found}" for found in half_width(text)]
    assert seen > 1500
    assert wrong == []


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every string that is not a docstring; the blanks of an f-string stand as {}."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = (ast.Module, ast.ClassDef, ast.FunctionDef)
    skipped = {id(one.body[0].value) for one in ast.walk(tree) if isinstance(one, own) and ast.get_docstring(one)}
    for one in ast.walk(tree):
        if isinstance(one, ast.JoinedStr):
            skipped |= {id(part) for part in one.values}
            told = [part.value if isinstance(part, ast.Constant) else "{}" for part in one.values]
            yield one.lineno, "".join(told)
        elif isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in skipped:
            yield one.lineno, one.value


def test_what_the_product_puts_together_in_chinese_is_punctuated_in_full_width():
    kept = [*INDICATORS.values(), *STEPS.values(), *FEATURES.values(), *FLAGS.values(), *KINDS.values()]
    kept += [*TABLES.values(), *(column for table in TABLES.values() for column in table.columns)]
    told = [
        getattr(one, field.name)
        for one in kept
        for field in fields(one)
        if field.name == "zh" or field.name.endswith("_zh")
    ]
    told += [chinese for _, chinese in TEXTS.values()]
    assert len(told) > 1000
    assert [found for text in told for found in half_width(text)] == []


def test_the_chinese_pages_are_punctuated_in_full_width():
    for page in ((ROOT / "README.zh-CN.md").read_text(encoding="utf-8"), indicators_page()):
        prose = CODE_OR_LINK.sub(lambda found: found[1] or "x", page)
        assert half_width(prose) == []
