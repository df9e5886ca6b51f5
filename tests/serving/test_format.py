"""Numbers as people read them."""

import pytest

from serving.pages.format import money, percent, points, three_figures


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (0, "¥0", "¥0"),
        (999, "¥999", "¥999"),
        (9_990, "¥9.99k", "¥9,990"),
        (999_600, "¥1M", "¥100万"),
        (12_345_678, "¥12.3M", "¥1,235万"),
        (123_456_789, "¥123M", "¥1.23亿"),
        (-5_000, "−¥5k", "−¥5,000"),
        (None, "–", "–"),
        (float("nan"), "–", "–"),
    ],
)
def test_money_has_three_figures_in_the_reader_s_units(value, english, chinese):
    assert money(value, "CNY", "en") == english
    assert money(value, "CNY", "zh-CN") == chinese


def test_another_currency_is_named():
    assert money(1_500, "SEK", "en") == "SEK 1.5k"


def test_no_chance_is_shown_as_0_or_100():
    assert percent(0.0) == "<1%"
    assert percent(1.0) == ">99%"
    assert percent(0.995) == "100%" or percent(0.995) == ">99%"


def test_points_carry_their_sign_and_nothing_is_minus_zero():
    assert [points(value) for value in (0.04, -0.04, 12.0, -12.0)] == ["0.0", "0.0", "+12.0", "−12.0"]


def test_figures_do_not_lose_zeros_that_count():
    assert three_figures(100.0) == "100"
    assert three_figures(1200.0) == "1,200"
    assert three_figures(10.0) == "10"
