"""What a zip is written from is what is read from it, in both versions."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from makers.interchange_zips import Version
from makers.synthetic import make_match, write_interchange_zip
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.interchange import read_interchange

NOT_IN_2_0 = {"projectiles", "duel_ticks"}
SAMPLED_ONLY_IN_3_0 = ["pitch_deg", "armor", "money", "place", "flash_duration_s"]
scores = st.sampled_from([(3, 0), (3, 1), (1, 3), (5, 3), (3, 5), (8, 6)])


def assert_same(made: MatchFrames, read: MatchFrames, version: Version) -> None:
    """Every table equal; angles of 2.0's replay are whole degrees."""
    expected = set(made) - (NOT_IN_2_0 if version == "2.0" else set())
    assert set(read) == expected | {"smokes", "fires", "corrections"}
    for name in sorted(expected - {"ticks", "parsers"}):
        left, right = made[name], read[name]
        if name == "rounds":
            left, right = left.drop("officially_ended_tick"), right.drop("officially_ended_tick")
        assert_frame_equal(left, right, abs_tol=0.01)
    left, right = made["ticks"], read["ticks"]
    if version == "2.0":
        left, right = left.drop(SAMPLED_ONLY_IN_3_0), right.drop(SAMPLED_ONLY_IN_3_0)
    assert_frame_equal(left, right, abs_tol=0.51 if version == "2.0" else 0.01, categorical_as_str=True)


@pytest.mark.parametrize("version", ["2.0", "3.0"])
@given(seed=st.integers(0, 10_000), score=scores)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reads_what_was_written(tmp_path: Path, version: Version, seed: int, score: tuple[int, int]) -> None:
    made = make_match(seed, score=score, half_rounds=2)
    read = read_interchange(write_interchange_zip(tmp_path / "match.zip", made, version))
    check(read)
    assert_same(made, read, version)


def test_rounds_end_officially_with_the_next_begin(tmp_path: Path) -> None:
    rounds = read_interchange(
        write_interchange_zip(tmp_path / "match.zip", make_match(3, score=(3, 1), half_rounds=2))
    )["rounds"]
    assert rounds["officially_ended_tick"].to_list() == [*rounds["start_tick"].to_list()[1:], None]


def test_lasting_effects_come_from_grenades(tmp_path: Path) -> None:
    match = read_interchange(write_interchange_zip(tmp_path / "match.zip", make_match(4)))
    kinds = match["grenades"].filter(pl.col("effect_tick").is_not_null())["kind"].cast(pl.String).to_list()
    assert match["smokes"].height == kinds.count("smoke") > 0
    assert match["fires"].height == kinds.count("molotov") + kinds.count("incendiary") > 0
