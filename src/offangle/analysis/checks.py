"""Checks: what was reconciled with the source's own figures, and what differs. Nothing is hidden, nothing corrected."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from offangle.analysis.context import Context
from offangle.analysis.contradictions import (
    Contradictions,
    contradicted_sides,
    contradicted_weapons,
    contradicted_winners,
)
from offangle.analysis.damage import UTILITY_WEAPONS
from offangle.analysis.evidence import round_evidence
from offangle.analysis.players import BOTH_SIDES
from offangle.core.economy import MONEY_CAP
from offangle.core.maps import UNKNOWN_MAP
from offangle.core.sides import TEAMS, Team

FULL_HEALTH: Final = 100
"""Health points of a life; nothing in a round gives any back."""

MOST: Final = {"health": FULL_HEALTH, "money": MONEY_CAP}
"""The most that a player has of each; servers that give more have their own rules."""

USUAL_TICK_RATES: Final = (32.0, 64.0, 128.0)
LISTED_AT_MOST: Final = 20
"""Differences spelled out in a detail; the rest is counted."""

CHECK_SCHEMA: Final = {
    "name": pl.String,
    "label": pl.String,
    "ok": pl.Boolean,
    "expected": pl.String,
    "found": pl.String,
    "detail": pl.String,
    "explained": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What the checks look at."""

    match: Context
    player_rounds: pl.DataFrame
    players: pl.DataFrame
    evidence: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    Attributes:
        ok: None when the source has nothing to check against.
        expected: What the source states.
        found: What was computed.
        detail: What differs, by name.
        is_explained: The two differ, and the detail says why they should.
    """

    ok: bool | None
    expected: str
    found: str
    detail: str = ""
    is_explained: bool = False


FINDING_FIELDS: Final = ("ok", "expected", "found", "detail", "is_explained")
Check = Callable[[Subject], Finding]


def run_checks(match: Context, player_rounds: pl.DataFrame, players: pl.DataFrame) -> pl.DataFrame:
    """Run every check of `CHECKS`: name, label, ok (null: could not be checked), expected, found, detail, explained."""
    subject = Subject(match, player_rounds, players, round_evidence(match.frames))
    rows = []
    for name, (label, check) in CHECKS.items():
        finding = check(subject)
        rows.append((name, label, *(getattr(finding, field) for field in FINDING_FIELDS)))
    return pl.DataFrame(rows, schema=CHECK_SCHEMA, orient="row")


def listed(lines: list[str]) -> str:
    """The first lines, and how many more there are."""
    more = len(lines) - LISTED_AT_MOST
    return "; ".join(lines[:LISTED_AT_MOST]) + (f"; and {more} more" if more > 0 else "")


def check_score(subject: Subject, team: Team) -> Finding:
    """Rounds won, and those before the recording began, against the final score of the source."""
    stated = subject.match.frames["match"].item(0, f"score_{team}")
    rounds = subject.match.rounds
    won = rounds.filter(pl.col("winner_team") == team).height
    unknown = rounds["winner_team"].null_count()
    before = (rounds.item(0, f"score_{team}_before") or 0) if rounds.height else 0
    notes = [f"{before} won before the recording began"] if before else []
    notes += [f"{unknown} rounds without a known winner"] if unknown else []
    notes += [
        f"{other} in the source, by winners that the events contradict" for other in _stated_scores(subject, team)
    ]
    detail = listed(notes)
    if stated is None:
        return Finding(None, "not stated", str(won + before), detail)
    is_equal = won + before == stated
    is_explained = is_equal and (before > 0 or bool(_stated_scores(subject, team)))
    return Finding(is_equal, str(stated), str(won + before), detail, is_explained=is_explained)


def _stated_scores(subject: Subject, team: Team) -> list[str]:
    """The source's own final score where it was corrected."""
    corrections = subject.match.frames["corrections"]
    return corrections.filter((pl.col("table") == "match") & (pl.col("column") == f"score_{team}"))["stated"].to_list()


