"""Plausible streams of a client, drawn at random, together with the truth they tell."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from makers.gsi_posts import GsiClient
from offangle.live.observation import Observation

Winner = str


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """What happens in one round, and before it."""

    winner: Winner
    kills: int = 0
    dies: bool = False
    after_death: str = "vanish"
    is_told: bool = True
    has_over: bool = True
    bomb: str | None = None
    before: str = ""
    switches: bool = False


@dataclass
class Truth:
    """One match from one (re)start to the next."""

    winners: list[str] = field(default_factory=list)
    sides: list[str] = field(default_factory=list)
    kills: list[int] = field(default_factory=list)
    deaths: int = 0


@dataclass
class Stream:
    """Posts and what they tell."""

    client: GsiClient
    truths: list[Truth]
    plans: list[RoundPlan] = field(default_factory=list)
    is_score_shown: bool = True

    def __repr__(self) -> str:
        side = (self.truths[0].sides or [self.client.side])[0]
        return f"Stream(side={side!r}, plans={self.plans!r}, posts={len(self.observations)})"

    @property
    def observations(self) -> list[Observation]:
        return self.client.observations


BEFORE = ("", "", "", "", "menu", "restart", "warmup", "textinput", "zeros", "zeros in play")


@st.composite
def round_plans(draw: st.DrawFn) -> RoundPlan:
    winner = draw(st.sampled_from(["T", "CT"]))
    dies = draw(st.booleans())
    bombs = {"T": [None, "planted", "exploded"], "CT": [None, "defused"]}[winner]
    return RoundPlan(
        winner=winner,
        kills=draw(st.integers(0, 3)),
        dies=dies,
        after_death=draw(st.sampled_from(["vanish", "spectate", "stay"])),
        is_told=draw(st.booleans()),
        has_over=draw(st.sampled_from([True, True, True, False])),
        bomb=draw(st.sampled_from(bombs)),
        before=draw(st.sampled_from(BEFORE)),
        switches=draw(st.sampled_from([False, False, False, True])),
    )


@st.composite
def streams(draw: st.DrawFn, *, most_rounds: int = 8) -> Stream:
    """A client's posts through a few rounds with restarts, changes of sides, deaths, watching, menu and chat."""
    client = GsiClient(side=draw(st.sampled_from(["T", "CT"])))
    stream = Stream(client, [Truth()])
    stream.plans = draw(st.lists(round_plans(), min_size=1, max_size=most_rounds))
    for plan in stream.plans:
        _before_round(stream, plan)
        _play(stream, plan)
    client.freeze()
    return stream


def _before_round(stream: Stream, plan: RoundPlan) -> None:
    client, truth = stream.client, stream.truths[-1]
    if plan.switches and truth.winners and plan.before != "restart":
        client.body["map"]["phase"] = "intermission"
        client.post()
        client.switch_sides()
    if plan.before == "menu":
        client.menu()
    elif plan.before == "warmup" and not truth.winners:
        client.warmup()
    elif plan.before == "restart" and truth.winners:
        if not stream.is_score_shown:
            client.freeze()  # what no post shows nobody can know
        client.restart()
        stream.truths.append(Truth())


def _play(stream: Stream, plan: RoundPlan) -> None:
    client, truth = stream.client, stream.truths[-1]
    if plan.before == "zeros":
        client.menu()
        client.body["map"]["phase"], client.body["round"] = "live", {"phase": "freezetime"}
        client.come_back(round_kills=truth.kills[-1] if truth.kills else 0)
    client.freeze()
    if plan.before == "zeros in play":
        client.live()
        client.menu()
        client.come_back(is_alive=True, after_s=3.0)
        client.get_line_back()
    if plan.before == "textinput":
        client.body["player"]["activity"] = "textinput"
    client.live()
    for number in range(plan.kills):
        client.kill(bullets=1 + number)
    if plan.dies:
        client.die()
        truth.deaths += 1
        {"vanish": client.vanish, "spectate": client.spectate_mate, "stay": client.post}[plan.after_death]()
    if plan.has_over:
        client.over(plan.winner, bomb=plan.bomb, told=plan.is_told)
    else:
        client.count_round(plan.winner)
    stream.is_score_shown = plan.has_over
    truth.winners.append(plan.winner.lower())
    truth.sides.append(client.side.lower())
    truth.kills.append(plan.kills)
