"""Synthetic matches: small, consistent, the same for the same seed, and their statistics known while they are made.

`make_match` plays a match out event by event and returns its tables as an adapter would; the table `scoreboard` is its
truth, counted one event at a time and not from the tables. `write_interchange_zip` puts such a match into a zip.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from makers.interchange_zips import write_interchange_zip
from makers.match_samples import add_samples
from offangle.core.sides import Side, Team, other_side, other_team
from offangle.frames.collection import MatchFrames, check, conform, empty_table

__all__ = ["Maker", "make_match", "write_interchange_zip"]

TICK_RATE: Final = 64
SAMPLE_RATE_HZ: Final = 8
FREEZE_TICKS: Final = 15 * TICK_RATE
ROUND_TICKS: Final = 115 * TICK_RATE
BOMB_TICKS: Final = 40 * TICK_RATE
AFTER_TICKS: Final = 7 * TICK_RATE
"""Between the decision and the next round's begin."""

OVERTIME_HALF_ROUNDS: Final = 3
FIRST_ID: Final = 76_561_202_255_000_001
"""Beyond the accounts that exist, so that no test ever names a person."""

NAMES: Final[Mapping[Team, tuple[str, ...]]] = {
    "a": ("Alder", "Birch", "Cedar", "Elm", "Fir"),
    "b": ("Hazel", "Juniper", "Larch", "Maple", "Oak"),
}
FULL_HEALTH: Final = 100
SITES: Final = {"a": (-400, -2100, -180), "b": (-2000, 300, -160)}
PISTOL: Final[Mapping[Side, str]] = {"t": "glock", "ct": "usp_silencer"}
RIFLE: Final[Mapping[Side, str]] = {"t": "ak47", "ct": "m4a1_silencer"}
SMG: Final[Mapping[Side, str]] = {"t": "mac10", "ct": "mp9"}
PRICE: Final = {"ak47": 2700, "m4a1_silencer": 2900, "mac10": 1050, "mp9": 1250, "glock": 0, "usp_silencer": 0}
PISTOL_VALUE: Final = 200
ARMOR_PRICE: Final = 1000
START_MONEY: Final = 800
MAX_MONEY: Final = 16_000
OVERTIME_MONEY: Final = 10_000
WIN_MONEY: Final = 3250
LOSS_BONUS: Final = (1400, 1900, 2400, 2900, 3400)
UTILITY: Final = ("hegrenade", "inferno")
BOMB_REASONS: Final = ("bomb_exploded", "bomb_defused")
REASONS: Final[Mapping[Side, tuple[str, ...]]] = {
    "t": ("elimination", "elimination", "bomb_exploded"),
    "ct": ("elimination", "elimination", "bomb_defused", "time_expired"),
}

Row = dict[str, Any]


@dataclass(slots=True)
class Player:
    steam_id: int
    name: str
    team: Team
    money: int = START_MONEY
    health: int = FULL_HEALTH
    armor: int = 0
    weapon: str = "glock"

    @property
    def is_alive(self) -> bool:
        return self.health > 0


@dataclass(slots=True)
class Round:
    number: int
    half: int
    is_overtime: bool
    start_tick: int
    team_a_side: Side
    winner: Team
    end_tick: int = 0
    reason: str = "elimination"

    @property
    def freeze_end_tick(self) -> int:
        return self.start_tick + FREEZE_TICKS

    def side_of(self, team: Team) -> Side:
        return self.team_a_side if team == "a" else other_side(self.team_a_side)


