"""The figures of DEFINITIONS by player and by round, counted in plain Python from `definitions_reference`."""

from collections import Counter, defaultdict

from makers.definitions_reference import (
    OTHER_SIDE,
    RoundView,
    Row,
    avenged_by,
    chances,
    clutches,
    flash_counts,
    is_assist,
    is_death,
    is_enemy_hit,
    is_kill,
    is_team_hit,
    is_team_kill,
    is_with_bot,
    last_duels,
    opening,
    team_buy,
    views,
)
from offangle.frames.collection import MatchFrames

Figures = dict[str, float | None]

UTILITY = {"hegrenade", "molotov", "incgrenade", "inferno"}
FLASH_FIGURES = ("enemies_flashed", "blind_time_enemy_s", "blind_time_team_s")
MULTI_KILL_WEIGHTS = ((1, 1), (2, 4), (3, 9), (4, 16), (5, 25))


# --- one player in one round


def round_figures(view: RoundView, player: int) -> Counter[str]:
    """What `player` did in one round."""
    counts = Counter[str](
        rounds_played=int(player in view.on_side),
        rounds_decided=int(player in view.on_side and view.winner is not None),
        rounds_won=int(player in view.on_side and view.winner == view.sides[player]),
    )
    for part in (_combat, _duels, _clutch_counts, flash_counts):
        counts.update(part(view, player))
    there = player in view.on_side and player not in view.left
    survived = there and not counts["deaths"]
    earned = any(counts[name] for name in ("kills", "assists", "traded_deaths"))
    counts["survived_rounds"] = int(survived)
    counts["kast_rounds"] = int(player in view.on_side and (survived or earned))
    if counts["kills"]:
        counts[f"multi_{min(counts['kills'], 5)}k"] = 1
    return counts


def _combat(view: RoundView, player: int) -> Counter[str]:
    mine = [kill for kill in view.kills if kill["attacker_steam_id"] == player]
    kills = [kill for kill in mine if is_kill(kill) and not is_with_bot(kill, "attacker")]
    assists = [kill for kill in view.kills if is_assist(kill) and kill["assister_steam_id"] == player]
    hits = [hit for hit in view.damages if hit["attacker_steam_id"] == player]
    fallen = [kill for kill in view.kills if kill["victim_steam_id"] == player]
    return Counter(
        kills=len(kills),
        headshot_kills=sum(kill["is_headshot"] for kill in kills),
        team_kills=sum(is_team_kill(kill) for kill in mine),
        bot_kills=sum(is_kill(kill) and is_with_bot(kill, "attacker") for kill in mine),
        deaths=sum(is_death(view, kill) for kill in fallen),
        bot_deaths=sum(is_with_bot(kill, "victim") for kill in fallen),
        assists=len(assists),
        flash_assists=sum(kill["is_flash_assist"] for kill in assists),
        damage=sum(hit["health_damage"] for hit in hits if is_enemy_hit(hit)),
        utility_damage=sum(hit["health_damage"] for hit in hits if is_enemy_hit(hit) and hit["weapon"] in UTILITY),
        team_damage=sum(hit["health_damage"] for hit in hits if is_team_hit(hit)),
    )


def _duels(view: RoundView, player: int) -> Counter[str]:
    avenging = {kill for death in range(len(view.kills)) for kill in avenged_by(view, death)}
    first = opening(view)
    won = first is not None and first["attacker_steam_id"] == player and not is_with_bot(first, "attacker")
    lost = first is not None and first["victim_steam_id"] == player and is_death(view, first)
    mine = [chance for chance in chances(view) if chance.trader == player]
    return Counter(
        opening_kills=int(won),
        opening_deaths=int(lost),
        opening_attempts=int(won) + int(lost),
        trade_kills=sum(
            view.kills[kill]["attacker_steam_id"] == player and not is_with_bot(view.kills[kill], "attacker")
            for kill in avenging
        ),
        traded_deaths=sum(
            kill["victim_steam_id"] == player and is_death(view, kill) and bool(avenged_by(view, death))
            for death, kill in enumerate(view.kills)
        ),
        trade_opportunities=len(mine),
        trade_attempts=sum(chance.attempted for chance in mine),
        trade_successes=sum(chance.succeeded for chance in mine),
    )


