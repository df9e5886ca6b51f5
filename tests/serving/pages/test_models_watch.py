"""The models page tells what has drifted and how a challenger in the shadow does, as the verbs tell it."""

from dataclasses import replace as changed

import numpy as np

from serving.memory import Memory
from serving.pages.models_watch import drift_table, shadow_table, told, watched
from serving.shadow import Comparison, side
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
