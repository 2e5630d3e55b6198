"""The statistics of DEFINITIONS, row by row in plain Python: slow, obvious, and written apart from the product."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from offangle.frames.collection import MatchFrames

Row = dict[str, Any]
WINDOW_S = 5
UTILITY = {"hegrenade", "molotov", "incgrenade", "inferno"}


@dataclass
class RoundView:
    """One counted round: its row, who was on which side, and its events in order of time."""

    row: Row
    sides: dict[int, str]
    kills: list[Row]
    damages: list[Row]
    window: int

    def decided(self, tick: int) -> bool:
        end = self.row["end_tick"]
        return end is not None and tick > end


def views(frames: MatchFrames) -> list[RoundView]:
    """The counted rounds."""
    found = []
    for row in frames["rounds"].sort("round_number").to_dicts():
        number = row["round_number"]
        if number <= 0:
            continue
        here = [r for r in frames["player_rounds"].to_dicts() if r["round_number"] == number]
        kills = [r for r in frames["kills"].to_dicts() if r["round_number"] == number]
        found.append(
            RoundView(
                row=row,
                sides={r["steam_id"]: r["side"] for r in here},
                kills=sorted(kills, key=lambda kill: kill["tick"]),
                damages=[r for r in frames["damages"].to_dicts() if r["round_number"] == number],
                window=int(WINDOW_S * frames.tick_rate),
            )
        )
    return found


def is_kill(kill: Row) -> bool:
    """An enemy killed by a player."""
    by_player = kill["attacker_steam_id"] is not None and kill["weapon"] not in {"c4", "planted_c4", "world"}
    return by_player and kill["attacker_side"] != kill["victim_side"]


def is_assist(kill: Row) -> bool:
    """The game's own assister, on the killer's side, of a kill."""
    return is_kill(kill) and kill["assister_steam_id"] is not None and kill["assister_side"] == kill["attacker_side"]


def avenged_by(view: RoundView, death: int) -> list[int]:
    """Positions of the kills that avenge the death at position `death`."""
    dead = view.kills[death]
    if not is_kill(dead) or view.decided(dead["tick"]):
        return []
    return [
        position
        for position, kill in enumerate(view.kills)
        if position > death
        and is_kill(kill)
        and not view.decided(kill["tick"])
        and kill["victim_steam_id"] == dead["attacker_steam_id"]
        and kill["attacker_side"] == dead["victim_side"]
        and kill["attacker_steam_id"] != dead["victim_steam_id"]
        and kill["tick"] - dead["tick"] <= view.window
    ]


def is_alive(view: RoundView, player: int, position: int) -> bool:
    """Whether `player` had not died before the death at `position`."""
    return all(kill["victim_steam_id"] != player for kill in view.kills[:position])


def opportunities(view: RoundView) -> list[tuple[int, bool, bool]]:
    """(trader, attempted, succeeded) for each death and each living team-mate while the killer lives."""
    found = []
    for position, dead in enumerate(view.kills):
        if not is_kill(dead) or view.decided(dead["tick"]):
            continue
        killer = dead["attacker_steam_id"]
        if not is_alive(view, killer, position):
            continue
        for mate, side in view.sides.items():
            if side != dead["victim_side"] or mate == dead["victim_steam_id"] or not is_alive(view, mate, position):
                continue
            succeeded = any(view.kills[kill]["attacker_steam_id"] == mate for kill in avenged_by(view, position))
            hurt = any(
                hit["attacker_steam_id"] == mate
                and hit["victim_steam_id"] == killer
                and hit["health_damage"] > 0
                and 0 <= hit["tick"] - dead["tick"] <= view.window
                and not view.decided(hit["tick"])
                for hit in view.damages
            )
            found.append((mate, hurt or succeeded, succeeded))
    return found


def opening(view: RoundView) -> Row | None:
    """The round's first kill that is neither team kill nor suicide."""
    return next((kill for kill in view.kills if is_kill(kill) and not view.decided(kill["tick"])), None)


def clutches(view: RoundView) -> list[tuple[int, int, bool | None]]:
    """(player, opponents, won) of whoever is first left alone on a side."""
    alive = {side: {p for p, s in view.sides.items() if s == side} for side in ("t", "ct")}
    for tick in sorted({kill["tick"] for kill in view.kills}):
        before = {side: len(players) for side, players in alive.items()}
        for kill in view.kills:
            if kill["tick"] == tick:
                alive[view.sides[kill["victim_steam_id"]]].discard(kill["victim_steam_id"])
        if view.row["end_tick"] is not None and tick >= view.row["end_tick"]:
            return []
        found = []
        for side, other in (("t", "ct"), ("ct", "t")):
            if len(alive[side]) == 1 and before[side] > 1 and alive[other]:
                winner = view.row["winner_side"]
                found.append((next(iter(alive[side])), len(alive[other]), None if winner is None else winner == side))
        if found:
            return found
    return []


