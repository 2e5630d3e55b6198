"""What is found, what is not found where nothing is, and that everything found links to its rounds."""

from functools import cache
from itertools import product

import polars as pl
import pytest

from makers.pattern_rows import PLAYER, Row, a_fact, a_use, drawn_matches, fact_table, use_table
from offangle.analysis.patterns.comparisons import compare_shares
from offangle.analysis.patterns.findings import FALSE_DISCOVERY_RATE, MIN_ROUNDS, examined_patterns, find_patterns
from offangle.analysis.patterns.situations import SITUATIONS, SITUATIONS_BY_NAME
from offangle.analysis.patterns.tables import FindingsTable

SEEDS = range(30)


@cache
def null_histories() -> list[pl.DataFrame]:
    return [examined_patterns(*drawn_matches(seed, matches=12), steam_id=PLAYER) for seed in SEEDS]


def test_where_nothing_is_little_is_found() -> None:
    """At a false discovery rate of 10 %, a history without a pattern shows one in at most a tenth of cases."""
    with_finding = [(table["q_value"] <= FALSE_DISCOVERY_RATE).any() for table in null_histories()]
    assert sum(with_finding) <= 6  # three are expected at most; more than six of 30 come by chance in 3 % of runs


def test_no_kind_of_comparison_is_biased() -> None:
    """P-values of no effect are at least as large as they claim, for every situation and measure by itself."""
    tested = (
        pl.concat(null_histories())
        .group_by("situation", "measure")
        .agg(small=(pl.col("p_value") <= 0.1).sum(), count=pl.len())
    )
    assert tested["count"].sum() > 1500
    expected = pl.col("count") * 0.1
    # Three standard deviations; comparisons of one history are not independent, which is what the factor allows for.
    limit = expected + 3 * (2 * expected).sqrt()
    assert tested.filter(pl.col("small") > limit).to_dicts() == []


def test_a_planted_effect_is_found_and_named() -> None:
    rounds, weapons = drawn_matches(7, matches=30, planted=0.3)
    found = find_patterns(rounds, weapons, steam_id=PLAYER)
    FindingsTable.validate(found)
    side = found.filter(pl.col("situation") == "side", pl.col("measure") == "won").row(0, named=True)
    assert side["side"] == "t"
    assert side["effect_low"] < 0.3 < side["effect_high"]
    assert side["rounds"] == 30 * 12
    assert not side["is_commonplace"]
    others = found.filter(pl.col("measure") != "won")
    assert others.height <= 0.2 * found.height  # the rest are the tenth that may be chance


def test_a_weapon_that_kills_beyond_its_time_is_found() -> None:
    rounds, weapons = drawn_matches(3, matches=20)
    # All kills by the AK, though the Glock is in hand for more than a quarter of the time.
    total = pl.col("kills").sum().over("match_id", "round_number")
    moved = weapons.with_columns(kills=pl.when(pl.col("weapon") == "ak47").then(total).otherwise(0))
    found = find_patterns(rounds, moved, steam_id=PLAYER).filter(pl.col("situation") == "weapon")
    ak = found.filter(pl.col("weapon") == "ak47").row(0, named=True)
    assert ak["value"] == 1.0
    assert ak["baseline"] == pytest.approx(40 / 55)
    assert ak["effect"] == pytest.approx(15 / 55)


def test_links_are_the_rounds_that_are_counted() -> None:
    rounds, weapons = drawn_matches(11, matches=12, planted=0.4)
    tested = examined_patterns(rounds, weapons, steam_id=PLAYER)
    assert tested.height > 20
    for row in tested.iter_rows(named=True):
        links = {(link["match_id"], link["round_number"]) for link in row["links"]}
        assert len(links) == len(row["links"]) == row["rounds"] >= MIN_ROUNDS
    won = tested.filter(pl.col("situation") == "map_side", pl.col("measure") == "won").row(0, named=True)
    inside = rounds.filter(pl.col("side") == won["side"], pl.col("map_name") == won["map_name"])
    assert inside["won"].sum() == won["events"]
    assert [(one["match_id"], one["round_number"]) for one in won["links"]] == inside.select(
        "match_id", "round_number"
    ).rows()


@pytest.mark.parametrize(("count", "is_tested"), [(7, False), (8, True)])
def test_eight_rounds_are_the_fewest(count: int, is_tested: bool) -> None:  # noqa: FBT001 -- an expectation
    ct = [a_fact(n, won=n % 2 == 0) for n in range(1, 13)]
    t = [a_fact(12 + n, half=2, side="t", won=n % 2 == 0) for n in range(1, count + 1)]
    tested = examined_patterns(fact_table([*ct, *t]), use_table([]), steam_id=PLAYER)
    assert (tested.filter(pl.col("situation") == "side").height > 0) == is_tested


