"""Taking tables out of pandas: gaps become null, types become ours, columns are moved and not copied."""

from pathlib import Path

import pandas as pd  # type: ignore[import-untyped] # ships no types
import polars as pl
import pytest

from offangle.parsing.demo import completion
from offangle.parsing.demo.completion import SCOREBOARD_COLUMNS, STATE_COLUMNS, Completion, complete
from offangle.parsing.demo.header import FileHeader
from offangle.parsing.demo.inputs import input_history_table
from offangle.parsing.demo.totals import final_score, scoreboard

ENTRY = {
    "x": 1.0,
    "y": 90.0,
    "z": 0.0,
    "render_tick_count": 3130,
    "render_tick_fraction": 0.75,
    "player_tick_count": 3131,
    "player_tick_fraction": 0.5,
}


def test_columns_that_the_parser_left_out_are_null() -> None:
    frame = pd.DataFrame({"tick": [1, 2], "steamid": [5, 5], "mvps": [None, 2.0], "team_clan_name": [None, "Alpha"]})
    state = completion._take_state(frame)
    assert state.columns == [*STATE_COLUMNS, *SCOREBOARD_COLUMNS]
    assert state["mvps"].to_list() == [None, 2]
    assert state["team_clan_name"].to_list() == [None, "Alpha"]
    assert state["score"].null_count() == 2
    assert frame.empty or not list(frame.columns)


def test_input_history_counts_from_the_recordings_start() -> None:
    frame = pd.DataFrame({"tick": [10, 11], "steamid": [7, 7], "usercmd_input_history": [[ENTRY, ENTRY], []]})
    taken = completion._take_input_history(frame)
    assert taken is not None
    table = input_history_table(taken, FileHeader(14132, 3122))
    assert table is not None
    columns = ("tick", "steam_id", "sequence", "render_tick", "player_tick", "pitch_deg", "yaw_deg")
    assert table.select(columns).rows() == [(10, 7, 0, 8, 9, 1.0, 90.0), (10, 7, 1, 8, 9, 1.0, 90.0)]


def test_no_commands_no_table() -> None:
    assert completion._take_input_history(pd.DataFrame({"tick": [1], "steamid": [1]})) is None
    assert input_history_table(None, FileHeader(None, 0)) is None


def test_a_recording_that_demoparser2_cannot_read_leaves_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "broken.dem"
    path.write_bytes(b"PBDEMS2\0" + bytes(64))
    found = complete(path, state_ticks=[1], input_ticks=[], needs_round_ends=True)
    assert found.fault
    assert found.state.is_empty()
    assert found.state.columns == [*STATE_COLUMNS, *SCOREBOARD_COLUMNS]


def board(**figures: list[int]) -> pl.DataFrame:
    count = len(next(iter(figures.values())))
    base = {"tick": [5] * count, "steamid": list(range(1, count + 1))}
    empty = Completion(completion._empty_state()).state
    given = pl.DataFrame({**base, **figures})
    return pl.concat([empty, given], how="diagonal_relaxed").fill_null(0).select(empty.columns)


def test_figures_that_nobody_tracked_are_unknown() -> None:
    found = scoreboard(board(kills_total=[2, 0], deaths_total=[0, 2]), 5)
    assert found is not None
    assert found["kills"].to_list() == [2, 0]
    for name in ("damage", "utility_damage", "headshot_kills", "mvps", "score"):
        assert found[name].null_count() == 2, name


def test_tracked_figures_keep_their_zeros() -> None:
    found = scoreboard(board(kills_total=[2, 0], deaths_total=[0, 2], damage_total=[200, 0], mvps=[1, 0]), 5)
    assert found is not None
    assert found["damage"].to_list() == [200, 0]
    assert found["headshot_kills"].to_list() == [0, 0]
    assert found["mvps"].to_list() == [1, 0]


@pytest.mark.parametrize("over_tick", [None, 4])
def test_no_scoreboard_before_a_round_is_over(over_tick: int | None) -> None:
    assert scoreboard(board(kills_total=[2], deaths_total=[1]), over_tick) is None


def test_who_left_keeps_the_figures_last_seen() -> None:
    seen = board(kills_total=[2, 1], deaths_total=[1, 2])
    gone = seen.head(1).with_columns(pl.lit(9).alias("tick"), pl.lit(None).alias("kills_total"))
    found = scoreboard(pl.concat([seen, gone], how="vertical_relaxed"), 9)
    assert found is not None
    assert found["kills"].to_list() == [2, 1]


def test_final_score_is_the_last_counted_rounds() -> None:
    rounds = pl.DataFrame(
        {
            "start_tick": [0, 1, 2],
            "round_number": [1, 2, -1],
            "end_tick": [10, 20, 30],
            "team_a_side": ["ct", "t", "t"],
            "t_after": [0, 4, 9],
            "ct_after": [1, 3, 9],
        }
    )
    assert final_score(rounds) == (4, 3)
    assert final_score(rounds.filter(pl.col("round_number") < 0)) == (None, None)