@dataclass
class Tally:
    """One player's figures."""

    count: Counter[str] = field(default_factory=Counter)

    def finished(self) -> dict[str, float | None]:
        """Counts and the rates that follow from them."""
        c, rounds = self.count, self.count["rounds_played"]
        result: dict[str, float | None] = dict(c)
        if not rounds:
            return result | dict.fromkeys(("adr", "kast", "rating_1", "rating_2_est"))
        kpr, apr, dpr = c["kills"] / rounds, c["assists"] / rounds, c["deaths"] / rounds
        adr, kast = c["damage"] / rounds, 100 * c["kast_rounds"] / rounds
        multi = sum(size * size * c[f"multi_{size}k"] for size in range(1, 6)) / rounds
        impact = 2.13 * kpr + 0.42 * apr - 0.41
        result["adr"], result["kast"] = adr, kast
        result["rating_1"] = (kpr / 0.679 + 0.7 * (c["survived_rounds"] / rounds) / 0.317 + multi / 1.277) / 2.7
        result["rating_2_est"] = (
            0.00738764 * kast + 0.35912389 * kpr - 0.5329508 * dpr + 0.2372603 * impact + 0.0032397 * adr + 0.15872723
        )
        return result


def player_figures(frames: MatchFrames) -> dict[int, dict[str, float | None]]:
    """Every player's figures over both sides."""
    tallies: dict[int, Tally] = defaultdict(Tally)
    for view in views(frames):
        for player in view.sides:
            tallies[player].count.update(round_figures(view, player))
    return {player: tally.finished() for player, tally in tallies.items()}


def round_figures(view: RoundView, player: int) -> Counter[str]:
    """What `player` did in one round."""
    kills = [kill for kill in view.kills if is_kill(kill) and kill["attacker_steam_id"] == player]
    deaths = [position for position, kill in enumerate(view.kills) if kill["victim_steam_id"] == player]
    assists = [kill for kill in view.kills if is_assist(kill) and kill["assister_steam_id"] == player]
    hits = [
        hit for hit in view.damages if hit["attacker_steam_id"] == player and hit["attacker_side"] != hit["victim_side"]
    ]
    traded = sum(bool(avenged_by(view, position)) for position in deaths)
    avenging = {kill for position in range(len(view.kills)) for kill in avenged_by(view, position)}
    first = opening(view)
    chances = [chance for chance in opportunities(view) if chance[0] == player]
    counts = Counter(
        rounds_played=1,
        kills=len(kills),
        deaths=len(deaths),
        assists=len(assists),
        flash_assists=sum(kill["is_flash_assist"] for kill in assists),
        headshot_kills=sum(kill["is_headshot"] for kill in kills),
        damage=sum(hit["health_damage"] for hit in hits),
        utility_damage=sum(hit["health_damage"] for hit in hits if hit["weapon"] in UTILITY),
        survived_rounds=int(not deaths),
        kast_rounds=int(bool(kills or assists or traded) or not deaths),
        traded_deaths=traded,
        trade_kills=sum(view.kills[position]["attacker_steam_id"] == player for position in avenging),
        trade_opportunities=len(chances),
        trade_attempts=sum(attempted for _, attempted, _ in chances),
        trade_successes=sum(succeeded for _, _, succeeded in chances),
        opening_kills=int(first is not None and first["attacker_steam_id"] == player),
        opening_deaths=int(first is not None and first["victim_steam_id"] == player),
        clutches_won=sum(who == player and won is True for who, _, won in clutches(view)),
        clutches_lost=sum(who == player and won is False for who, _, won in clutches(view)),
    )
    if kills:
        counts[f"multi_{min(len(kills), 5)}k"] += 1
    return counts


def team_buy(side: str, values: list[int], left: list[int], *, place: str, lost_before: bool) -> str:
    """A team's buy class from its players' equipment and money left; `place` is pistol, overtime or other."""
    if place in {"pistol", "overtime"}:
        return place
    mean = sum(values) / len(values)
    if mean < 1000:
        return "eco"
    if mean >= (4000 if side == "t" else 4500):
        return "full"
    if lost_before and sum(left) / len(left) <= 400:
        return "force"
    return "semi"
