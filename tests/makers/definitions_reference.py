"""What DEFINITIONS says of a round, row by row in plain Python: slow, obvious, and written apart from the product.

`definitions_figures` counts it. Rows are those of `frames`. What had to be chosen
where the sheet leaves room is in docs/explain/definitions-choices.md.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from offangle.frames.collection import MatchFrames

Row = dict[str, Any]

TRADE_WINDOW_S = 5
GONE_FOR_S = 2
"""Somebody without a sample in the last so many seconds that others have was not there at the end."""
FLASHED_FROM_S = 1.1
BOMB = {"c4", "planted_c4"}
OTHER_SIDE = {"t": "ct", "ct": "t"}


@dataclass
class RoundView:
    """One counted round, its events in order of time.

    Attributes:
        row: Of `rounds`.
        previous: The counted round before, if there was one.
        on_side: Side of everybody who was on one at freeze end.
        sides: The same, and of whoever took part later.
        kills: Every death, sides completed.
        damages: Every hit, sides completed.
        blinds: Everybody blinded.
        bombs: What happened to the bomb.
        purses: Rows of `economy`.
        left: Tick at which whoever was gone before the decision was last there.
        not_in_next: Players who are on no side in the next counted round.
        tick_rate: Ticks per second.
    """

    row: Row
    previous: Row | None
    on_side: dict[int, str]
    sides: dict[int, str | None]
    kills: list[Row]
    damages: list[Row]
    blinds: list[Row]
    bombs: list[Row]
    purses: list[Row]
    left: dict[int, int]
    not_in_next: set[int]
    tick_rate: float

    @property
    def number(self) -> int:
        return int(self.row["round_number"])

    @property
    def winner(self) -> str | None:
        """The side that won."""
        team, side_of_a = self.row["winner_team"], self.row["team_a_side"]
        if self.row["winner_side"] is not None or team is None or side_of_a is None:
            return None if self.row["winner_side"] is None else str(self.row["winner_side"])
        return str(side_of_a) if team == "a" else OTHER_SIDE[side_of_a]

    @property
    def winner_team(self) -> str | None:
        """The team that won."""
        if self.winner is None or self.row["team_a_side"] is None:
            return None if self.row["winner_team"] is None else str(self.row["winner_team"])
        return "a" if self.winner == self.row["team_a_side"] else "b"

    def is_decided(self, tick: int) -> bool:
        """Whether `tick` is after the decision."""
        end = self.row["end_tick"]
        return end is not None and tick > end


# --- rounds


def views(frames: MatchFrames) -> list[RoundView]:
    """The counted rounds, in order."""
    rounds = [row for row in frames["rounds"].sort("round_number").to_dicts() if row["round_number"] > 0]
    rosters = {row["round_number"]: dict[int, str]() for row in rounds}
    for row in frames["player_rounds"].to_dicts():
        if row["round_number"] > 0:
            rosters[row["round_number"]][row["steam_id"]] = row["side"]
    samples = _samples(frames)
    found = []
    for position, row in enumerate(rounds):
        following = rounds[position + 1]["round_number"] if position + 1 < len(rounds) else row["round_number"]
        view = _view(frames, row, rosters[row["round_number"]])
        view.previous = rounds[position - 1] if position else None
        view.not_in_next = set(view.on_side) - set(rosters[following])
        view.left = _left(view, samples.get(row["round_number"], {}))
        found.append(view)
    return found


def _view(frames: MatchFrames, row: Row, on_side: dict[int, str]) -> RoundView:
    def events(name: str) -> list[Row]:
        here = [event for event in frames[name].to_dicts() if event["round_number"] == row["round_number"]]
        for event in here:
            for role in ("attacker", "victim", "assister"):
                if f"{role}_side" in event and event[f"{role}_side"] is None:
                    event[f"{role}_side"] = on_side.get(event[f"{role}_steam_id"])
        return here

    kills = sorted(events("kills"), key=lambda kill: int(kill["tick"]))
    damages = events("damages")
    sides: dict[int, str | None] = dict(on_side)
    for role, rows in (
        *((role, kills) for role in ("attacker", "victim", "assister")),
        *((role, damages) for role in ("attacker", "victim")),
    ):
        for event in rows:
            if event[f"{role}_steam_id"] is not None:
                sides.setdefault(event[f"{role}_steam_id"], event[f"{role}_side"])
    return RoundView(
        row=row,
        previous=None,
        on_side=on_side,
        sides=sides,
        kills=kills,
        damages=damages,
        blinds=events("blinds"),
        bombs=sorted(events("bomb_events"), key=lambda event: int(event["tick"])),
        purses=events("economy"),
        left={},
        not_in_next=set(),
        tick_rate=frames.tick_rate,
    )


def _samples(frames: MatchFrames) -> dict[int, dict[int, dict[int, bool]]]:
    """Per round and player whether they were alive at each tick at which they were seen."""
    seen: dict[int, dict[int, dict[int, bool]]] = defaultdict(lambda: defaultdict(dict))
    for number, player, tick, alive in (
        frames["ticks"].select("round_number", "steam_id", "tick", "is_alive").iter_rows()
    ):
        seen[number][player][tick] = alive
    return seen


def _left(view: RoundView, seen: dict[int, dict[int, bool]]) -> dict[int, int]:
    """Who was not seen up to the decision as others were, or is dead by then though nobody killed him."""
    end = view.row["end_tick"]
    before = {player: {t: a for t, a in ticks.items() if end is None or t <= end} for player, ticks in seen.items()}
    before = {player: ticks for player, ticks in before.items() if ticks}
    died = {kill["victim_steam_id"] for kill in view.kills if not is_with_bot(kill, "victim")}
    until = max((max(ticks) for ticks in before.values()), default=0)
    left = {}
    for player, ticks in before.items():
        last, alive = max(ticks), max((tick for tick, is_alive in ticks.items() if is_alive), default=min(ticks) - 1)
        is_mortal = player > 0 and player not in died
        if last < until - GONE_FOR_S * view.tick_rate or (is_mortal and alive < last):
            left[player] = alive if is_mortal else last
    for kill in view.kills:
        if is_leaving(view, kill):
            left[kill["victim_steam_id"]] = min(kill["tick"], left.get(kill["victim_steam_id"], kill["tick"]))
    return left


# --- deaths


def is_kill(kill: Row) -> bool:
    """An enemy killed by a player; not suicide, the bomb or the world."""
    return is_by_another(kill) and kill["attacker_side"] is not None and kill["attacker_side"] != kill["victim_side"]


def is_team_kill(kill: Row) -> bool:
    """A team-mate killed."""
    return is_by_another(kill) and kill["attacker_side"] is not None and kill["attacker_side"] == kill["victim_side"]


def is_by_another(kill: Row) -> bool:
    """Killed by another player."""
    attacker = kill["attacker_steam_id"]
    return attacker is not None and attacker != kill["victim_steam_id"] and kill["weapon"] not in {*BOMB, "world"}


def is_with_bot(kill: Row, role: str) -> bool:
    """Whether the attacker or victim was controlling a bot: such kills and deaths are listed apart."""
    return kill[f"is_{role}_controlling_bot"] is True


def is_leaving(view: RoundView, kill: Row) -> bool:
    """Leaving the server, which the game writes as a death by oneself and the world: not a death."""
    alone = kill["attacker_steam_id"] == kill["victim_steam_id"] and kill["weapon"] == "world"
    return alone and kill["victim_steam_id"] in view.not_in_next


def is_death(view: RoundView, kill: Row) -> bool:
    """A death of the victim's own."""
    return not is_with_bot(kill, "victim") and not is_leaving(view, kill)


