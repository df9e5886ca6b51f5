"""The command line's own manners: help, errors, languages, files."""

import json
import os
import subprocess
import sys

import click
import polars as pl
import pytest

from cli import console, main, output
from cli.main import dealcast
from history import errors
from tests.cli.calling import call, done


def commands(command: click.Command, words: tuple[str, ...] = ()):
    """Every verb with its words, groups included."""
    yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*words, name))


ALL = dict(commands(dealcast))


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_verb_has_help_with_an_example(words):
    said = done(*words, "--help")
    assert "Example:" in said.out
    example = said.out.split("Example:")[1]
    assert "dealcast" in example
    assert " ".join(words) in example


def test_help_loads_nothing_heavy():
    code = (
        "import sys, cli.main; print({'polars', 'pandas', 'lightgbm', 'mlflow', 'fastapi', 'rich'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["score", "--nonsense"], "Try `dealcast score --help`"),
        (["score", "--top", "many"], "'many' is not a valid integer"),
        (["forecast", "--measure", "moon"], "'moon' is not one of"),
        (["serve", "--port", "99999"], "99999 is not in the range"),
    ],
)
def test_a_command_that_is_not_understood_says_so_in_one_line(arguments, words):
    said = call(*arguments)
    assert said.code == 2
    assert words in said.complaint


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "20260101", "2026-1-1"])
def test_a_date_that_does_not_parse_is_refused(text, shop):
    said = call("--workspace", shop, "accuracy", "--as-of", text)
    assert said.code == errors.DateInvalid.exit_code
    assert (
        said.complaint == f"dealcast: --as-of {text!r} is not a date; expected year, month and day, such as 2026-07-01."
    )


@pytest.mark.parametrize("verb", ["accuracy", "scorecard", "doctor"])
def test_a_workspace_that_does_not_exist_is_said(verb, tmp_path):
    said = call("--workspace", tmp_path / "nowhere", verb)
    if verb == "doctor":
        assert said.code == 1
        assert "nowhere is no workspace" in said.out
        return
    assert said.code == errors.WorkspaceMissing.exit_code
    assert "nowhere is no workspace" in said.complaint
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("before_the_verb", [True, False])
def test_the_workspace_may_stand_before_or_after_the_verb(before_the_verb, shop):
    words = ("--workspace", shop, "accuracy") if before_the_verb else ("accuracy", "--workspace", shop)
    assert "implies" in done(*words).out or "imply" in done(*words).out


def test_the_nearer_workspace_counts(shop, tmp_path):
    assert call("--workspace", tmp_path / "nowhere", "accuracy", "--workspace", shop).code == 0


def test_the_environment_names_a_workspace(shop, monkeypatch):
    monkeypatch.setenv("DEALCAST_WORKSPACE", str(shop))
    assert call("accuracy").code == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [("x.txt", "expected .csv, .parquet or .json"), ("nowhere/x.csv", "does not exist"), ("", "ends in")],
)
def test_a_result_that_cannot_be_written_is_refused_before_the_work(name, words, shop, tmp_path):
    said = call("--workspace", shop, "accuracy", "--out", tmp_path / name)
    assert said.code == errors.OutputInvalid.exit_code
    assert words in said.complaint


def test_an_error_nobody_foresaw_is_one_line_and_a_file(monkeypatch):
    monkeypatch.setattr("cli.options.session_from_environment", lambda: 1 / 0)
    said = call("models")
    assert said.code == main.UNEXPECTED
    name = said.complaint.split(" is in ")[1].split(". Please")[0]
    with open(name, encoding="utf-8") as file:
        assert "ZeroDivisionError" in file.read()
    os.remove(name)


def test_every_error_keeps_its_own_code(monkeypatch):
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DealcastError)
    ]
    for kind in kinds:

        def fail(kind=kind):
            raise kind("first line\nsecond line")

        monkeypatch.setattr("cli.options.session_from_environment", fail)
        said = call("models")
        assert (said.code, said.complaint) == (kind.exit_code, "dealcast: first line second line")


def test_a_reader_who_leaves_early_is_no_error(shop):
    command = f"{sys.executable} -m cli --workspace {shop} doctor | true; echo ${{PIPESTATUS[0]}} >&2"
    gone = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert gone.stderr == "0\n"


@pytest.mark.parametrize(("lang", "title"), [("zh_CN.UTF-8", "检查"), ("en_GB.UTF-8", "Checks"), ("C", "Checks")])
def test_the_language_follows_the_locale(lang, title, shop, monkeypatch):
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LC_MESSAGES", "")
    monkeypatch.setenv("LANG", lang)
    assert call("--workspace", shop, "doctor").out.startswith(title)


def test_an_option_goes_before_the_locale(shop, monkeypatch):
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert call("--workspace", shop, "doctor", "--language", "zh-CN").out.startswith("检查")


def test_piped_tables_are_plain_and_aligned(capsys):
    columns = (console.Column("name", "name", "名称"), console.Column("value", "value", "数值", "whole"))
    rows = [{"name": "甲[b]", "value": 1234.0}, {"name": "long name", "value": None}]
    console.print_table("title", columns, rows)
    assert capsys.readouterr().out.splitlines() == ["title", "name       value", "甲[b]      1,234", "long name      –"]


@pytest.fixture
def frame() -> pl.DataFrame:
    import datetime as dt

    return pl.DataFrame(
        {
            "id": ["a", "乙"],
            "value": [0.5, None],
            "at": [dt.datetime(2026, 1, 1), None],
            "day": [dt.date(2026, 1, 1)] * 2,
        }
    )


def test_csv_is_utf_8_with_iso_instants(frame, tmp_path):
    output.write(frame, tmp_path / "x.csv")
    text = (tmp_path / "x.csv").read_bytes().decode()
    assert text == "id,value,at,day\na,0.5,2026-01-01T00:00:00Z,2026-01-01\n乙,,,2026-01-01\n"


def test_json_is_a_list_of_rows(frame, tmp_path):
    output.write(frame.with_columns(value=pl.lit(float("nan"))), tmp_path / "x.json")
    rows = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert rows[0] == {"id": "a", "value": None, "at": "2026-01-01T00:00:00Z", "day": "2026-01-01"}


def test_parquet_keeps_types(frame, tmp_path):
    output.write(frame, tmp_path / "x.parquet")
    assert pl.read_parquet(tmp_path / "x.parquet").equals(frame)


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(frame, tmp_path, monkeypatch):
    (tmp_path / "x.csv").write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "_write_as", full)
    with pytest.raises(errors.OutputInvalid, match="No space left"):
        output.write(frame, tmp_path / "x.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
    assert (tmp_path / "x.csv").read_text() == "old"