def lopsided() -> list[Row]:
    """One match with a single CT round, in which the T rounds have all the kills, and another with many."""
    few = [a_fact(n, match_id="few", side="t", kills=2) for n in range(1, 21)]
    few += [a_fact(21, match_id="few", half=2, kills=0)]
    many = [a_fact(n, match_id="many", side="t", kills=0) for n in range(1, 3)]
    many += [a_fact(n, match_id="many", half=2, kills=1) for n in range(3, 25)]
    return [*few, *many]


def test_what_is_compared_with_is_in_its_range() -> None:
    """The plain average of the T rounds less the weighed difference would be below zero kills."""
    tested = examined_patterns(fact_table(lopsided()), use_table([]), steam_id=PLAYER)
    FindingsTable.validate(tested)
    side = tested.filter(pl.col("situation") == "side", pl.col("measure") == "kills").row(0, named=True)
    assert side["value"] - side["effect"] > side["baseline"] > 0
    assert side["baseline"] == pytest.approx((20 / 21 * 0 + 2 * 22 / 24 * 1) / (20 / 21 + 2 * 22 / 24))


@pytest.mark.parametrize("seed", range(12))
def test_no_figure_leaves_its_range(seed: int) -> None:
    """Histories of uneven matches: few rounds on one side, buys of one kind only."""
    rounds, weapons = drawn_matches(seed, matches=6)
    kept = rounds.filter(pl.col("round_number") * (seed + 3) % 7 < 2 + pl.col("played_order") % 5)
    tested = examined_patterns(kept, weapons, steam_id=PLAYER)
    assert tested.height > 0
    FindingsTable.validate(tested)


def test_rounds_with_nothing_beside_them_are_in_no_figure() -> None:
    both = [a_fact(n, side="t" if n > 12 else "ct", half=1 + (n > 12), won=n % 2 == 0) for n in range(1, 25)]
    alone = [a_fact(n, match_id="m2", side="t", won=True) for n in range(1, 13)]
    tested = examined_patterns(fact_table([*both, *alone]), use_table([]), steam_id=PLAYER)
    side = tested.filter(pl.col("situation") == "side", pl.col("measure") == "won").row(0, named=True)
    assert (side["rounds"], side["events"], side["value"]) == (12, 6, 0.5)
    assert {link["match_id"] for link in side["links"]} == {"m1"}


def test_nothing_is_told_where_the_averages_point_apart() -> None:
    """In each match T rounds are won less often, over both more often: Simpson's paradox."""
    rounds = [
        *(a_fact(n, match_id="easy", side="t", won=n <= 16) for n in range(1, 21)),
        *(a_fact(n, match_id="easy", half=2, won=True) for n in range(21, 23)),
        *(a_fact(n, match_id="hard", side="t", won=False) for n in range(1, 3)),
        *(a_fact(n, match_id="hard", half=2, won=n <= 6) for n in range(3, 23)),
    ]
    tested = examined_patterns(fact_table(rounds), use_table([]), steam_id=PLAYER)
    side = tested.filter(pl.col("situation") == "side", pl.col("measure") == "won").row(0, named=True)
    assert side["effect"] < 0 < side["value"] - side["baseline"]
    assert side["p_value"] == 1.0


def test_unknown_winners_are_not_counted_among_the_rounds() -> None:
    rounds = [a_fact(n, won=n % 2 == 0) for n in range(1, 13)]
    rounds += [a_fact(12 + n, half=2, side="t", won=None if n == 1 else n % 2 == 0) for n in range(1, 11)]
    tested = examined_patterns(fact_table(rounds), use_table([]), steam_id=PLAYER)
    by_measure = {row["measure"]: row["rounds"] for row in tested.filter(pl.col("situation") == "side").to_dicts()}
    assert by_measure == {"won": 9, "died": 10, "kills": 10}


def test_one_map_is_not_tested_twice() -> None:
    rounds = [a_fact(n, side="t" if n > 12 else "ct", half=1 + (n > 12), won=n % 3 == 0) for n in range(1, 25)]
    uses = [a_use(n, weapon, kills=1) for n in range(1, 25) for weapon in ("ak47", "glock")]
    tested = examined_patterns(fact_table(rounds), use_table(uses), steam_id=PLAYER)
    assert "side" in set(tested["situation"])
    assert not {"map_side", "map_weapon"} & set(tested["situation"])