def is_assist(kill: Row) -> bool:
    """The game's own assister, on the killer's side, of a kill."""
    assister = kill["assister_steam_id"]
    return (
        is_kill(kill)
        and assister is not None
        and assister != kill["attacker_steam_id"]
        and kill["assister_side"] == kill["attacker_side"]
    )


def has_died(view: RoundView, player: int, position: int) -> bool:
    """Whether `player` had died before the death at `position`."""
    return any(kill["victim_steam_id"] == player and not is_with_bot(kill, "victim") for kill in view.kills[:position])


def was_there(view: RoundView, player: int, tick: int) -> bool:
    """Whether `player` had not left before `tick`."""
    return view.left.get(player, tick) >= tick


# --- trades


def avenged_by(view: RoundView, death: int) -> list[int]:
    """Positions of the kills that avenge the death at position `death`."""
    dead = view.kills[death]
    if not is_kill(dead) or view.is_decided(dead["tick"]):
        return []
    return [
        position
        for position, kill in enumerate(view.kills)
        if position > death
        and is_kill(kill)
        and not view.is_decided(kill["tick"])
        and kill["victim_steam_id"] == dead["attacker_steam_id"]
        and kill["attacker_side"] == dead["victim_side"]
        and kill["attacker_steam_id"] != dead["victim_steam_id"]
        and kill["tick"] - dead["tick"] <= TRADE_WINDOW_S * view.tick_rate
    ]


