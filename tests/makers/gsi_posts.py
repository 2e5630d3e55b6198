"""Posts as a game client makes them: full blocks, with the delta against the post before."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from offangle.gsi.wire import observation_of
from offangle.live.observation import Observation

OWN = 76561198000000001
MATE = 76561198000000002
NS = 10**9
START_S = 1_760_000_000
RIFLE = {"name": "weapon_ak47", "paintkit": "default", "type": "Rifle", "ammo_clip": 30, "ammo_reserve": 90}
KNIFE = {"name": "weapon_knife", "paintkit": "default", "type": "Knife"}

Body = dict[str, Any]


def delta(before: Any, now: Any) -> tuple[Any, Any]:
    """What `previously` and `added` say of one block."""
    previously: Body = {}
    added: Body = {}
    for key in before.keys() | now.keys():
        old, new = before.get(key), now.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            inner_previously, inner_added = delta(old, new)
            if inner_previously:
                previously[key] = inner_previously
            if inner_added:
                added[key] = inner_added
        elif old is None:
            added[key] = True
        else:
            previously[key] = True if isinstance(old, dict) else old
    return previously, added


@dataclass
class GsiClient:
    """One client; each method changes the game and returns the post that tells of it."""

    steam_id: int = OWN
    map_name: str = "de_dust2"
    mode: str = "competitive"
    side: str = "CT"
    now_s: float = 0.0
    posts: list[Body] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    body: Body = field(default_factory=dict)
    kills: int = 0
    deaths: int = 0

    def __post_init__(self) -> None:
        self.body = {
            "map": {
                "mode": self.mode,
                "name": self.map_name,
                "phase": "live",
                "round": 0,
                "team_ct": {"score": 0},
                "team_t": {"score": 0},
            },
            "round": {"phase": "freezetime"},
            "player": self._player(),
        }

    def _player(self) -> Body:
        return {
            "steamid": str(self.steam_id),
            "name": "Alder",
            "team": self.side,
            "activity": "playing",
            "state": {
                "health": 100,
                "armor": 100,
                "helmet": True,
                "money": 4000,
                "round_kills": 0,
                "round_killhs": 0,
                "equip_value": 4700,
            },
            "match_stats": {"kills": self.kills, "assists": 0, "deaths": self.deaths, "mvps": 0, "score": 0},
            "weapons": {
                "weapon_0": {**KNIFE, "state": "holstered"},
                "weapon_1": {**RIFLE, "state": "active"},
            },
        }

    @property
    def state(self) -> Body:
        return self.body["player"]["state"]  # type: ignore[no-any-return]  # a JSON block

    @property
    def score(self) -> tuple[int, int]:
        game = self.body["map"]
        return game["team_ct"]["score"], game["team_t"]["score"]

    def post(self, after_s: float = 1.0) -> Observation:
        """Send the game as it is now."""
        self.now_s += after_s
        provider = {"appid": 730, "steamid": str(self.steam_id), "timestamp": START_S + int(self.now_s)}
        full = {"provider": provider, **deepcopy(self.body)}
        if self.posts:
            last = {
                key: value for key, value in self.posts[-1].items() if key not in ("provider", "previously", "added")
            }
            previously, added = delta(last, self.body)
            if previously:
                full["previously"] = previously
            if added:
                full["added"] = added
        self.posts.append(full)
        received_ns = int((START_S + self.now_s) * NS)
        observation = observation_of(full, sequence=len(self.posts), received_ns=received_ns)
        self.observations.append(observation)
        return observation

    def warmup(self) -> Observation:
        self.body["map"]["phase"] = "warmup"
        self.body.pop("round", None)
        return self.post()

    def freeze(self, after_s: float = 5.0) -> Observation:
        self.body["map"]["phase"] = "live"
        self.body["round"] = {"phase": "freezetime"}
        self.body["player"] = self._player()
        return self.post(after_s)

    def live(self, after_s: float = 15.0) -> Observation:
        self.body["round"] = {"phase": "live"}
        return self.post(after_s)

    def shoot(self, bullets: int = 3) -> Observation:
        self.body["player"]["weapons"]["weapon_1"]["ammo_clip"] -= bullets
        return self.post()

    def count_kill(self) -> None:
        self.kills += 1
        self.state["round_kills"] += 1
        self.body["player"]["match_stats"]["kills"] = self.kills

    def kill(self, bullets: int = 3) -> Observation:
        self.count_kill()
        return self.shoot(bullets)

    def count_death(self) -> None:
        self.deaths += 1
        self.state["health"] = 0
        self.body["player"]["weapons"] = {}
        self.body["player"]["match_stats"]["deaths"] = self.deaths

    def die(self) -> Observation:
        self.count_death()
        return self.post()

    def spectate_mate(self) -> Observation:
        self.body["player"] = {**self._player(), "steamid": str(MATE)}
        self.body["player"]["match_stats"]["kills"] = 40
        self.body["player"]["state"]["round_kills"] = 4
        return self.post(3.0)

    def vanish(self) -> Observation:
        self.body.pop("player", None)
        return self.post(3.0)

    def count_round(self, winner: str) -> None:
        game = self.body["map"]
        game["round"] += 1
        game[f"team_{winner.lower()}"]["score"] += 1

    def over(self, winner: str, *, bomb: str | None = None, told: bool = True, after_s: float = 20.0) -> Observation:
        self.count_round(winner)
        self.body["round"] = (
            {"phase": "over"} | ({"win_team": winner} if told else {}) | ({"bomb": bomb} if bomb else {})
        )
        return self.post(after_s)

    def play_round(self, winner: str, kills: int = 0) -> None:
        self.freeze()
        self.live()
        for _ in range(kills):
            self.kill()
        self.over(winner)

    def switch_sides(self) -> None:
        game = self.body["map"]
        game["team_ct"], game["team_t"] = game["team_t"], game["team_ct"]
        self.side = "T" if self.side == "CT" else "CT"

    def restart(self) -> None:
        game = self.body["map"]
        game["round"], game["team_ct"]["score"], game["team_t"]["score"] = 0, 0, 0
        self.kills = self.deaths = 0

    def come_back(self, *, round_kills: int = 0, is_alive: bool = False, after_s: float = 40.0) -> Observation:
        """The first post after a reconnect: a scoreboard of zeros, and the last round's kills until the next spawn."""
        self.body["player"] = self._player()
        self.state["round_kills"] = round_kills
        self.state["health"] = 100 if is_alive else 0
        self.body["player"]["match_stats"] = dict.fromkeys(("kills", "assists", "deaths", "mvps", "score"), 0)
        return self.post(after_s)

    def get_line_back(self) -> Observation:
        """The scoreboard shows what it showed before."""
        self.body["player"]["match_stats"] |= {"kills": self.kills, "deaths": self.deaths}
        return self.post()

    def menu(self) -> Observation:
        kept = self.body
        self.body = {"player": {"steamid": str(self.steam_id), "name": "Alder", "activity": "menu"}}
        observation = self.post(5.0)
        self.body = kept
        return observation
