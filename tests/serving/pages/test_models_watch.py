"""The models page tells what has drifted and how a challenger in the shadow does, as the verbs tell it."""

import re
from dataclasses import replace as changed

import numpy as np
import pytest

from serving.memory import Memory
from serving.pages.models_watch import drift_table, shadow_table, told, watched
from serving.shadow import Comparison, side
from serving.texts import translator
from training.metrics import log_loss_gain
from training.watching.watch import watch


def test_the_page_tells_the_figures_that_the_verb_tells(shop, browser):
    standing = shop.standing
    found = watch(standing.history, standing.model, standing.as_of)
    table = drift_table(watched(standing), "en")
    assert [row.cells[0].text for row in table.rows] == [one.en for one in found.readings[: len(table.rows)]]
    marked = [row.cells[1].tone == "bad" for row in table.rows]
    assert marked == [one.crossed for one in found.readings[: len(table.rows)]]
    assert f"{len(found.crossed)} of {len(found.readings)} watched figures" in browser.get("/models").text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_first_a_sentence_says_what_has_drifted_and_the_numbers_come_after_it(shop, language):
    found = watched(shop.standing)
    quiet = changed(found, readings=[changed(one, crossed=False) for one in found.readings])
    loud = changed(found, readings=[changed(one, crossed=place < 6) for place, one in enumerate(found.readings)])
    said = drift_table(quiet, language).note
    assert said.startswith(translator(language)("models.drifted_none"))
    assert re.search(r"\b0 of|有 0 项", said)
    names = [one.zh if language == "zh-CN" else one.en for one in loud.crossed]
    told = drift_table(loud, language).note
    assert all(told.index(name) < told.index(str(len(found.readings))) for name in names[:4])
    assert names[5] not in told
    assert ("and 2 more" in told) or ("另外 2 项" in told)


def test_a_challenger_stands_beside_the_champion_with_intervals(shop):
    rng = np.random.default_rng(4)
    deal = np.arange(400)
    chance = rng.uniform(0.05, 0.95, 400)
    won = (rng.random(400) < chance).astype(float)
    flat = np.full(400, won.mean()) + rng.normal(0, 0.01, 400)
    gain = log_loss_gain(chance, flat, won, deal)
    found = Comparison(side("1", flat, won, deal, 0), side("9", chance, won, deal, 0), gain, 1, 0, None)
    rival = changed(shop.standing.registry.versions()[0], version="9")
    standing = changed(shop.standing, memory=Memory({("challenger",): rival, ("shadow", "9"): found}))
    table = shadow_table(standing, "en")
    assert table is not None
    assert [row.cells[0].text for row in table.rows] == ["1", "9"]
    assert table.rows[1].cells[3].text == told(found.challenger.metrics.log_loss)
    assert told(gain) in table.note


def test_without_a_challenger_there_is_no_table(shop):
    assert shadow_table(changed(shop.standing, memory=Memory({("challenger",): None})), "zh-CN") is None