def test_other_players_rounds_change_nothing() -> None:
    rounds, weapons = drawn_matches(5, matches=8)
    others = rounds.with_columns(steam_id=pl.col("steam_id") + 1, won=pl.lit(value=True))
    alone = examined_patterns(rounds, weapons, steam_id=PLAYER)
    assert alone.equals(examined_patterns(pl.concat([others, rounds]), weapons, steam_id=PLAYER))


def test_the_order_of_rows_changes_nothing() -> None:
    rounds, weapons = drawn_matches(5, matches=8)
    found = examined_patterns(rounds, weapons, steam_id=PLAYER)
    turned = examined_patterns(rounds.reverse(), weapons.reverse(), steam_id=PLAYER)
    assert found.drop("p_value", "q_value", "effect", "effect_low", "effect_high", "baseline").equals(
        turned.drop("p_value", "q_value", "effect", "effect_low", "effect_high", "baseline")
    )
    assert found["p_value"].to_list() == pytest.approx(turned["p_value"].to_list())


def test_losing_with_less_equipment_is_commonplace() -> None:
    rounds = [
        a_fact(n, match_id=f"m{m}", equipment_value=300 if n % 2 else 5000, won=n % 2 == 0)
        for m in range(4)
        for n in range(1, 13)
    ]
    found = find_patterns(fact_table(rounds), use_table([]), steam_id=PLAYER)
    buys = found.filter(pl.col("situation") == "buy", pl.col("measure") == "won")
    assert set(buys["buy"]) == {"eco", "full"}
    assert buys["is_commonplace"].all()


def test_whole_maps_need_four_matches_on_either_side() -> None:
    def history(on_nuke: int) -> pl.DataFrame:
        return fact_table(
            [
                a_fact(
                    n,
                    match_id=f"m{m}",
                    played_order=m,
                    map_name="de_nuke" if m < on_nuke else "de_mirage",
                    won=(n + m) % 12 < (9 if m < on_nuke else 3) + m % 2,
                )
                for m in range(8)
                for n in range(1, 13)
            ]
        )

    enough = find_patterns(history(4), use_table([]), steam_id=PLAYER).filter(pl.col("situation") == "map")
    assert set(enough["map_name"]) == {"de_nuke", "de_mirage"}
    few = examined_patterns(history(3), use_table([]), steam_id=PLAYER).filter(pl.col("situation") == "map")
    assert few.is_empty()


def test_no_rounds_give_no_findings() -> None:
    rounds, weapons = drawn_matches(1, matches=2)
    empty = find_patterns(rounds, weapons, steam_id=PLAYER + 99)
    FindingsTable.validate(empty)
    assert empty.is_empty()


def test_what_follows_on_a_loss_is_no_comeback() -> None:
    """Every sequence of six fair rounds once: nothing depends on the round before, and nothing is found."""
    rounds = fact_table(
        [
            a_fact(n, match_id=f"m{nth}", won=won)
            for nth, order in enumerate(product([True, False], repeat=6))
            for n, won in enumerate(order, 1)
        ]
    )
    found = examined_patterns(rounds, use_table([]), steam_id=PLAYER)
    after_loss = found.filter(pl.col("situation") == "previous", pl.col("measure") == "won").row(0, named=True)
    assert after_loss["effect"] == pytest.approx(0.0)
    assert after_loss["p_value"] == pytest.approx(1.0)
    assert {link["round_number"] % 2 for link in after_loss["links"]} == {0}
    # Looking at all rounds would have found one: of a match's wins, those not used up come after the losses.
    before = rounds.with_columns(before=pl.col("won").shift().over("match_id")).drop_nulls("before")
    strata = before.group_by("match_id").agg(
        events=(pl.col("won") & ~pl.col("before")).sum(),
        inside=(~pl.col("before")).sum(),
        events_out=(pl.col("won") & pl.col("before")).sum(),
        outside=pl.col("before").sum(),
    )
    naive = compare_shares(strata.drop("match_id").rows())
    assert naive is not None
    assert naive.effect > 0.15
    assert naive.p_value < 0.05


def test_situations_are_named_once_and_compare_within_matches() -> None:
    assert len(SITUATIONS_BY_NAME) == len(SITUATIONS)
    for one in SITUATIONS:
        assert one.against_matches or "match_id" in one.within
        assert set(one.only) <= set(one.keys)
    assert 0 < FALSE_DISCOVERY_RATE < 1
