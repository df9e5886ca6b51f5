import re
import tomllib
from pathlib import Path

import pytest

from history import errors
from tests.docs import readme

ROOT = readme.ROOT
PACKAGES = ("history", "features", "training", "indicators", "serving", "cli")


def test_every_direct_dependency_is_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = [re.split(r"[\[<>=]", line)[0] for line in wanted]
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    assert [name for name in names if not re.search(rf"^\| [^|]*\b{name}\b", text, re.M)] == []


def test_every_direct_dependency_is_locked_with_hashes():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for line in project["dependencies"] + project["optional-dependencies"]["dev"]:
        name = re.split(r"[\[<>=]", line)[0]
        assert re.search(rf"^{re.escape(name)}(\[\w+\])?==\S+( ;[^\\]*)? \\\n    --hash=sha256:", lock, re.M), name


def test_the_lock_names_no_package_host():
    assert "://" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_every_decision_is_in_the_index():
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    pages = sorted(path.name for path in folder.glob("0*.md"))
    assert pages
    assert [page for page in pages if page not in index] == []
    assert [page for page in re.findall(r"\((0[\w-]+\.md)\)", index) if page not in pages] == []


def test_every_decision_has_the_three_parts():
    for page in (ROOT / "docs/decisions").glob("0*.md"):
        text = page.read_text(encoding="utf-8")
        assert all(f"**{part}.**" in text for part in ("Question", "Decision", "What follows")), page.name


def test_every_setting_read_from_the_environment_is_documented():
    read = set()
    for package in ("cli", "serving"):
        for path in (ROOT / package).rglob("*.py"):
            read |= set(re.findall(r"\b(?:DEALCAST|MLFLOW)_[A-Z_]+\b", path.read_text(encoding="utf-8")))
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert read
    settings = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert [name for name in sorted(read) if f"#{name}=" not in example or f"`{name}`" not in settings] == []


def test_every_setting_of_a_workspace_is_documented():
    source = (ROOT / "history/settings.py").read_text(encoding="utf-8")
    keys = set(re.findall(r'(?:workspace|entry)\.get\("(\w+)"', source)) | set(re.findall(r'entry\["(\w+)"\]', source))
    settings = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert {"currency", "timezone", "name", "outcome"} <= keys
    assert [key for key in sorted(keys) if f"`{key}`" not in settings] == []


def test_every_page_of_docs_is_in_its_index():
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    assert [
        page.name
        for page in (ROOT / "docs").glob("*.md")
        if f"({page.name})" not in index.replace("(README.md)", "") and page.name != "README.md"
    ] == []


def test_only_the_upper_floors_read_the_environment_or_the_clock():
    forbidden = re.compile(
        r"os\.environ\.get|environ\[[^]]*\](?! *=)|os\.getenv|date\.today\(|datetime\.now\(|utcnow\("
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for package in ("history", "features", "training", "indicators")
        for path in (ROOT / package).rglob("*.py")
        for match in forbidden.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_every_error_has_its_own_exit_code():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    codes = [kind.exit_code for kind in kinds]
    assert len(set(codes)) == len(codes)
    assert not {0, 1, 2, 70, 130} & set(codes)


def test_the_glossary_defines_each_word_once_in_both_languages():
    rows = [
        line.split("|") for line in (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines() if line[:1] == "|"
    ]
    terms = [row for row in rows if row[1].strip() not in ("term", "---") and set(row[1].strip()) != {"-"}]
    words = [word.strip() for row in terms for word in row[1].split(",")]
    assert len(set(words)) == len(words)
    assert all(row[2].strip() for row in terms)


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_modules_are_small():
    sizes = sorted(lines_of(path) for path in modules())
    assert sizes[-1] <= 600
    assert sizes[int(0.9 * len(sizes))] < 400


@pytest.mark.parametrize(
    "path", [*modules(), *(ROOT / "tests").rglob("*.py")], ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_module_is_called_after_nothing(path):
    assert not re.search(r"(^|_)(utils?|helpers?|managers?|misc|common)$", path.stem)