@dataclass(frozen=True, order=True)
class Chance:
    """A team-mate's death and somebody who could avenge it."""

    round_number: int
    tick: int
    victim: int
    killer: int
    trader: int
    attempted: bool
    succeeded: bool


def chances(view: RoundView) -> list[Chance]:
    """For each death, each team-mate who was alive while the killer was too."""
    found = []
    for position, dead in enumerate(view.kills):
        if not is_kill(dead) or view.is_decided(dead["tick"]):
            continue
        killer, victim, tick = dead["attacker_steam_id"], dead["victim_steam_id"], dead["tick"]
        lives = is_with_bot(dead, "attacker") or not has_died(view, killer, position)
        if not lives or not was_there(view, killer, tick):
            continue
        for mate, side in view.sides.items():
            if side != dead["victim_side"] or mate == victim:
                continue
            if not has_died(view, mate, position) and was_there(view, mate, tick):
                succeeded = any(view.kills[kill]["attacker_steam_id"] == mate for kill in avenged_by(view, position))
                attempted = succeeded or _hurt(view, mate, killer, tick)
                found.append(Chance(view.number, tick, victim, killer, mate, attempted, succeeded))
    return found


def _hurt(view: RoundView, attacker: int, victim: int, since: int) -> bool:
    """Whether `attacker` removed health from `victim` within the window and before the decision."""
    return any(
        hit["attacker_steam_id"] == attacker
        and hit["victim_steam_id"] == victim
        and hit["health_damage"] > 0
        and is_enemy_hit(hit)
        and 0 <= hit["tick"] - since <= TRADE_WINDOW_S * view.tick_rate
        and not view.is_decided(hit["tick"])
        for hit in view.damages
    )


# --- opening duels and clutches


def opening(view: RoundView) -> Row | None:
    """The round's first kill that is neither team kill nor suicide."""
    return next((kill for kill in view.kills if is_kill(kill) and not view.is_decided(kill["tick"])), None)


@dataclass(frozen=True)
class Clutch:
    """Somebody left alone."""

    round_number: int
    tick: int
    player: int
    side: str
    opponents: int
    won: bool | None


def clutches(view: RoundView) -> list[Clutch]:
    """Whoever is first left alone on a side; both, if that happens to both sides in one tick."""
    bodies = Counter(view.on_side.values())
    standing = set(view.sides)
    falls = _falls(view)
    for tick in sorted({tick for tick, _, _ in falls}):
        if view.row["end_tick"] is not None and tick >= view.row["end_tick"]:
            return []
        before = Counter(bodies)
        for when, side, player in falls:
            if when == tick and side is not None:
                bodies[side] -= 1
                standing.discard(player)
        found = []
        for side, other in OTHER_SIDE.items():
            if bodies[side] == 1 and before[side] > 1 and bodies[other] >= 1:
                # a bot's body may have been lost by the human who played it; ids of bots are negative
                last = max(player for player in standing if view.sides[player] == side)
                won = None if view.winner is None else view.winner == side
                found.append(Clutch(view.number, tick, last, side, bodies[other], won))
        if found:
            return found
    return []


@dataclass(frozen=True)
class LastDuel:
    """One player on either side."""

    round_number: int
    tick: int
    player: int
    side: str
    won: bool | None


