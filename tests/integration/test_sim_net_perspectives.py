"""The truth of what clients showed: rows, desyncs by class, how they ended and what they touched."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makers.network_walk import TICK_RATE, Walk
from offangle.core.errors import BadInputError, ContractError
from offangle.core.perspectives import DESYNC_DISTANCE_U, DESYNC_MIN_TICKS
from offangle.frames.perspectives import PERSPECTIVE_TABLES, checked_perspectives
from offangle_sim.net.links import NETWORKS, PERFECT_LINK, Link, links_of
from offangle_sim.net.network import Outage
from offangle_sim.net.packets import Booleans, Floats
from offangle_sim.perspectives.desyncs import LineOfSight
from offangle_sim.perspectives.log import CHUNK_TICKS, PerspectiveLog

NEAR = Link(delay_ms=31.25, interpolation_ticks=1.0)  # 4 ticks there and back; at 250 u/s others are 20 u behind
FAR = Link(delay_ms=93.75, interpolation_ticks=1.0)  # 12 ticks; others are 51 u behind
SERVER = NETWORKS["mixed"].server


@dataclass
class Logged:
    """A walk and its truth."""

    walk: Walk
    desyncs: pl.DataFrame
    displayed: pl.DataFrame
    perspectives: pl.DataFrame
    folder: Path

    def events(self, kind: str, viewer: int = 0) -> list[dict[str, Any]]:
        return self.desyncs.filter(pl.col("desync_class") == kind, pl.col("viewer_steam_id") == viewer).to_dicts()


def logged(
    folder: Path,
    walk: Walk,
    ticks: int,
    *,
    sight: LineOfSight | None = None,
    every: Mapping[int, int] | int = 1,
    rounds: Callable[[int], int] = lambda _: 1,
) -> Logged:
    log = PerspectiveLog(
        walk.network,
        folder,
        {slot: slot for slot in walk.network.slots},
        server=SERVER,
        line_of_sight=sight,
        every_ticks=every,
    )
    walk.after_tick = lambda walk: log.record(rounds(walk.tick))
    walk.run(ticks)
    truth = log.close()
    displayed = pl.read_parquet(folder / "displayed" / "*.parquet")
    return Logged(walk, truth.desyncs, displayed, truth.perspectives, folder)


def straight(link: Link, **more: Any) -> Walk:
    """A client with the link in slot 0, a perfect one in slot 1, both going straight on."""
    return Walk({0: link, 1: PERFECT_LINK}, turns=0.0, **more)


def spans(events: list[dict[str, Any]]) -> list[tuple[int, int | None, str | None]]:
    return [(event["opened_tick"], event["closed_tick"], event["merge"]) for event in events]


def test_a_perfect_network_knows_no_desync(tmp_path: Path) -> None:
    walk = Walk(dict.fromkeys(range(3), PERFECT_LINK))
    found = logged(tmp_path, walk, 300)
    assert found.desyncs.is_empty()
    assert found.displayed.height == 300 * 9
    assert found.displayed["divergence_u"].max() == 0.0
    assert found.displayed.filter(pl.col("tick") != pl.col("render_tick")).is_empty()


def test_a_frame_that_is_no_older_than_a_players_width_is_no_desync(tmp_path: Path) -> None:
    found = logged(tmp_path, straight(NEAR), 200)
    assert found.desyncs.is_empty()
    late = found.displayed.filter(tick=200, viewer_steam_id=0, subject_steam_id=1)
    assert late["divergence_u"].item() == pytest.approx(5 * 250 / 64, rel=1e-5)


def test_age_alone_is_interpolation(tmp_path: Path) -> None:
    found = logged(tmp_path, straight(FAR), 200)
    (event,) = found.desyncs.to_dicts()
    assert (event["desync_class"], event["subject_steam_id"]) == ("interpolation", 1)
    assert spans([event]) == [(10, None, None)]  # 9 ticks of way are more than a width; before the first, all stood
    assert event["max_divergence_u"] == pytest.approx(13 * 250 / 64, rel=1e-5)


def test_who_stands_is_shown_right_by_everybody(tmp_path: Path) -> None:
    assert logged(tmp_path, straight(FAR, still=(1,)), 200).desyncs.is_empty()


def turn_back(player: int, tick: int) -> dict[int, Callable[[Walk], None]]:
    def act(walk: Walk) -> None:
        walk.heading[player] += math.pi

    return {tick: act}


def test_lost_updates_are_loss_and_heal_with_the_next_one(tmp_path: Path) -> None:
    walk = straight(NEAR, outages=(Outage(0, 100, 119, "down"),))
    walk.before_end = turn_back(1, 99)  # from tick 100 on he goes where nobody expects it
    found = logged(tmp_path, walk, 300)
    (event,) = found.desyncs.to_dicts()
    assert (event["desync_class"], event["merge"]) == ("loss", "recovered")
    assert event["opened_tick"] > 104
    assert event["closed_tick"] == 124  # update 120 and the round trip
    seen = found.displayed.filter(viewer_steam_id=0, subject_steam_id=1)
    assert set(seen.filter(pl.col("tick").is_between(105, 119))["shown_as"]) == {"extrapolated"}


def test_a_long_outage_shows_others_standing(tmp_path: Path) -> None:
    walk = straight(NEAR, outages=(Outage(0, 100, 179, "down"),))
    found = logged(tmp_path, walk, 300)
    seen = found.displayed.filter(viewer_steam_id=0, subject_steam_id=1)
    assert set(seen.filter(pl.col("tick").is_between(125, 183))["shown_as"]) == {"held"}
    ((opened, closed, merge),) = spans(found.events("loss"))
    assert opened < 140
    assert (closed, merge) == (184, "recovered")


def test_health_that_comes_late_by_loss_is_a_desync_and_on_time_is_none(tmp_path: Path) -> None:
    def hurt(walk: Walk) -> None:
        walk.health[1] = 40

    walk = straight(NEAR, still=(0, 1), outages=(Outage(0, 100, 109, "down"),))
    walk.before_end = {50: hurt, 103: lambda walk: walk.health.__setitem__(1, 20)}
    found = logged(tmp_path, walk, 200)
    assert found.desyncs["desync_class"].to_list() == ["loss"]
    assert spans(found.events("loss")) == [(107, 114, "recovered")]  # expected in frame 107, told in frame 114


def test_a_wrong_clock_is_clock(tmp_path: Path) -> None:
    late = Link(delay_ms=31.25, interpolation_ticks=1.0, clock_offset_ms=-80.0)
    found = logged(tmp_path, straight(late), 200)
    assert set(found.desyncs["desync_class"]) == {"clock"}
    early = Link(delay_ms=31.25, interpolation_ticks=1.0, clock_offset_ms=100.0)
    walk = straight(early)
    walk.before_end = turn_back(1, 100)
    found = logged(tmp_path / "early", walk, 200)
    assert found.desyncs.filter(pl.col("opened_tick") < 100).is_empty()  # straight on, a clock ahead guesses right
    assert set(found.desyncs["desync_class"]) <= {"clock"}


def test_a_clock_that_is_hardly_off_is_not_to_blame(tmp_path: Path) -> None:
    found = logged(tmp_path, straight(replace(FAR, clock_offset_ms=-8.0)), 200)
    assert set(found.desyncs["desync_class"]) == {"interpolation"}


def test_a_clock_that_drifts_desyncs_until_it_is_set(tmp_path: Path) -> None:
    slow = Link(delay_ms=31.25, interpolation_ticks=2.5, clock_drift_ppm=-2000.0)
    found = logged(tmp_path, straight(slow), 1500)
    # Frames are 6.5 ticks old, a width is 8.192 ticks of way, the clock loses 0.002 a tick and is set at 1.92 ticks.
    assert spans(found.events("clock")) == [(847, 960, "recovered")]
    assert found.desyncs.height == 1


def test_commands_that_do_not_come_are_prediction_for_one_round_trip(tmp_path: Path) -> None:
    walk = straight(Link(delay_ms=46.875), outages=(Outage(0, 100, 111, "up"),))
    walk.before_end = turn_back(0, 99)
    found = logged(tmp_path, walk, 200)
    (event,) = found.events("prediction")
    # 7.8 u a tick: five ticks are more than a width; the server corrects what is older than six.
    assert spans([event]) == [(104, 113, "recovered")]
    assert event["subject_steam_id"] == 0
    assert event["max_divergence_u"] == pytest.approx(6 * 2 * 250 / 64, rel=1e-5)
    assert event["max_divergence_deg"] is None


def test_a_refused_shot_is_a_verdict_until_the_client_hears_of_it(tmp_path: Path) -> None:
    def shoot(walk: Walk, *, on_client: bool, on_server: bool, target: int | None = 1) -> None:
        walk.network.note_shot(0, walk.tick, target_slot=target, hit_on_client=on_client, hit_on_server=on_server)

    walk = straight(NEAR, still=(1,))
    walk.before_end = {
        50: lambda walk: shoot(walk, on_client=True, on_server=True),
        60: lambda walk: shoot(walk, on_client=False, on_server=False),
        70: lambda walk: shoot(walk, on_client=True, on_server=False, target=None),
        80: lambda walk: shoot(walk, on_client=True, on_server=False),
        82: lambda walk: shoot(walk, on_client=True, on_server=False),
        99: lambda walk: shoot(walk, on_client=True, on_server=False),
    }
    found = logged(tmp_path, walk, 200)
    assert set(found.desyncs["desync_class"]) == {"verdict"}
    assert spans(found.events("verdict")) == [(80, 86, "verdict"), (99, 103, "verdict")]
    assert [event["shot_ticks"] for event in found.events("verdict")] == [[80, 82], [99]]


def refused(shooter: int, target: int) -> Callable[[Walk], None]:
    def act(walk: Walk) -> None:
        walk.network.note_shot(shooter, walk.tick, target_slot=target, hit_on_client=True, hit_on_server=False)

    return act


def kill(victim: int, attacker: int | None) -> Callable[[Walk], None]:
    def act(walk: Walk) -> None:
        walk.network.note_hit(victim, walk.tick, attacker)
        walk.network.note_death(victim, walk.tick, attacker)
        walk.health[victim] = 0

    return act


@pytest.mark.parametrize("in_sight", [True, False])
def test_a_death_that_the_client_learns_late_is_a_verdict(tmp_path: Path, *, in_sight: bool) -> None:
    asked: list[Floats] = []

    def sight(starts: Floats, ends: Floats) -> Booleans:
        asked.append(np.stack((starts, ends), 1))
        return np.full(len(starts), in_sight)

    walk = straight(NEAR)
    walk.before_end = {100: kill(0, 1)}
    found = logged(tmp_path, walk, 200, sight=sight)
    (event,) = found.desyncs.to_dicts()
    assert (event["desync_class"], event["subject_steam_id"]) == ("verdict", 0)
    assert spans([event]) == [(100, 104, "verdict")]
    assert (event["hit_ticks"], event["death_ticks"], event["died_behind_cover"]) == ([100], [100], not in_sight)
    eye, head = asked[0][0]
    assert eye == pytest.approx(walk.states[98].position[0] + np.array([0, 0, 64]))
    assert head == pytest.approx(walk.place(99 - 5, 1) + np.array([0, 0, 64]), abs=1e-6)


@pytest.mark.parametrize(("victim", "attacker"), [(0, None), (0, 0)])
def test_a_death_without_an_attacker_is_behind_no_cover(tmp_path: Path, victim: int, attacker: int | None) -> None:
    walk = straight(NEAR)
    walk.before_end = {100: kill(victim, attacker)}
    found = logged(tmp_path, walk, 200, sight=lambda starts, _: np.zeros(len(starts), dtype=np.bool_))
    assert [event["died_behind_cover"] for event in found.events("verdict")] == [None]


def test_a_desync_touches_what_happened_between_the_two(tmp_path: Path) -> None:
    walk = Walk({0: FAR, 1: PERFECT_LINK, 2: PERFECT_LINK}, turns=0.0)

    def shoot(walk: Walk) -> None:
        for target in (1, 2):
            walk.network.note_shot(0, walk.tick, target_slot=target, hit_on_client=True, hit_on_server=True)
        walk.network.note_hit(2, walk.tick, 0)
        walk.network.note_hit(0, walk.tick, 1)
        walk.network.note_hit(1, walk.tick, 2)

    walk.before_end = {5: shoot, 60: shoot, 90: kill(2, 0)}
    found = logged(tmp_path, walk, 120)
    by_subject = {event["subject_steam_id"]: event for event in found.events("interpolation")}
    assert {subject: event["shot_ticks"] for subject, event in by_subject.items()} == {1: [60], 2: [60]}
    assert {subject: event["hit_ticks"] for subject, event in by_subject.items()} == {1: [60], 2: [60, 90]}
    assert {subject: event["death_ticks"] for subject, event in by_subject.items()} == {1: [], 2: [90]}
    assert {subject: event["merge"] for subject, event in by_subject.items()} == {1: None, 2: "verdict"}


def test_a_new_round_puts_everybody_elsewhere_without_a_desync(tmp_path: Path) -> None:
    def put(walk: Walk) -> None:
        walk.position[1] += 700.0

    walk = straight(FAR)
    walk.before_end = {100: put}
    found = logged(tmp_path, walk, 200, rounds=lambda tick: 1 if tick < 100 else 2)
    first, second = found.events("interpolation")
    assert spans([first, second]) == [(10, 100, "reset"), (113, None, None)]
    assert (first["round_number"], second["round_number"]) == (1, 2)
    assert max(first["max_divergence_u"], second["max_divergence_u"]) < 60


@given(st.integers(0, 10_000), st.sampled_from(["good", "mixed", "bad"]))
@settings(max_examples=6, deadline=None)
def test_events_close_or_stay_open_and_never_overlap(
    tmp_path_factory: pytest.TempPathFactory, seed: int, name: str
) -> None:
    rng = np.random.default_rng(seed)
    walk = Walk(links_of(name, range(5), rng), seed=seed)
    ticks = CHUNK_TICKS + 200
    for tick in rng.integers(1, ticks, 10).tolist():
        walk.before_end[tick] = kill(int(rng.integers(5)), int(rng.integers(5)))
    for tick in rng.integers(1, ticks, 20).tolist():
        shooter, target = rng.integers(5, size=2).tolist()
        walk.before_end[tick] = refused(shooter, target)
    found = logged(tmp_path_factory.mktemp("log"), walk, ticks)
    assert found.desyncs["event_id"].to_list() == list(range(found.desyncs.height))
    shortest = pl.when(pl.col("desync_class") == "verdict").then(1).otherwise(DESYNC_MIN_TICKS)
    lasted = pl.col("closed_tick").fill_null(ticks + 1) - pl.col("opened_tick")
    assert found.desyncs.filter(lasted < shortest).is_empty()
    for _, events in found.desyncs.group_by("viewer_steam_id", "subject_steam_id", "desync_class"):
        ordered = events.sort("opened_tick")
        following = ordered["opened_tick"].shift(-1).drop_nulls()
        assert ordered["closed_tick"].head(following.len()).null_count() == 0
        assert (ordered["closed_tick"].head(following.len()) < following).all()
    assert_covered(found)


def assert_covered(found: Logged) -> None:
    """A difference of more than a width between the living, for long enough, lies in an event."""
    off = found.displayed.filter(pl.col("divergence_u") > DESYNC_DISTANCE_U + 0.01, pl.col("is_alive"))
    keys = ["viewer_steam_id", "subject_steam_id"]
    off = off.sort("tick").with_columns(
        long=(pl.col("tick").diff().over(keys) == 1) & (pl.col("tick").diff().over(keys).shift(-1).over(keys) == 1)
    )
    lives = {
        (tick, slot): bool(state.is_alive[slot])
        for tick, state in enumerate(found.walk.states, start=1)
        for slot in range(5)
    }
    events = found.desyncs.rows_by_key(keys, named=True)
    for row in off.filter("long").iter_rows(named=True):
        if not lives[row["tick"], row["subject_steam_id"]]:
            continue
        around = events.get((row["viewer_steam_id"], row["subject_steam_id"]), [])
        assert any(
            event["opened_tick"] <= row["tick"] and row["tick"] < (event["closed_tick"] or math.inf) for event in around
        ), row


def slow_angle(eye: Floats, shown: Floats, real: Floats) -> float:
    left, right = shown - eye, real - eye
    cosine = left @ right / (np.linalg.norm(left) * np.linalg.norm(right))
    return math.degrees(math.acos(min(1.0, max(-1.0, float(cosine)))))


def test_rows_say_what_was_shown(tmp_path: Path) -> None:
    walk = Walk(links_of("bad", range(4), np.random.default_rng(2)), seed=4)
    walk.before_end = {300: kill(2, 1)}
    shown: dict[tuple[int, int], Floats] = {}
    found = None
    log_walk = walk.one_tick

    def keep() -> None:
        log_walk()
        for slot in range(4):
            shown[walk.tick, slot] = walk.network.displayed_positions(slot)

    walk.one_tick = keep  # type: ignore[method-assign]
    found = logged(tmp_path, walk, CHUNK_TICKS + 100)
    sample = found.displayed.sample(300, seed=1)
    for row in sample.iter_rows(named=True):
        tick, viewer, subject = row["tick"], row["viewer_steam_id"], row["subject_steam_id"]
        positions, state = shown[tick, viewer], walk.states[tick - 1]
        assert [row["x"], row["y"], row["z"]] == pytest.approx(positions[subject], abs=1e-3)
        apart = np.linalg.norm(positions[subject] - state.position[subject])
        assert row["divergence_u"] == pytest.approx(apart, abs=1e-3)
        if viewer == subject:
            assert row["divergence_deg"] is None
            assert row["shown_as"] == "predicted"
        else:
            angle = slow_angle(positions[viewer], positions[subject], state.position[subject])
            assert row["divergence_deg"] == pytest.approx(angle, abs=2e-3)
    dead = found.displayed.filter(pl.col("subject_steam_id") == 2, pl.col("tick") > 300)
    assert dead.filter(pl.col("tick") > 300 + TICK_RATE).is_empty()
    keys = found.displayed.select("tick", "viewer_steam_id", "subject_steam_id")
    assert keys.equals(keys.unique(maintain_order=True).sort(keys.columns))


def test_policies_say_which_frames_are_kept(tmp_path: Path) -> None:
    walk = Walk({0: FAR, 1: PERFECT_LINK, 2: PERFECT_LINK}, turns=0.0)
    found = logged(tmp_path, walk, 160, every={0: 16, 1: 0})
    rows = dict(found.displayed.group_by("viewer_steam_id").len().iter_rows())
    assert rows == {0: 10 * 3, 2: 160 * 3}
    assert found.events("interpolation")
    clients = found.perspectives.filter(kind="client")
    assert clients["granularity"].to_list() == ["samples", "events", "frames"]
    assert clients["displayed_every_ticks"].to_list() == [16, 0, 1]


def test_the_files_are_what_came_back_and_keep_their_declarations(tmp_path: Path) -> None:
    found = logged(tmp_path, Walk(links_of("mixed", range(3), np.random.default_rng(1))), 100)
    for name, table in (("perspectives", found.perspectives), ("desyncs", found.desyncs)):
        assert pl.read_parquet(tmp_path / f"{name}.parquet").equals(table)
    for name, schema in PERSPECTIVE_TABLES.items():
        read = pl.read_parquet(tmp_path / "displayed" if name == "displayed" else tmp_path / f"{name}.parquet")
        assert schema.validate(read).columns == schema.column_names()
    server, *clients = found.perspectives.to_dicts()
    assert (server["host"], server["steam_id"], server["delay_ms"]) == (SERVER.host, None, None)
    assert [client["steam_id"] for client in clients] == [0, 1, 2]
    assert {client["data_centre"] for client in clients} == {None}


def test_the_same_seed_gives_the_same_truth(tmp_path: Path) -> None:
    links = links_of("bad", range(4), np.random.default_rng(1))
    one, two = (logged(tmp_path / name, Walk(links), CHUNK_TICKS + 60) for name in ("one", "two"))
    assert one.desyncs.equals(two.desyncs)
    assert one.displayed.equals(two.displayed)
    paths = [path.relative_to(one.folder) for path in sorted(one.folder.rglob("*.parquet"))]
    assert all((one.folder / path).read_bytes() == (two.folder / path).read_bytes() for path in paths)


def test_a_log_without_frames_has_empty_tables(tmp_path: Path) -> None:
    found = logged(tmp_path, straight(NEAR), 0)
    assert found.desyncs.is_empty()
    assert found.displayed.is_empty()
    assert found.perspectives.height == 3


def test_a_log_sees_every_frame(tmp_path: Path) -> None:
    walk = straight(NEAR)
    log = PerspectiveLog(walk.network, tmp_path, {0: 0, 1: 1}, server=SERVER)
    walk.run(2)
    with pytest.raises(BadInputError, match="frame 2 does not follow 0"):
        log.record()
    with pytest.raises(BadInputError, match="the network is at tick 2"):
        PerspectiveLog(walk.network, tmp_path, {0: 0, 1: 1}, server=SERVER)


def test_shots_are_noted_in_their_ticks(tmp_path: Path) -> None:
    walk = straight(NEAR)
    walk.before_end = {
        CHUNK_TICKS + 5: lambda walk: walk.network.note_shot(
            0, CHUNK_TICKS, target_slot=1, hit_on_client=True, hit_on_server=False
        )
    }
    with pytest.raises(BadInputError, match=f"a shot of tick {CHUNK_TICKS} was noted"):
        logged(tmp_path, walk, 2 * CHUNK_TICKS)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("desyncs", pl.lit(None).alias("merge")),
        ("desyncs", pl.col("opened_tick").alias("closed_tick")),
        ("perspectives", pl.lit(7).alias("steam_id")),
        ("perspectives", pl.lit("guessed").alias("basis")),
    ],
)
def test_tables_that_contradict_themselves_are_refused(tmp_path: Path, name: str, change: pl.Expr) -> None:
    walk = straight(NEAR)
    walk.before_end = {100: kill(0, 1)}
    found = logged(tmp_path, walk, 200)
    table = {"desyncs": found.desyncs, "perspectives": found.perspectives}[name]
    with pytest.raises(ContractError, match=f"table {name}"):
        checked_perspectives(name, table.with_columns(change))