@dataclass(slots=True)
class Maker:
    """A match being played; `make_match` runs it."""

    seed: int
    score: tuple[int, int]
    half_rounds: int
    map_name: str
    team_kill_every: int
    rng: random.Random = field(init=False)
    players: list[Player] = field(init=False)
    rows: dict[str, list[Row]] = field(init=False)
    truth: dict[int, Counter[str]] = field(init=False)
    losses: Counter[Team] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 -- a repeatable match, not a secret
        everyone = [(name, team) for team, names in NAMES.items() for name in names]
        self.players = [Player(FIRST_ID + nth, name, team) for nth, (name, team) in enumerate(everyone)]
        tables = ("rounds", "kills", "damages", "economy", "grenades", "blinds", "bomb_events", "shots")
        self.rows = {table: [] for table in tables}
        self.truth = {player.steam_id: Counter() for player in self.players}

    # -- the match ---------------------------------------------------------------------------------------------------

    def play(self) -> None:
        start = TICK_RATE
        scored: Counter[Team] = Counter()
        for number, winner in enumerate(self.winners(), start=1):
            one = self.begin_round(number, winner, start)
            self.play_round(one)
            self.end_round(one, scored)
            start = one.end_tick + AFTER_TICKS

    def winners(self) -> list[Team]:
        """Who wins each round: the match's winner takes the last, and overtime begins level."""
        champion: Team = "a" if self.score[0] > self.score[1] else "b"
        is_overtime = sum(self.score) > 2 * self.half_rounds
        level = self.half_rounds if is_overtime else 0
        first = _repeated(level, level)
        rest = _repeated(self.score[0] - level, self.score[1] - level)
        rest.remove(champion)
        self.rng.shuffle(first)
        self.rng.shuffle(rest)
        return [*first, *rest, champion]

    def begin_round(self, number: int, winner: Team, start_tick: int) -> Round:
        regular = 2 * self.half_rounds
        is_overtime = number > regular
        nth, length = (number - regular - 1, OVERTIME_HALF_ROUNDS) if is_overtime else (number - 1, self.half_rounds)
        half = nth // length + (3 if is_overtime else 1)
        one = Round(number, half, is_overtime, start_tick, "ct" if half % 2 else "t", winner)
        for player in self.players:
            self.buy(player, one, is_fresh=nth % length == 0)
        return one

    def buy(self, player: Player, one: Round, *, is_fresh: bool) -> None:
        side = one.side_of(player.team)
        if is_fresh:
            player.money = OVERTIME_MONEY if one.is_overtime else START_MONEY
            self.losses.clear()
        kept = player.weapon if player.is_alive and not is_fresh else PISTOL[side]
        wanted = next((w for w in (RIFLE[side], SMG[side]) if player.money >= PRICE[w] + ARMOR_PRICE), kept)
        player.weapon = kept if kept in RIFLE.values() else wanted
        spent = PRICE[player.weapon] if player.weapon != kept else 0
        player.health, player.armor = FULL_HEALTH, 0
        if player.money - spent >= ARMOR_PRICE:
            spent, player.armor = spent + ARMOR_PRICE, 100
        player.money -= spent
        self.rows["economy"].append(self.economy_row(player, one, spent))

    def economy_row(self, player: Player, one: Round, spent: int) -> Row:
        is_pistol = player.weapon in PISTOL.values()
        has_armor = player.armor > 0
        return {
            "round_number": one.number,
            "steam_id": player.steam_id,
            "side": one.side_of(player.team),
            "start_money": player.money + spent,
            "money_spent": spent,
            "money_left": player.money,
            "equipment_value": PISTOL_VALUE + PRICE[player.weapon] + (ARMOR_PRICE if has_armor else 0),
            "has_armor": has_armor,
            "has_helmet": has_armor,
            "has_defuse_kit": False,
            "primary_weapon": None if is_pistol else player.weapon,
            "secondary_weapon": PISTOL[one.side_of(player.team)],
        }

    def end_round(self, one: Round, scored: Counter[Team]) -> None:
        self.rows["rounds"].append(
            {
                "round_number": one.number,
                "kind": "overtime" if one.is_overtime else "regular",
                "half": one.half,
                "start_tick": one.start_tick,
                "freeze_end_tick": one.freeze_end_tick,
                "end_tick": one.end_tick,
                "team_a_side": one.team_a_side,
                "winner_side": one.side_of(one.winner),
                "winner_team": one.winner,
                "reason": one.reason,
                "score_a_before": scored["a"],
                "score_b_before": scored["b"],
            }
        )
        scored[one.winner] += 1
        self.losses[one.winner] = 0
        self.losses[other_team(one.winner)] += 1
        for player in self.players:
            lost = min(self.losses[player.team], len(LOSS_BONUS)) - 1
            income = WIN_MONEY if player.team == one.winner else LOSS_BONUS[lost]
            player.money = min(MAX_MONEY, player.money + income)
            self.truth[player.steam_id]["rounds_played"] += 1

    # -- a round -----------------------------------------------------------------------------------------------------

    def play_round(self, one: Round) -> None:
        one.reason = self.rng.choice(REASONS[one.side_of(one.winner)])
        clock = self.utility(one, one.freeze_end_tick + 5 * TICK_RATE)
        has_bomb = one.reason in BOMB_REASONS
        planted_at = None
        deaths = self.deaths_to_come(one)
        for nth, team in enumerate(deaths):
            if has_bomb and nth == min(1, len(deaths) - 1):
                planted_at = clock = self.plant(one, clock + 2 * TICK_RATE)
            clock += self.rng.randint(1, 6 if planted_at else 10) * TICK_RATE // 2
            self.fall(one, team, clock, is_last=nth == len(deaths) - 1)
        self.decide(one, clock, planted_at)

    def deaths_to_come(self, one: Round) -> list[Team]:
        """Teams in the order in which they lose a player; one of each team is left until the last death."""
        winners, losers = one.winner, other_team(one.winner)
        lost = 5 if one.reason == "elimination" else self.rng.randint(1, 4)
        deaths: list[Team] = [losers] * (lost - 1) + [winners] * self.rng.choice((0, 1, 2, 2, 3, 4, 4))
        self.rng.shuffle(deaths)
        return [*deaths, losers]

    def fall(self, one: Round, team: Team, tick: int, *, is_last: bool) -> None:
        """Somebody of `team` dies: by an enemy, or by a team-mate in the first death of each nth round."""
        victim = self.rng.choice(self.blinded(one, team, tick) or self.alive(team))
        mates = [mate for mate in self.alive(team) if mate is not victim]
        is_odd = self.team_kill_every > 0 and one.number % self.team_kill_every == 0 and not is_last
        if is_odd and mates and not any(row["round_number"] == one.number for row in self.rows["kills"]):
            self.shoot_dead(one, self.rng.choice(mates), victim, tick)
            return
        enemies = self.alive(other_team(team))
        self.rng.shuffle(enemies)
        if len(enemies) > 1 and victim.health > 65 and self.rng.random() < 0.4:  # two in five kills are assisted
            self.hit(one, enemies[1], victim, tick - 20, self.rng.randint(41, 60), enemies[1].weapon)
        self.shoot_dead(one, enemies[0], victim, tick)

    def decide(self, one: Round, clock: int, planted_at: int | None) -> None:
        if planted_at is None:
            is_timeout = one.reason == "time_expired"
            one.end_tick = one.freeze_end_tick + ROUND_TICKS if is_timeout else clock
        elif one.reason == "bomb_exploded":
            one.end_tick = planted_at + BOMB_TICKS
            planter = self.rows["bomb_events"][-1]["steam_id"]
            self.bomb_event(one, "exploded", one.end_tick, planter)
            self.burst(one)
        else:
            defuser = self.alive(one.winner)[0]
            self.bomb_event(one, "defuse_begin", clock + TICK_RATE, defuser.steam_id)
            one.end_tick = clock + 11 * TICK_RATE
            self.bomb_event(one, "defused", one.end_tick, defuser.steam_id)

    # -- events ------------------------------------------------------------------------------------------------------

    def alive(self, team: Team) -> list[Player]:
        return [player for player in self.players if player.team == team and player.is_alive]

    def blinded(self, one: Round, team: Team, tick: int) -> list[Player]:
        """Who of `team` still sees nothing at `tick`: they die first."""
        blind = {
            row["victim_steam_id"]
            for row in self.rows["blinds"]
            if row["round_number"] == one.number and tick <= row["tick"] + row["duration_s"] * TICK_RATE
        }
        return [player for player in self.alive(team) if player.steam_id in blind]

    def shoot_dead(self, one: Round, attacker: Player, victim: Player, tick: int) -> None:
        is_headshot = self.rng.random() < 0.45  # about what good players reach
        if victim.health > 30 and not is_headshot:  # a shot at the body takes two
            self.hit(one, attacker, victim, tick - 8, victim.health - 10, attacker.weapon)
        group = "head" if is_headshot else "chest"
        self.hit(one, attacker, victim, tick, victim.health, attacker.weapon, group=group)
        self.die(one, attacker, victim, tick, is_headshot=is_headshot)

    def hit(
        self,
        one: Round,
        attacker: Player | None,
        victim: Player,
        tick: int,
        amount: int,
        weapon: str,
        *,
        group: str = "chest",
    ) -> None:
        removed = min(amount, victim.health)
        victim.health -= removed
        armor = min(victim.armor, removed // 10)
        victim.armor -= armor
        if attacker is not None and attacker.team != victim.team:
            self.truth[attacker.steam_id]["damage"] += removed
            self.truth[attacker.steam_id]["utility_damage"] += removed if weapon in UTILITY else 0
        self.rows["damages"].append(
            {
                **self.who(one, tick, attacker, victim),
                "weapon": weapon,
                "hit_group": "generic" if weapon in UTILITY else group,
                "health_damage": removed,
                "health_damage_raw": removed + (27 if victim.health == 0 else 0),
                "armor_damage": armor,
                "victim_health_after": victim.health,
                "victim_armor_after": victim.armor,
            }
        )
        if attacker is not None and weapon not in UTILITY:
            self.rows["shots"].append(self.shot(one, attacker, tick - 1))

    def die(self, one: Round, attacker: Player | None, victim: Player, tick: int, *, is_headshot: bool) -> None:
        assister, is_flash = self.assister(one, attacker, victim, tick)
        self.rows["kills"].append(
            {
                **self.who(one, tick, attacker, victim),
                "assister_steam_id": assister.steam_id if assister else None,
                "assister_side": one.side_of(assister.team) if assister else None,
                "weapon": attacker.weapon if attacker else "c4",
                "is_headshot": is_headshot,
                "is_flash_assist": is_flash,
                "penetrated_objects": self.rng.choice((0, 0, 0, 1)),
                "is_through_smoke": self.rng.random() < 0.1,  # one kill in ten
                "is_no_scope": False,
            }
        )
        self.truth[victim.steam_id]["deaths"] += 1
        if attacker is not None and attacker.team != victim.team:
            self.truth[attacker.steam_id]["kills"] += 1
            self.truth[attacker.steam_id]["headshot_kills"] += is_headshot
        if assister is not None:
            self.truth[assister.steam_id]["assists"] += 1

    def assister(self, one: Round, attacker: Player | None, victim: Player, tick: int) -> tuple[Player | None, bool]:
        """The attacker's team-mate who took more than 40 health, else who blinded the victim until now."""
        if attacker is None or attacker.team == victim.team:
            return None, False
        mates = {p.steam_id: p for p in self.players if p.team == attacker.team and p is not attacker}
        against = [
            row
            for table in ("damages", "blinds")
            for row in self.rows[table]
            if row["round_number"] == one.number and row["victim_steam_id"] == victim.steam_id
        ]
        for row in against:
            mate = mates.get(row["attacker_steam_id"])
            if mate is not None and row.get("health_damage", 0) > 40:  # the game's own bound
                return mate, False
            if mate is not None and row["tick"] <= tick <= row["tick"] + row.get("duration_s", -1) * TICK_RATE:
                return mate, True
        return None, False

    def burst(self, one: Round) -> None:
        """The bomb takes one who stood too close."""
        close = self.alive(other_team(one.winner))
        if len(close) > 1:
            self.hit(one, None, close[0], one.end_tick, FULL_HEALTH, "c4", group="generic")
            self.die(one, None, close[0], one.end_tick, is_headshot=False)

    def plant(self, one: Round, tick: int) -> int:
        """Somebody of the T side plants; returns the tick at which the bomb lies."""
        planter = self.rng.choice(self.alive("a" if one.team_a_side == "t" else "b"))
        self.bomb_event(one, "plant_begin", tick, planter.steam_id)
        self.bomb_event(one, "planted", tick + 200, planter.steam_id)
        return tick + 200

    def bomb_event(self, one: Round, event: str, tick: int, steam_id: int) -> None:
        site = "ab"[one.number % 2]
        row = {"round_number": one.number, "tick": tick, "event": event, "steam_id": steam_id, "site": site}
        self.rows["bomb_events"].append({**row, **dict(zip("xyz", SITES[site], strict=True))})

    def utility(self, one: Round, tick: int) -> int:
        """Two grenades a team; a flash blinds an enemy and a team-mate, an HE and a fire hurt."""
        teams: tuple[Team, Team] = ("a", "b")
        for team in teams:
            for thrower in self.rng.sample(self.alive(team), 2):
                tick += self.rng.randint(8, 40)
                self.throw(one, thrower, self.rng.choice(("smoke", "flash", "he", "molotov")), tick)
        return tick + 160

    def throw(self, one: Round, thrower: Player, kind: str, tick: int) -> None:
        side = one.side_of(thrower.team)
        kind = "incendiary" if kind == "molotov" and side == "ct" else kind
        lasts_s = {"smoke": 22, "molotov": 7, "incendiary": 7}.get(kind)
        grenade_id = f"{100 + len(self.rows['grenades'])}-{tick}"
        effect = tick + 96
        self.rows["grenades"].append(
            {
                "grenade_id": grenade_id,
                "round_number": one.number,
                "kind": kind,
                "thrower_steam_id": thrower.steam_id,
                "thrower_side": side,
                "throw_tick": tick,
                "effect_tick": effect,
                "end_tick": effect + lasts_s * TICK_RATE if lasts_s else None,
                **self.point("throw_"),
                **self.point("effect_"),
            }
        )
        enemy = self.rng.choice(self.alive(other_team(thrower.team)))
        if kind == "flash":
            mate = self.rng.choice(self.alive(thrower.team))
            for victim, tenths in ((enemy, self.rng.randint(8, 40)), (mate, self.rng.randint(2, 10))):
                row = {"duration_s": tenths / 10, "grenade_id": grenade_id}
                self.rows["blinds"].append({**self.who(one, effect, thrower, victim), **row})
        elif kind != "smoke" and enemy.health > 60:  # grenades hurt here, they do not kill
            weapon = "hegrenade" if kind == "he" else "inferno"
            self.hit(one, thrower, enemy, effect + 4, self.rng.randint(5, 30), weapon)

    def who(self, one: Round, tick: int, attacker: Player | None, victim: Player) -> Row:
        nowhere = {"attacker_x": None, "attacker_y": None, "attacker_z": None}
        return {
            "round_number": one.number,
            "tick": tick,
            "attacker_steam_id": attacker.steam_id if attacker else None,
            "victim_steam_id": victim.steam_id,
            "attacker_side": one.side_of(attacker.team) if attacker else None,
            "victim_side": one.side_of(victim.team),
            **(self.point("attacker_") if attacker else nowhere),
            **self.point("victim_"),
        }

    def shot(self, one: Round, shooter: Player, tick: int) -> Row:
        return {
            "round_number": one.number,
            "tick": tick,
            "steam_id": shooter.steam_id,
            "side": one.side_of(shooter.team),
            "weapon": shooter.weapon,
            **self.point(""),
            "velocity_x": self.rng.randint(-215, 215),
            "velocity_y": self.rng.randint(-215, 215),
            "velocity_z": 0,
            "pitch_deg": self.rng.randint(-300, 300) / 10,
            "yaw_deg": self.rng.randint(-1800, 1800) / 10,
        }

    def point(self, prefix: str) -> Row:
        return {
            f"{prefix}x": self.rng.randint(-2500, 1400),
            f"{prefix}y": self.rng.randint(-3300, 900),
            f"{prefix}z": self.rng.randint(-370, 40),
        }


def make_match(
    seed: int = 1,
    *,
    score: tuple[int, int] = (13, 8),
    half_rounds: int = 12,
    map_name: str = "de_mirage",
    team_kill_every: int = 7,
    samples: bool = True,
) -> MatchFrames:
    """A match of ten players, checked against the declarations of its tables.

    Args:
        seed: The same seed and arguments give the same match.
        score: Final score of teams a and b; more than `2 * half_rounds` in all means overtime in halves of three.
        half_rounds: Rounds of a regular half; (3, 1) with 2 gives a small match with a change of sides.
        map_name: The map.
        team_kill_every: Each so many rounds the first death is by a team-mate; 0 for never.
        samples: Also make `ticks` (8 Hz), `duel_ticks` and `projectiles`.
    """
    maker = Maker(seed, score, half_rounds, map_name, team_kill_every)
    maker.play()
    tables = dict(_tables(maker))
    if samples:
        tables |= add_samples(tables)
    return check(MatchFrames({name: conform(name, table) for name, table in tables.items()}))


def _repeated(times_a: int, times_b: int) -> list[Team]:
    team_a: list[Team] = ["a"]
    team_b: list[Team] = ["b"]
    return team_a * times_a + team_b * times_b


def _tables(maker: Maker) -> Iterator[tuple[str, pl.DataFrame]]:
    for name, rows in maker.rows.items():
        yield name, _table(name, rows)
    yield "match", _match(maker)
    yield (
        "parsers",
        pl.DataFrame(
            [("makers", "1", "wrote the zip"), ("none", "1", "decoded the demo for the exporter")],
            schema=["name", "version", "role"],
            orient="row",
        ),
    )
    people = [(p.steam_id, p.name, p.team, False) for p in maker.players]
    yield "players", pl.DataFrame(people, schema=["steam_id", "name", "team", "is_bot"], orient="row")
    yield "scoreboard", pl.DataFrame([_truth_row(steam_id, counts) for steam_id, counts in maker.truth.items()])
    teams = {p.steam_id: p.team for p in maker.players}
    economy = pl.DataFrame(maker.rows["economy"], infer_schema_length=None)
    team = pl.col("steam_id").replace_strict(teams).alias("team")
    yield "player_rounds", economy.select("round_number", "steam_id", "side", team)


def _table(name: str, rows: list[Row]) -> pl.DataFrame:
    if not rows:
        return empty_table(name)
    by = next(column for column in ("tick", "throw_tick", "round_number") if column in rows[0])
    return conform(name, pl.DataFrame(rows, infer_schema_length=None).sort(by, maintain_order=True))


def _truth_row(steam_id: int, counts: Counter[str]) -> Row:
    figures = ("rounds_played", "kills", "deaths", "assists", "headshot_kills", "damage", "utility_damage")
    return {"steam_id": steam_id, **{figure: counts[figure] for figure in figures}}


def _match(maker: Maker) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "map_name": maker.map_name,
            "tick_rate": float(TICK_RATE),
            "sample_rate_hz": float(SAMPLE_RATE_HZ),
            "duration_s": maker.rows["rounds"][-1]["end_tick"] / TICK_RATE,
            "source": "cs2_demo_format",
            "server_name": "Synthetic",
            "team_a_name": "Grove",
            "team_b_name": "Orchard",
            "score_a": maker.score[0],
            "score_b": maker.score[1],
            "is_simulated": False,
        }
    )
