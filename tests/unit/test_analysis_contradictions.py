"""What events say of sides and winners, whatever the match's source, and weapons that do not tell one story."""

from typing import Any

import polars as pl
import pytest

from makers.matches import CT1, CT2, CTS, T1, T2, T3, TS, a_hit, a_kill, a_match, a_purse, a_round
from offangle.analysis.evidence import round_evidence
from offangle.analysis.run import analyse
from offangle.frames.collection import MatchFrames

Row = dict[str, Any]


def bomb(event: str, steam_id: int | None, at: int = 3000, number: int = 1) -> Row:
    return {"round_number": number, "tick": number * 10_000 + at, "event": event, "steam_id": steam_id, "site": "a"}


def kit(steam_id: int, number: int = 1) -> Row:
    return a_purse(number, steam_id, has_defuse_kit=True)


def armed(steam_id: int, primary: str, secondary: str, number: int = 1) -> Row:
    return a_purse(number, steam_id, primary_weapon=primary, secondary_weapon=secondary)


def all_armed(ts: tuple[str, str], cts: tuple[str, str], number: int = 1) -> list[Row]:
    return [armed(t, *ts, number) for t in TS] + [armed(ct, *cts, number) for ct in CTS]


def dead(victims: tuple[int, ...], attacker: int, at: int = 2000) -> list[Row]:
    return [a_kill(attacker, victim, at + place) for place, victim in enumerate(victims)]


def sides(frames: MatchFrames) -> list[str]:
    return round_evidence(frames)["sides"].to_list()


def found(frames: MatchFrames, name: str) -> Row:
    return {row["name"]: row for row in analyse(frames)["checks"].to_dicts()}[name]


T_SHOP, CT_SHOP = ("ak47", "glock"), ("m4a1", "usp_silencer")


@pytest.mark.parametrize(
    ("others", "verdict"),
    [
        ({}, "unknown"),
        ({"bomb_events": [bomb("planted", T1)]}, "right"),
        ({"bomb_events": [bomb("planted", CT1)]}, "inverted"),
        ({"bomb_events": [bomb("dropped", CT1)]}, "inverted"),
        ({"bomb_events": [bomb("defused", CT1)]}, "right"),
        ({"bomb_events": [bomb("defuse_begin", T1)]}, "inverted"),
        ({"bomb_events": [bomb("exploded", CT1)]}, "unknown"),
        ({"bomb_events": [bomb("planted", None)]}, "unknown"),
        ({"economy": [kit(CT1)]}, "right"),
        ({"economy": [kit(T1)]}, "inverted"),
        ({"economy": [kit(T1)], "bomb_events": [bomb("planted", T1)]}, "mixed"),
        ({"economy": all_armed(T_SHOP, CT_SHOP)}, "right"),
        ({"economy": all_armed(CT_SHOP, T_SHOP)}, "inverted"),
        ({"economy": all_armed(T_SHOP, T_SHOP)}, "unknown"),
        ({"economy": all_armed(("awp", "deagle"), ("p90", "p250"))}, "unknown"),
        ({"economy": [armed(T1, *CT_SHOP)]}, "unknown"),
        ({"economy": all_armed(CT_SHOP, T_SHOP), "bomb_events": [bomb("planted", T1)]}, "mixed"),
        ({"economy": all_armed(("m4a1", "glock"), CT_SHOP), "bomb_events": [bomb("planted", T1)]}, "right"),
    ],
    ids=str,
)
def test_sides_follow_from_deeds_and_shops(others: dict[str, Any], verdict: str) -> None:
    assert sides(a_match(**others)) == [verdict]


def test_a_round_without_signs_follows_its_stretch() -> None:
    rounds = [a_round(1), a_round(2), a_round(3, team_a_side="t"), a_round(4, team_a_side="t")]
    events = [bomb("planted", CT1, number=1), bomb("planted", T1, number=4)]
    assert sides(a_match(rounds, bomb_events=events)) == ["inverted", "inverted", "right", "right"]
    torn = [bomb("planted", CT1, number=1), bomb("planted", T1, number=3)]
    assert sides(a_match([a_round(1), a_round(2), a_round(3)], bomb_events=torn)) == ["inverted", "unknown", "right"]


ALL_TS = dead(TS, CT1)
ALL_CTS = dead(CTS, T1)
PLANT = bomb("planted", T1)


@pytest.mark.parametrize(
    ("kills", "events", "reason", "winner"),
    [
        ([], [], "elimination", None),
        (ALL_CTS, [], "elimination", "t"),
        (ALL_TS, [], "elimination", "ct"),
        (ALL_TS[:4], [], "elimination", None),
        (ALL_TS + ALL_CTS, [], "elimination", None),
        (ALL_TS, [PLANT], "elimination", None),
        (ALL_CTS, [PLANT], "elimination", "t"),
        (ALL_TS, [PLANT, bomb("defused", CT2, 4000)], "bomb_defused", "ct"),
        (ALL_TS, [PLANT, bomb("exploded", None, 4000)], "bomb_exploded", "t"),
        (ALL_TS, [], "bomb_exploded", None),
        ([], [PLANT, bomb("exploded", T1, 4000)], "elimination", "t"),
        ([], [PLANT, bomb("exploded", None, 4000), bomb("defused", CT1, 4000)], "elimination", None),
        ([*dead(TS[:4], CT1), a_kill(CT1, T2, 9500)], [], "elimination", None),
        (dead(TS, CT1, at=9000), [], "elimination", None),
    ],
    ids=[
        "nothing", "CT dead", "T dead", "one T left", "all dead", "T dead, bomb ticking", "CT dead, bomb ticking",
        "defused", "exploded", "T dead, exploded unseen", "exploded", "exploded and defused", "one T left at the end",
        "after the decision",
    ],
)  # fmt: skip
def test_winners_follow_from_the_bomb_and_the_living(
    kills: list[Row], events: list[Row], reason: str, winner: str | None
) -> None:
    frames = a_match([a_round(reason=reason)], kills, bomb_events=events)
    assert round_evidence(frames)["winner"].to_list() == [winner]


