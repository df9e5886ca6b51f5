import re

import click
import pytest

from cli.main import dealcast
from tests.cli.calling import done
from tests.cli.folders import small_folder
from tests.docs import readme
from tests.lib import evaluation

BOTH = (readme.ENGLISH, readme.CHINESE)


def test_both_languages_have_the_same_structure():
    assert readme.levels(readme.ENGLISH) == readme.levels(readme.CHINESE)


def test_both_languages_give_the_same_commands():
    assert readme.commands(readme.ENGLISH) == readme.commands(readme.CHINESE)


def test_both_languages_point_to_the_same_places():
    assert sorted(readme.places(readme.ENGLISH)) == sorted(readme.places(readme.CHINESE))


@pytest.mark.parametrize("page", BOTH, ids=lambda page: page.name)
def test_every_link_and_place_exists(page):
    missing = [name for name in [*readme.links(page), *readme.places(page)] if not (readme.ROOT / name).exists()]
    assert missing == []


@pytest.mark.parametrize("page", BOTH, ids=lambda page: page.name)
def test_every_make_target_exists(page):
    makefile = (readme.ROOT / "Makefile").read_text(encoding="utf-8")
    assert [name for name in readme.targets(page) if not re.search(rf"^{name}:.*## ", makefile, re.M)] == []


@pytest.mark.parametrize("arguments", readme.verbs(readme.ENGLISH), ids=" ".join)
def test_every_command_is_understood(arguments):
    assert parsed(dealcast, arguments)


@pytest.mark.parametrize("verb", sorted(dealcast.commands))
def test_every_verb_is_in_both_readmes(verb):
    for page in BOTH:
        assert f"`dealcast {verb}" in page.read_text(encoding="utf-8"), page.name


def test_a_command_that_does_not_exist_is_not_understood():
    with pytest.raises(click.UsageError):
        parsed(dealcast, ["score", "--nonsense"])


def test_make_help_lists_every_target():
    makefile = (readme.ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.M)[1].split()
    assert len(phony) < 15
    assert [name for name in phony if not re.search(rf"^{name}:.*## ", makefile, re.M)] == []


def parsed(command: click.Command, arguments: list[str]) -> click.Context:
    """The context of the last command in the line; nothing is run."""
    words = [re.sub(r"\$\{?\w+\}?", "somewhere", word) for word in arguments]
    context = command.make_context(command.name, words, resilient_parsing=False)
    while isinstance(command, click.Group) and (ahead := [*context._protected_args, *context.args]):
        name, command, rest = command.resolve_command(context, ahead)
        context = command.make_context(name, rest, parent=context)
    return context


def test_the_commands_for_ones_own_data_run(tmp_path, monkeypatch):
    small_folder(tmp_path / "exports" / "acme")
    monkeypatch.chdir(tmp_path)
    own = [words for words in readme.verbs(readme.ENGLISH) if "acme" in words]
    assert len(own) >= 4
    for words in own:
        done(*words)
    assert (tmp_path / "scores.csv").read_text(encoding="utf-8").count("\n") == 2


@pytest.mark.parametrize("name", ["chip_pipeline", "bpic2012"])
def test_the_import_of_real_data_runs_as_written(name, tmp_path, monkeypatch):
    folder = evaluation.folder(name)
    monkeypatch.chdir(tmp_path)
    written = next(words for words in readme.verbs(readme.ENGLISH) if any(word.endswith(f"/{name}") for word in words))
    said = done(*(word.replace("$DEALCAST_EVALUATION_DATA", str(folder.parent)) for word in written))
    assert "deals.parquet" in said.out