def last_duels(view: RoundView) -> list[LastDuel]:
    """Both players, when a round first comes down to one on either side before it is decided."""
    bodies = Counter(view.on_side.values())
    standing = set(view.sides)
    falls = _falls(view)
    for tick in sorted({tick for tick, _, _ in falls}):
        if view.row["end_tick"] is not None and tick >= view.row["end_tick"]:
            return []
        for when, side, player in falls:
            if when == tick and side is not None:
                bodies[side] -= 1
                standing.discard(player)
        if all(bodies[side] == 1 for side in OTHER_SIDE):
            return [
                LastDuel(
                    view.number,
                    tick,
                    max(player for player in standing if view.sides[player] == side),
                    side,
                    None if view.winner is None else view.winner == side,
                )
                for side in OTHER_SIDE
            ]
    return []


def _falls(view: RoundView) -> list[tuple[int, str | None, int]]:
    """(tick, side, player) of each body lost: by death, or because the player left alive; player 0 is a bot's body."""
    falls: list[tuple[int, str | None, int]] = []
    dead = set()
    for kill in view.kills:
        player = kill["victim_steam_id"]
        if is_with_bot(kill, "victim"):
            falls.append((kill["tick"], kill["victim_side"], 0))
        elif player not in dead:
            dead.add(player)
            falls.append((kill["tick"], kill["victim_side"], player))
    gone = [(tick, view.sides[player], player) for player, tick in view.left.items() if player in view.sides]
    return falls + [fall for fall in gone if fall[2] not in dead]


# --- economy


def player_buy(value: int | None) -> str | None:
    """A player's class by equipment value."""
    if value is None:
        return None
    if value < 1000:
        return "eco"
    if value < 2500:
        return "semi_eco"
    return "semi_buy" if value < 4000 else "full"


def class_value(purse: Row) -> int | None:
    """What a player's class goes by: equipment at the end of buy time, else at freeze end."""
    late: int | None = purse["equipment_value_buy_end"]
    early: int | None = purse["equipment_value"]
    return early if late is None else late


def money_left(purse: Row) -> int | None:
    """Money at freeze end."""
    if purse["money_left"] is not None:
        return int(purse["money_left"])
    if purse["start_money"] is None or purse["money_spent"] is None:
        return None
    return max(0, int(purse["start_money"]) - int(purse["money_spent"]))


def team_buy(view: RoundView, side: str) -> str | None:
    """A team's class: the first rule that fits."""
    row, previous = view.row, view.previous
    follows = previous is not None and previous["round_number"] == view.number - 1
    if row["kind"] == "overtime" or row["half"] > 2:
        return "overtime"
    if view.number == 1 or (follows and previous is not None and previous["half"] != row["half"]):
        return "pistol"
    here = [purse for purse in view.purses if purse["side"] == side]
    values = [value for purse in here if (value := class_value(purse)) is not None]
    left = [money for purse in here if (money := money_left(purse)) is not None]
    if not values:
        return None
    mean = sum(values) / len(values)
    if mean < 1000:
        return "eco"
    if mean >= (4000 if side == "t" else 4500):
        return "full"
    lost = follows and previous is not None and previous["winner_side"] not in {None, side}
    return "force" if lost and left and sum(left) / len(left) <= 400 else "semi"


# --- damage and flashes


def is_enemy_hit(hit: Row) -> bool:
    """An enemy hurt by a player."""
    return _is_by_player(hit) and hit["attacker_side"] is not None and hit["attacker_side"] != hit["victim_side"]


def is_team_hit(hit: Row) -> bool:
    """A team-mate hurt."""
    return _is_by_player(hit) and hit["attacker_side"] is not None and hit["attacker_side"] == hit["victim_side"]


def _is_by_player(hit: Row) -> bool:
    attacker = hit["attacker_steam_id"]
    return attacker is not None and attacker != hit["victim_steam_id"] and hit["weapon"] not in BOMB


def flash_counts(view: RoundView, player: int) -> Counter[str]:
    """What a player's flashes did."""
    counts: Counter[str] = Counter()
    for blind in view.blinds:
        if blind["attacker_steam_id"] == player != blind["victim_steam_id"]:
            is_enemy = blind["attacker_side"] != blind["victim_side"]
            counts["enemies_flashed"] += is_enemy and blind["duration_s"] >= FLASHED_FROM_S
            counts[f"blind_time_{'enemy' if is_enemy else 'team'}_s"] += blind["duration_s"]
    return counts