def check_running_score(subject: Subject) -> Finding:
    """The score before each round against the score before and the winner of the one before it."""
    rounds = subject.match.rounds
    comparable = rounds.with_columns(
        *(pl.col(f"score_{team}_before").shift().alias(f"{team}_last") for team in TEAMS),
        last_winner=pl.col("winner_team").shift(),
        follows=pl.col("round_number").diff() == 1,
    ).filter(pl.col("follows") & pl.all_horizontal(pl.col("a_last", "score_a_before", "last_winner").is_not_null()))
    differs = pl.any_horizontal(
        pl.col(f"score_{team}_before") != pl.col(f"{team}_last") + (pl.col("last_winner") == team).cast(pl.Int16)
        for team in TEAMS
    )
    odd = comparable.filter(differs)["round_number"].to_list()
    if comparable.is_empty():
        return Finding(None, "a score before each round", "none stated")
    return Finding(not odd, "each round adds one", f"{len(odd)} rounds differ", listed([f"round {n}" for n in odd]))


def check_round_numbers(subject: Subject) -> Finding:
    """Counted rounds are 1, 2, ... without gaps."""
    numbers = subject.match.rounds["round_number"].to_list()
    if not numbers:
        return Finding(None, "at least one completed round", "no completed round")
    missing = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
    return Finding(
        not missing,
        f"1 to {max(numbers)}",
        f"{len(numbers)} rounds",
        listed([f"round {n} is missing" for n in missing]),
    )


def check_winners(subject: Subject) -> Finding:
    """Every counted round has a winner."""
    rounds = subject.match.rounds
    unknown = rounds.filter(pl.col("winner_side").is_null())["round_number"].to_list()
    detail = listed([f"round {n}: winner unknown, left out of every win rate" for n in unknown])
    return Finding(not unknown, f"{rounds.height} winners", str(rounds.height - len(unknown)), detail)


def check_sides(subject: Subject) -> Finding:
    """Only Ts plant, only CTs defuse and have kits, and each side buys its own weapons."""
    found = contradicted_sides(subject.match.frames, subject.evidence)
    return _contradictions(found, "rounds")


def check_winners_by_events(subject: Subject) -> Finding:
    """The winner is who defused, whose bomb exploded, or who was left alive; and names of side and team agree."""
    return _contradictions(contradicted_winners(subject.match.frames, subject.evidence), "rounds")


def check_weapons(subject: Subject) -> Finding:
    """Shots, hits and kills of a weapon tell one story."""
    return _contradictions(contradicted_weapons(subject.match.frames), "kills and hits")


def _contradictions(found: Contradictions, what: str) -> Finding:
    if not found.compared and not found.faults:
        return Finding(None, "something to compare with", "nothing")
    words = f"{len(found.faults)} contradictions"
    words += f", {found.corrected} corrected" if found.corrected else ""
    return Finding(
        not found.faults,
        f"{found.compared} {what} agree",
        words,
        listed(found.faults + found.explained),
        is_explained=not found.faults and bool(found.corrected or found.explained),
    )


def check_excluded(subject: Subject) -> Finding:
    """Lists what was kept but not counted; it is no fault."""
    excluded = subject.match.frames["rounds"].filter(pl.col("round_number") <= 0)
    kinds = excluded.group_by("kind").len().sort("kind").rows()
    found = ", ".join(f"{number} {kind}" for kind, number in kinds) or "none"
    lines = [f"round {n} ({kind}) from tick {tick}" for n, kind, tick in _columns(excluded, "kind", "start_tick")]
    return Finding(ok=True, expected="listed", found=found, detail=listed(lines))


def _columns(frame: pl.DataFrame, *names: str) -> list[tuple[object, ...]]:
    return frame.select("round_number", *names).rows()


LeftOut = Callable[[Subject], pl.DataFrame]


def left_out_kills(subject: Subject) -> pl.DataFrame:
    """Team kills per attacker: steam_id, apart."""
    return _per_player(subject.match.kills.filter("is_team_kill"), "attacker", pl.len())


def left_out_headshots(subject: Subject) -> pl.DataFrame:
    """Team kills by headshot per attacker: steam_id, apart."""
    return _per_player(subject.match.kills.filter(pl.col("is_team_kill") & pl.col("is_headshot")), "attacker", pl.len())


def left_out_deaths(subject: Subject) -> pl.DataFrame:
    """Deaths by leaving the server per player: steam_id, apart."""
    return _per_player(subject.match.kills.filter("is_disconnect"), "victim", pl.len())


def left_out_assists(subject: Subject) -> pl.DataFrame:
    """Assists to a team kill, or to a kill by the other side, per assister: steam_id, apart."""
    return _per_player(subject.match.kills.filter(~pl.col("is_assist")), "assister", pl.len())