def test_without_the_bomb_nobody_knows_whether_it_ticked() -> None:
    assert round_evidence(a_match(kills=ALL_TS))["winner"].to_list() == [None]
    assert round_evidence(a_match(kills=ALL_CTS))["winner"].to_list() == ["t"]


def test_the_winner_is_told_by_recorded_sides_also_where_these_are_wrong() -> None:
    planted_by_ct = [bomb("planted", CT1), bomb("exploded", None, 4000)]
    assert round_evidence(a_match(bomb_events=planted_by_ct)).select("sides", "winner").row(0) == ("inverted", "ct")


def test_sides_against_the_events_are_a_failed_check_that_names_the_rounds() -> None:
    rounds = [a_round(1), a_round(2)]
    row = found(a_match(rounds, bomb_events=[bomb("planted", T1), bomb("planted", CT1, number=2)]), "sides_by_events")
    assert (row["ok"], row["found"]) == (False, "1 contradictions")
    assert row["detail"].startswith("round 2: everything says")
    mixed = found(a_match(economy=[kit(T1), kit(CT1)]), "sides_by_events")
    assert (mixed["ok"], mixed["detail"][:22]) == (False, "round 1: something say")
    assert found(a_match(), "sides_by_events")["ok"] is None


@pytest.mark.parametrize(
    ("round_values", "kills", "detail"),
    [
        ({"winner_side": "ct"}, ALL_CTS, "round 1: CT won by the source, but T was left alive"),
        ({"winner_side": "t", "reason": "time_expired"}, [], "round 1: T won, and it ended by time expired"),
        ({"winner_side": "t", "winner_team": "a"}, [], "round 1: team A won, and not the side it played"),
    ],
)
def test_winners_against_events_reasons_or_teams_are_failed_checks(
    round_values: Row, kills: list[Row], detail: str
) -> None:
    row = found(a_match([a_round(**round_values)], kills), "winners_by_events")
    assert (row["ok"], row["detail"]) == (False, detail)


def test_winners_that_agree_are_counted() -> None:
    row = found(a_match([a_round(winner_side="t")], ALL_CTS), "winners_by_events")
    assert (row["ok"], row["expected"], row["detail"]) == (True, "1 rounds agree", "")


def shot(steam_id: int, weapon: str, at: int) -> Row:
    return {"round_number": 1, "tick": 10_000 + at, "steam_id": steam_id, "weapon": weapon}


def test_hits_kills_and_shots_of_a_weapon_tell_one_story() -> None:
    hits = [a_hit(T1, CT1, 500, 100, weapon="m4a1"), a_hit(T2, CT2, 600, 20), a_hit(T3, CT2, 700, 5, weapon="inferno")]
    kills = [a_kill(T1, CT1, 500, weapon="m4a1_silencer")]
    shots = [shot(T1, "m4a1_silencer", 500), shot(T2, "ak47", 600), shot(T3, "molotov", 650)]
    row = found(a_match(kills=kills, damages=hits, shots=shots), "weapons")
    assert row["ok"] is False
    assert row["detail"] == (
        "1 hit with m4a1, killed with m4a1_silencer; 1 hit with m4a1, last fired with m4a1_silencer"
    )
    told = [hits[0] | {"weapon": "m4a1_silencer"}, *hits[1:]]
    assert found(a_match(kills=kills, damages=told, shots=shots), "weapons")["ok"] is True
    assert found(a_match(), "weapons")["ok"] is None


def test_corrections_are_told() -> None:
    rows = [("events", "rounds", "team_a_side", 1, 1, "t", "ct"), ("events", "rounds", "winner_team", 1, 1, "b", "a"),
            ("self_contradiction", "rounds", "winner_side", 2, 1, "t", "ct"),
            ("held_weapon", "damages", "weapon", 0, 3, "m4a1", "m4a1_silencer"),
            ("events", "match", "score_a", 0, 1, "1", "2")]  # fmt: skip
    names = ("reason", "table", "column", "round_number", "rows", "stated", "taken")
    corrections = [{"number": number} | dict(zip(names, row, strict=True)) for number, row in enumerate(rows)]
    rounds = [a_round(1, winner_team="a"), a_round(2, winner_team="a")]
    frames = a_match(
        rounds, damages=[a_hit(T1, CT1, 500, 1)], match={"score_a": 2}, bomb_events=[PLANT], corrections=corrections,
        shots=[shot(T1, "ak47", 500)],
    )  # fmt: skip
    checks = analyse(frames)["checks"].filter(
        pl.col("name").is_in(["sides_by_events", "winners_by_events", "weapons", "score_a"])
    )
    told = {row["name"]: (row["ok"], row["detail"]) for row in checks.to_dicts()}
    assert told["sides_by_events"][0] is True
    assert told["sides_by_events"][1].startswith("round 1: T and CT were the wrong way round in the source (1 plants")
    ok, detail = told["winners_by_events"]
    assert ok is False
    assert detail.split("; ") == [
        "round 2: won by T in the source, taken as CT: the source's side and team contradict each other",
        "round 1: won by team B in the source, taken as team A: by the events",
    ]
    assert told["weapons"] == (True, "3 hits with m4a1_silencer, booked to m4a1 in the source")
    assert told["score_a"] == (True, "1 in the source, by winners that the events contradict")
