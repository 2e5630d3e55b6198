"""The written answers: every sentence has its numbers, its interval and its rounds, and emptiness is explained."""

import re

import polars as pl
import pytest

from makers.pattern_rows import PLAYER, a_fact, a_use, drawn_matches, fact_table, use_table
from offangle.analysis.patterns.findings import examined_patterns, find_patterns
from offangle.analysis.patterns.weapons import weapon_effectiveness
from offangle.coaching.patterns_text import PatternsText, chance_text, describe_patterns, finding_text


def described(rounds: pl.DataFrame, weapons: pl.DataFrame) -> PatternsText:
    found = find_patterns(rounds, weapons, steam_id=PLAYER)
    return describe_patterns(found, rounds, weapon_effectiveness(rounds, weapons))


def test_a_strength_is_told_with_its_numbers() -> None:
    rounds, weapons = drawn_matches(7, matches=30, planted=0.3)
    text = described(rounds, weapons)
    side = next(one for one in text.strengths if one.text.startswith("As T you win"))
    inside = rounds.filter(pl.col("side") == "t")
    share = round(100 * inside["won"].mean())  # type: ignore[operator, arg-type]
    assert side.text.startswith(f"As T you win {share} % of the rounds (95 % interval ")
    assert "360 rounds), against " in side.text
    assert side.text.endswith("in your CT rounds of the same matches.")
    assert set(side.links) == set(inside.select("match_id", "round_number").rows())


def test_a_weakness_comes_with_something_to_try() -> None:
    rounds, weapons = drawn_matches(7, matches=30, planted=0.3)
    turned = rounds.with_columns(won=~pl.col("won"))
    text = described(turned, weapons)
    assert any(one.text.startswith("As T you win") for one in text.weaknesses)
    assert len(text.to_try) == len(text.weaknesses)
    for weakness, advice in zip(text.weaknesses, text.to_try, strict=True):
        assert advice.links == weakness.links
        assert re.search(r"between [\d.]+ ?%? and [\d.]+", advice.text)


def test_every_sentence_is_whole() -> None:
    rounds, weapons = drawn_matches(2, matches=12)
    for row in examined_patterns(rounds, weapons, steam_id=PLAYER).iter_rows(named=True):
        text = finding_text(row)
        assert text.endswith(".")
        assert text[0].isupper()
        assert f"{row['rounds']} rounds)" in text
        assert "None" not in text
        assert "{" not in text


def test_dying_more_is_a_weakness() -> None:
    rounds = [
        a_fact(n, match_id=f"m{m}", side=side, half=half, won=None, winner_side=None, deaths=died, survived=not died)
        for m in range(4)
        for n in range(1, 25)
        for side, half, died in [("t", 2, 1) if n > 12 else ("ct", 1, 0)]
    ]
    text = described(fact_table(rounds), use_table([]))
    assert text.strengths == ()
    assert any(one.text.startswith("As T you die in 100 %") for one in text.weaknesses)


def test_the_commonplace_is_not_told() -> None:
    rounds = [
        a_fact(n, match_id=f"m{m}", equipment_value=300 if n % 2 else 5000, won=n % 2 == 0)
        for m in range(4)
        for n in range(1, 13)
    ]
    text = described(fact_table(rounds), use_table([]))
    assert (text.strengths, text.weaknesses) == ((), ())
    assert text.empty[0] == "No strength stands out from chance in 48 rounds in 4 matches."


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "No rounds yet"), (7, "1 more round needed"), (3, "5 more rounds needed"), (8, "No strength stands out")],
)
def test_emptiness_is_explained(count: int, expected: str) -> None:
    rounds = fact_table([a_fact(n) for n in range(1, count + 1)] or [a_fact()]).head(count)
    assert described(rounds, use_table([])).empty[0].startswith(expected)


def test_what_a_weapon_wants_for_a_score() -> None:
    facts = fact_table([a_fact(n) for n in range(1, 10)])
    uses = use_table([*(a_use(n, "ak47", kills=1) for n in range(1, 5)), a_use(5, "raygun", kills=1), a_use(6, "awp")])
    wanting = described(facts, uses).empty[-2:]
    assert wanting == (
        "AK-47: 1 more round with this weapon needed for a score (4 of 5).",
        "raygun: 4 more rounds with this weapon needed for a score (1 of 5).",
    )


def test_a_gun_is_held_against_its_time_in_hand() -> None:
    rounds, weapons = drawn_matches(3, matches=20)
    total = pl.col("kills").sum().over("match_id", "round_number")
    moved = weapons.with_columns(kills=pl.when(pl.col("weapon") == "ak47").then(total).otherwise(0))
    text = described(rounds, moved)
    ak = next(one.text for one in text.strengths if one.text.startswith("With the AK-47 "))
    assert ak.startswith("With the AK-47 you get 100 % of your gun kills (")
    assert ak.endswith(", in hand only 73 % of the time.")
    glock = next(one.text for one in text.weaknesses if one.text.startswith("With the Glock-18 "))
    assert glock.endswith(", in hand 27 % of the time.")


def test_maps_are_called_as_people_call_them() -> None:
    rounds, weapons = drawn_matches(2, matches=12)
    named = rounds.with_columns(
        map_name=pl.when(pl.col("played_order") < 6).then(pl.lit("de_cbble")).otherwise("map_name")
    )
    texts = [finding_text(row) for row in examined_patterns(named, weapons, steam_id=PLAYER).iter_rows(named=True)]
    assert any(text.startswith("On Cobblestone") for text in texts)
    assert not any("de_" in text for text in texts)


@pytest.mark.parametrize(
    ("q_value", "expected"),
    [
        (0.1, "up to 1 in 10 such findings are chance"),
        (0.0999, "fewer than 1 in 10 such findings are chance"),
        (0.05, "fewer than 1 in 10 such findings are chance"),
        (0.0083, "fewer than 1 in 100 such findings are chance"),
        (0.0, "fewer than 1 in 1000 such findings are chance"),
    ],
)
def test_how_often_it_is_chance(q_value: float, expected: str) -> None:
    assert chance_text(q_value) == expected