def _clutch_counts(view: RoundView, player: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for clutch in clutches(view):
        if clutch.player == player:
            counts[f"clutches_1v{clutch.opponents}"] += 1
            counts[f"clutches_1v{clutch.opponents}_won"] += clutch.won is True
            counts["clutches_won"] += clutch.won is True
            counts["clutches_lost"] += clutch.won is False
    for duel in last_duels(view):
        if duel.player == player:
            counts["last_duels_won"] += duel.won is True
            counts["last_duels_lost"] += duel.won is False
    return counts


# --- one player in a match

COUNTED = (
    *("rounds_played", "rounds_decided", "rounds_won", "survived_rounds", "kast_rounds"),
    *("kills", "deaths", "assists", "flash_assists", "headshot_kills", "damage", "utility_damage"),
    *("opening_kills", "opening_deaths", "opening_attempts"),
    *("trade_kills", "traded_deaths", "trade_opportunities", "trade_attempts", "trade_successes"),
    *(f"multi_{size}k" for size in range(1, 6)),
    *("clutches_won", "clutches_lost", "last_duels_won", "last_duels_lost"),
    *(f"clutches_1v{size}{result}" for size in range(1, 6) for result in ("", "_won")),
    *("team_kills", "team_damage", "bot_kills", "bot_deaths"),
    *FLASH_FIGURES,
)


def player_figures(frames: MatchFrames) -> dict[tuple[int, str], Figures]:
    """Every figure by player and side, and over both sides as `all`."""
    tallies: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for view in views(frames):
        for player, side in view.sides.items():
            counts = round_figures(view, player)
            for key in {"all", side or "all"}:
                tallies[player, key].update(counts)
    unknown = () if frames.has("blinds") else FLASH_FIGURES
    return {key: _finished(counts, unknown) for key, counts in tallies.items()}


def _finished(counts: Counter[str], unknown: tuple[str, ...]) -> Figures:
    """Counts and the rates that follow from them."""
    found: Figures = {name: None if name in unknown else counts[name] for name in COUNTED}
    return found | _rates(counts) | _ratings(counts) | {"enemies_flashed_per_round": _flashed(counts, unknown)}


def _flashed(counts: Counter[str], unknown: tuple[str, ...]) -> float | None:
    return None if unknown else _ratio(counts["enemies_flashed"], counts["rounds_played"])


def _ratio(above: float, below: float, scale: float = 1.0) -> float | None:
    return scale * above / below if below else None


def _rates(c: Counter[str]) -> Figures:
    rounds = c["rounds_played"]
    return {
        "hs_percent": _ratio(c["headshot_kills"], c["kills"], 100),
        "kd_ratio": _ratio(c["kills"], c["deaths"]),
        "adr": _ratio(c["damage"], rounds),
        "udr": _ratio(c["utility_damage"], rounds),
        "kast": _ratio(c["kast_rounds"], rounds, 100),
        "kpr": _ratio(c["kills"], rounds),
        "dpr": _ratio(c["deaths"], rounds),
        "apr": _ratio(c["assists"], rounds),
        "survival": _ratio(c["survived_rounds"], rounds, 100),
        "round_win_percent": _ratio(c["rounds_won"], c["rounds_decided"], 100),
        "opening_success": _ratio(c["opening_kills"], c["opening_attempts"], 100),
        "trade_success": _ratio(c["trade_successes"], c["trade_opportunities"], 100),
        "clutch_success": _ratio(c["clutches_won"], c["clutches_won"] + c["clutches_lost"], 100),
        "last_duel_success": _ratio(c["last_duels_won"], c["last_duels_won"] + c["last_duels_lost"], 100),
    }


def _ratings(c: Counter[str]) -> Figures:
    rounds = c["rounds_played"]
    if not rounds:
        return dict.fromkeys(("impact", "rating_1", "rating_2_est"))
    kpr, apr, dpr = c["kills"] / rounds, c["assists"] / rounds, c["deaths"] / rounds
    adr, kast = c["damage"] / rounds, 100 * c["kast_rounds"] / rounds
    multi = sum(weight * c[f"multi_{size}k"] for size, weight in MULTI_KILL_WEIGHTS) / rounds
    impact = 2.13 * kpr + 0.42 * apr - 0.41
    return {
        "impact": impact,
        "rating_1": (kpr / 0.679 + 0.7 * (c["survived_rounds"] / rounds) / 0.317 + multi / 1.277) / 2.7,
        "rating_2_est": 0.00738764 * kast
        + 0.35912389 * kpr
        - 0.5329508 * dpr
        + 0.2372603 * impact
        + 0.0032397 * adr
        + 0.15872723,
    }


# --- rounds of a match


def round_rows(frames: MatchFrames) -> list[Row]:
    """What there is to say about each counted round."""
    rows: list[Row] = []
    score: dict[str, int] | None = {"a": 0, "b": 0}  # None from a gap in the numbers or an unknown winner on
    for position, view in enumerate(views(frames), start=1):
        score = score if view.number == position else None
        rows.append(_round_row(view, score))
        if score is not None:
            known = view.winner_team
            score = None if known is None else score | {known: score[known] + 1}
    return rows


def _round_row(view: RoundView, score: dict[str, int] | None) -> Row:
    row, first = view.row, opening(view)
    # the winner's; of two whose result is unknown any may be shown, and it is the one with the higher id
    alone = sorted(clutches(view), key=lambda clutch: (clutch.won is not True, -clutch.player))[:1]
    begin = row["start_tick"] if row["freeze_end_tick"] is None else row["freeze_end_tick"]
    planted = [event for event in view.bombs if event["event"] == "planted"]
    exploded = any(event["event"] == "exploded" for event in view.bombs)
    copied = ("kind", "half", "start_tick", "freeze_end_tick", "end_tick", "team_a_side", "reason")
    return {
        "number": view.number,
        **{name: row[name] for name in copied},
        "winner_side": view.winner,
        "winner_team": view.winner_team,
        **{f"score_{team}_after": _score_after(view, team, score) for team in ("a", "b")},
        "duration_s": None if row["end_tick"] is None else (row["end_tick"] - begin) / view.tick_rate,
        **{f"{side}_{name}": value for side in OTHER_SIDE for name, value in _side_row(view, side).items()},
        "plant_site": planted[0]["site"] if planted else None,
        "exploded": exploded or row["reason"] == "bomb_exploded",
        "opening_side": first and first["attacker_side"],
        "opening_attacker_steam_id": first and first["attacker_steam_id"],
        "opening_victim_steam_id": first and first["victim_steam_id"],
        "clutch_steam_id": alone[0].player if alone else None,
        "clutch_opponents": alone[0].opponents if alone else None,
        "clutch_won": alone[0].won if alone else None,
    }


def _score_after(view: RoundView, team: str, counted: dict[str, int] | None) -> int | None:
    """The score that the source states before the round, else the counted one, and the round."""
    before = view.row[f"score_{team}_before"]
    if before is None and counted is not None:
        before = counted[team]
    return None if before is None or view.winner_team is None else before + (view.winner_team == team)


def _side_row(view: RoundView, side: str) -> Row:
    players = [round_figures(view, player) for player, played in view.sides.items() if played == side]
    worth = [purse["equipment_value"] for purse in view.purses if purse["side"] == side]
    known = [value for value in worth if value is not None]
    return {
        "buy": team_buy(view, side),
        "equipment": sum(known) if known else None,
        "kills": sum(counts["kills"] for counts in players),
        "survivors": sum(counts["survived_rounds"] for counts in players),
    }