def left_out_damage(subject: Subject) -> pl.DataFrame:
    """Damage to enemies outside counted rounds per attacker: steam_id, apart."""
    sides = pl.col("attacker_side") != pl.col("victim_side")
    outside = subject.match.frames["damages"].filter((pl.col("round_number") <= 0) & sides)
    return _per_player(outside, "attacker", pl.col("health_damage").cast(pl.Int32).sum())


def left_out_utility_damage(subject: Subject) -> pl.DataFrame:
    """The same by HE, molotov and incendiary."""
    sides = pl.col("attacker_side") != pl.col("victim_side")
    outside = subject.match.frames["damages"].filter(
        (pl.col("round_number") <= 0) & sides & pl.col("weapon").is_in(UTILITY_WEAPONS)
    )
    return _per_player(outside, "attacker", pl.col("health_damage").cast(pl.Int32).sum())


def left_out_nothing(subject: Subject) -> pl.DataFrame:
    """No event is left out: steam_id, apart, without rows."""
    return _per_player(subject.match.kills.clear(), "attacker", pl.len())


def _per_player(events: pl.DataFrame, role: str, amount: pl.Expr) -> pl.DataFrame:
    player = pl.col(f"{role}_steam_id").alias("steam_id")
    return events.group_by(player).agg(apart=amount.cast(pl.Int32)).drop_nulls("steam_id")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the source's scoreboard, and the events that some sources count in it and Offangle does not.

    Attributes:
        name: Column of `scoreboard` and of `player_stats`.
        left_out: How much each player's figure would be larger with the events that are left out on purpose.
        because: What these are, for the reader.
    """

    name: str
    left_out: LeftOut = left_out_nothing
    because: str = ""


NO_KILLS: Final = "team kills, which are not kills"
NO_DEATHS: Final = "departures from the server, which are no deaths"
NO_ASSISTS: Final = "assists to a team kill or to the other side's kill, which do not count"
NO_ROUND: Final = "hp from outside the counted rounds"


def check_scoreboard(subject: Subject, figure: Figure) -> Finding:
    """One figure per player against the source's scoreboard.

    A difference that the events left out by definition explain to the last one is listed, and is no fault.
    """
    board = subject.match.frames["scoreboard"].select("steam_id", stated=figure.name).drop_nulls()
    ours = subject.players.filter(pl.col("side") == BOTH_SIDES).select("steam_id", "name", counted=figure.name)
    if board.is_empty():
        return Finding(None, "not stated", f"{ours.height} players")
    compared = (
        board.join(ours, on="steam_id", how="left")
        .join(figure.left_out(subject), on="steam_id", how="left")
        .with_columns(pl.col("counted", "apart").fill_null(0))
        .sort("steam_id")
    )
    differing = compared.filter(pl.col("stated") != pl.col("counted"))
    unexplained = differing.filter(pl.col("stated") != pl.col("counted") + pl.col("apart")).height
    found = f"{compared.height - differing.height} equal"
    explained = differing.height - unexplained
    found += f", {explained} explained" if explained else ""
    detail = listed(_differences(differing, figure))
    return Finding(
        not unexplained,
        f"{compared.height} players equal",
        found,
        detail,
        is_explained=bool(explained) and not unexplained,
    )


def _differences(differing: pl.DataFrame, figure: Figure) -> list[str]:
    rows = differing.select("steam_id", "name", "counted", "stated", "apart").rows()
    return [
        f"{name or steam_id}: {counted} counted, {stated} stated"
        + (f" with {apart} {figure.because}" if stated == counted + apart else "")
        for steam_id, name, counted, stated, apart in rows
    ]


def check_kills_possible(subject: Subject) -> Finding:
    """Nobody kills more enemies in a round than there were."""
    enemies = subject.player_rounds.group_by("round_number", "side").agg(there=pl.len())
    rows = subject.player_rounds.filter(pl.col("kills") > 0).join(
        enemies.rename({"side": "enemy_side"}), on="round_number"
    )
    most = rows.filter(pl.col("enemy_side") != pl.col("side")).filter(pl.col("kills") > pl.col("there"))
    lines = [f"round {n}: {sid} has {k} kills" for n, sid, k in most.select("round_number", "steam_id", "kills").rows()]
    return Finding(not lines, "kills at most enemies", f"{len(lines)} above", listed(lines))


def check_single_deaths(subject: Subject) -> Finding:
    """Nobody dies twice in a round, except while controlling a bot."""
    twice = subject.player_rounds.filter(pl.col("deaths") > 1)
    lines = [
        f"round {n}: {sid} died {k} times" for n, sid, k in twice.select("round_number", "steam_id", "deaths").rows()
    ]
    return Finding(not lines, "one death per round", f"{len(lines)} with more", listed(lines))


def check_players_per_side(subject: Subject) -> Finding:
    """As many on each side in each round as in most rounds."""
    played = subject.player_rounds.filter("played")
    sizes = played.group_by("round_number", "side").len().sort("round_number", "side")
    if sizes.is_empty():
        return Finding(None, "players in rounds", "no completed round")
    usual = int(sizes["len"].mode().max())  # type: ignore[arg-type]
    odd = sizes.filter(pl.col("len") != usual).rows()
    lines = [f"round {n}: {size} on {str(side).upper()}" for n, side, size in odd]
    return Finding(not lines, f"{usual} per side", f"{len(lines)} sides differ", listed(lines))


def check_economy(subject: Subject) -> Finding:
    """Money and equipment are known for every player and round."""
    if not subject.match.frames.has("economy"):
        return Finding(None, "an economy table", "the source has none")
    played = subject.player_rounds.filter("played")
    missing = played.filter(pl.col("equipment_value").is_null())
    by_round = missing.group_by("round_number").len().sort("round_number").rows()
    lines = [f"round {n}: {number} without equipment value" for n, number in by_round]
    return Finding(
        not lines, f"{played.height} player rounds", f"{played.height - missing.height} known", listed(lines)
    )


def check_damage_cap(subject: Subject) -> Finding:
    """No more health is removed from a player in a round than a life has."""
    frames = subject.match.frames
    bots = subject.match.kills.filter("is_victim_controlling_bot").select("round_number", steam_id="victim_steam_id")
    lost = (
        frames.counted("damages")
        .group_by("round_number", pl.col("victim_steam_id").alias("steam_id"))
        .agg(lost=pl.col("health_damage").cast(pl.Int32).sum())
    )
    above = (
        lost.filter(pl.col("lost") > FULL_HEALTH)
        .join(bots, on=["round_number", "steam_id"], how="anti")
        .sort("round_number", "steam_id")
    )
    lines = [f"round {n}: {sid} lost {hp}" for n, sid, hp in above.rows()]
    return Finding(not lines, f"at most {FULL_HEALTH} per life", f"{len(lines)} above", listed(lines))


def check_sides_known(subject: Subject) -> Finding:
    """Both sides of every kill are known; a kill without them counts for nobody."""
    kills = subject.match.kills
    unknown = kills.filter(
        pl.col("victim_side").is_null()
        | (pl.col("attacker_steam_id").is_not_null() & pl.col("attacker_side").is_null())
    )
    lines = [f"round {n}, tick {tick}" for n, tick in unknown.select("round_number", "tick").rows()]
    return Finding(not lines, f"{kills.height} deaths", f"{kills.height - len(lines)} with sides", listed(lines))


def check_kills_in_rounds(subject: Subject) -> Finding:
    """Every counted kill lies between the round's begin and the next round's."""
    placed = subject.match.kills.join(
        subject.match.rounds.select("round_number", "start_tick", "officially_ended_tick"),
        on="round_number",
        how="left",
    )
    inside = (pl.col("tick") >= pl.col("start_tick")) & (
        (pl.col("tick") <= pl.col("officially_ended_tick")).fill_null(value=True)
    )
    outside = placed.filter(~inside.fill_null(value=False))
    lines = [f"round {n}, tick {tick}" for n, tick in outside.select("round_number", "tick").rows()]
    return Finding(not lines, f"{placed.height} deaths", f"{placed.height - len(lines)} inside", listed(lines))


def check_late_kills(subject: Subject) -> Finding:
    """Lists kills after the decision: on the scoreboard, in no opening, trade or clutch."""
    late = subject.match.kills.filter("is_late").select("round_number", "tick").rows()
    lines = [f"round {n}, tick {tick}" for n, tick in late]
    return Finding(ok=True, expected="listed", found=str(len(lines)), detail=listed(lines))


def check_departures(subject: Subject) -> Finding:
    """Lists who left a round before its decision; no death, and no survival."""
    lines = [f"round {n}: {sid} from tick {t}" for n, sid, t in _departed(subject).rows()]
    return Finding(ok=True, expected="listed", found=str(len(lines)), detail=listed(lines))


def _departed(subject: Subject) -> pl.DataFrame:
    """Departures of players who had not died."""
    died = subject.match.kills.filter("counts_for_victim").select("round_number", steam_id="victim_steam_id")
    left = subject.match.departures.join(died, on=["round_number", "steam_id"], how="anti")
    return left.select("round_number", "steam_id", "tick").sort("round_number", "steam_id")


def check_odd_values(subject: Subject) -> Finding:
    """No number is outside what it can be in a match; who has one is shown as unknown there."""
    frames = subject.match.frames
    notes = frames["odd_values"].sort("table", "column").rows()
    lines = [f"{table}, {column}: {rows} rows with {stated}" for table, column, rows, stated in notes]
    for name, most in MOST.items():
        above = frames["ticks"][name].drop_nulls()
        above = above.filter(above > most)
        lines += [f"ticks, {name}: {above.len()} rows with up to {above.max()!s}, kept"] if above.len() else []
    return Finding(not lines, "no number out of its range", f"{len(lines)} kinds" if lines else "none", listed(lines))


def check_map_name(subject: Subject) -> Finding:
    """The source names the map."""
    name = subject.match.frames.map_name
    return Finding(name != UNKNOWN_MAP, "a map", name, "" if name != UNKNOWN_MAP else "the source names no map")


def check_tick_rate(subject: Subject) -> Finding:
    """The tick rate is one that servers run at."""
    rate = subject.match.frames.tick_rate
    usual = ", ".join(f"{known:g}" for known in USUAL_TICK_RATES)
    return Finding(rate in USUAL_TICK_RATES, f"one of {usual}", f"{rate:g}")


def check_parsers(subject: Subject) -> Finding:
    """Lists who read the file."""
    parsers = subject.match.frames["parsers"].sort("name")
    lines = [f"{name} {version}: {role}" for name, version, role in parsers.select("name", "version", "role").rows()]
    return Finding(bool(lines), "named", f"{len(lines)} named", listed(lines))


CHECKS: Final[dict[str, tuple[str, Check]]] = {
    "score_a": ("Score of team A", partial(check_score, team="a")),
    "score_b": ("Score of team B", partial(check_score, team="b")),
    "running_score": ("Score round by round", check_running_score),
    "round_numbers": ("Rounds without gaps", check_round_numbers),
    "round_winners": ("Winners known", check_winners),
    "sides_by_events": ("Sides agree with the events", check_sides),
    "winners_by_events": ("Winners agree with the events", check_winners_by_events),
    "excluded_rounds": ("Rounds kept, not counted", check_excluded),
    "scoreboard_rounds": ("Rounds played per player", partial(check_scoreboard, figure=Figure("rounds_played"))),
    "scoreboard_kills": (
        "Kills per player",
        partial(check_scoreboard, figure=Figure("kills", left_out_kills, NO_KILLS)),
    ),
    "scoreboard_deaths": (
        "Deaths per player",
        partial(check_scoreboard, figure=Figure("deaths", left_out_deaths, NO_DEATHS)),
    ),
    "scoreboard_assists": (
        "Assists per player",
        partial(check_scoreboard, figure=Figure("assists", left_out_assists, NO_ASSISTS)),
    ),
    "scoreboard_headshots": (
        "Headshot kills per player",
        partial(check_scoreboard, figure=Figure("headshot_kills", left_out_headshots, NO_KILLS)),
    ),
    "scoreboard_damage": (
        "Damage per player",
        partial(check_scoreboard, figure=Figure("damage", left_out_damage, NO_ROUND)),
    ),
    "scoreboard_utility_damage": (
        "Utility damage per player",
        partial(check_scoreboard, figure=Figure("utility_damage", left_out_utility_damage, NO_ROUND)),
    ),
    "kills_possible": ("Kills per round possible", check_kills_possible),
    "single_deaths": ("One death per round", check_single_deaths),
    "sides_known": ("Sides of kills known", check_sides_known),
    "kills_in_rounds": ("Kills inside their rounds", check_kills_in_rounds),
    "late_kills": ("Kills after the decision", check_late_kills),
    "players_per_side": ("Players per side", check_players_per_side),
    "departures": ("Players who left a round", check_departures),
    "economy": ("Economy complete", check_economy),
    "damage_cap": ("Damage within health", check_damage_cap),
    "weapons": ("Shots, hits and kills by weapon", check_weapons),
    "odd_values": ("Numbers that can be", check_odd_values),
    "map_name": ("Map named", check_map_name),
    "tick_rate": ("Tick rate", check_tick_rate),
    "parsers": ("Parsers", check_parsers),
}
"""Every check by name, with its label: adding one is a function and a line."""
