"""Tables read from a recording beside the tables that the recorder says it wrote."""

from collections.abc import Callable
from typing import Final

import polars as pl
import pytest

from offangle.frames.collection import MatchFrames
from offangle_sim.demo.writer import FULL_PACKET_TICKS

TOLERANCE: Final = 2e-3
"""Positions and angles come back in the recording's own steps, in single precision."""

AWPY_FLASH_STEP_S: Final = 0.05
"""awpy 3.1.1 sees a second flash only if it blinds for longer than the first one by more than this, in seconds."""

_ORDER: Final = (
    *("tick", "start_tick", "throw_tick", "round_number", "steam_id", "victim_steam_id", "attacker_steam_id"),
    *("grenade_id", "sequence", "event", "action", "item", "health_damage_raw", "message"),
)
_GEAR: Final = ("vest", "vesthelm", "defuser")
_SKIPPED: Final = {
    "scoreboard": ("rounds_played",),  # no reader counts them
    "kills": ("is_victim_leaving",),  # who leaves the simulator's server does not die of it
}


def differences(read: MatchFrames, truth: MatchFrames, *names: str) -> dict[str, str]:
    """What is wrong, by table and column; empty when the reader found exactly what was written."""
    found: dict[str, str] = {}
    for name in names or [name for name in truth if name not in {"match", "parsers"}]:
        wanted = _knowable(name, truth)
        if name == "input_history":  # read only where somebody shot or was hit
            wanted = wanted.join(read[name].select("tick").unique(), on="tick", how="semi")
        found |= _table_differences(name, _sorted(_told(name, read[name])), _sorted(wanted))
    return found


def assert_told(read: MatchFrames, truth: MatchFrames, *names: str) -> None:
    """Every table (or those named) came back as it was written."""
    wrong = differences(read, truth, *names)
    if wrong:
        pytest.fail("\n".join(f"{where}: {what}" for where, what in wrong.items()), pytrace=False)


def _told(name: str, found: pl.DataFrame) -> pl.DataFrame:
    """What was read, without what a parser is known to get wrong: who takes items that are a bot's."""
    return found.filter(~_UNSEEN, pl.col("original_owner_steam_id") > 0) if name == "item_events" else found


def _knowable(name: str, truth: MatchFrames) -> pl.DataFrame:
    """The truth without what no recording tells its readers, and what parsers are known to miss."""
    known, completed = _KNOWABLE.get(name), _SEEN_WITH_OTHERS.get(name)
    wanted = truth[name] if known is None else known(truth[name])
    return wanted if completed is None else completed(wanted, truth)


def _bot_control(wanted: pl.DataFrame) -> pl.DataFrame:
    flags = {role: f"is_{role}_controlling_bot" for role in ("attacker", "victim")}
    return wanted.with_columns(
        pl.when(pl.col(f"{role}_steam_id") > 0).then(flag).alias(flag) for role, flag in flags.items()
    )


def _shots_seen(shots: pl.DataFrame, truth: MatchFrames) -> pl.DataFrame:
    """Who dies in the tick of his shot has nothing in hand when it ends: the clip is gone."""
    died = truth["kills"].select("tick", steam_id="victim_steam_id", died=pl.lit(value=True)).unique()
    marked = shots.join(died, on=["tick", "steam_id"], how="left", maintain_order="left")
    return marked.with_columns(pl.when(pl.col("died").is_null()).then("ammo_clip").alias("ammo_clip")).drop("died")


def _blinds_seen(blinds: pl.DataFrame, _truth: MatchFrames) -> pl.DataFrame:
    """awpy misses a flash whose duration is hardly longer than that of one which still blinds the same player."""
    ends = pl.col("tick") + (pl.col("duration_s") * 64).cast(pl.Int32)
    known = {"ends": ends, "had_s": pl.col("duration_s")}
    before = {name: value.shift(1).over("victim_steam_id") for name, value in known.items()}
    is_missed = (pl.col("ends") > pl.col("tick")) & (pl.col("duration_s") - pl.col("had_s") <= AWPY_FLASH_STEP_S)
    return blinds.with_columns(**before).filter(~is_missed.fill_null(value=False)).drop(*before)


def _scoreboard_seen(rows: pl.DataFrame) -> pl.DataFrame:
    """demoparser2 knows no bots; a figure that is zero for everybody else looks like one that is not kept."""
    people = rows.filter(_NO_BOTS)
    return people.with_columns(pl.when(pl.col(name).sum() != 0).then(name).alias(name) for name in ("mvps", "score"))


_ATTEMPT = pl.col("event").is_in(["plant_begin", "plant_abort"])
_DECOY = pl.col("kind") == "decoy"
# awpy tells of nothing that is dropped in the tick in which a recording repeats its whole state, nor that comes back to
# its first owner
_UNSEEN = ((pl.col("action") == "drop") & (pl.col("tick") % FULL_PACKET_TICKS == 1)) | (
    (pl.col("action") == "pickup") & (pl.col("original_owner_steam_id") == pl.col("steam_id"))
)
_NO_BOTS = pl.col("steam_id") > 0
_KNOWABLE: Final[dict[str, Callable[[pl.DataFrame], pl.DataFrame]]] = {
    # armor and kits are in no inventory, and a bot has no SteamID to own its purchases
    "item_events": lambda rows: rows.filter(
        ~pl.col("item").is_in(_GEAR), ~_UNSEEN, _NO_BOTS, pl.col("original_owner_steam_id") > 0
    ),
    # an item without a clip reads as an empty one
    "shots": lambda rows: rows.with_columns(pl.col("ammo_clip").fill_null(0)),
    # the site of an attempt is in no field
    "bomb_events": lambda rows: rows.with_columns(pl.when(~_ATTEMPT).then("site").alias("site")),
    "scoreboard": _scoreboard_seen,
    # demoparser2 knows no bots
    "bullets": lambda rows: rows.filter(_NO_BOTS),
    "kills": _bot_control,
    # the reader ends a decoy where it came to rest
    "grenades": lambda rows: rows.with_columns(
        pl.when(_DECOY).then("effect_tick").otherwise("end_tick").alias("end_tick")
    ),
}


_SEEN_WITH_OTHERS: Final[dict[str, Callable[[pl.DataFrame, MatchFrames], pl.DataFrame]]] = {
    "shots": _shots_seen,
    "blinds": _blinds_seen,
}


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    texts = [name for name, kind in frame.schema.items() if kind == pl.Categorical]
    order = [name for name in _ORDER if name in frame.columns]
    return frame.with_columns(pl.col(texts).cast(pl.String)).sort(order, maintain_order=True)


def _table_differences(name: str, read: pl.DataFrame, wanted: pl.DataFrame) -> dict[str, str]:
    if read.height != wanted.height:
        return {name: f"{read.height} rows read, {wanted.height} written"}
    skipped = _SKIPPED.get(name, ())
    columns = [column for column in wanted.columns if column not in skipped]
    wrong = {column: _column_difference(read[column], wanted[column]) for column in columns}
    return {f"{name}.{column}": difference for column, difference in wrong.items() if difference}


def _column_difference(read: pl.Series, wanted: pl.Series) -> str:
    if wanted.dtype.is_float():
        unlike = (read.is_null() != wanted.is_null()) | ((read - wanted).abs() > TOLERANCE).fill_null(value=False)
    else:
        unlike = read.ne_missing(wanted)
    at = unlike.arg_true()
    return f"{len(at)} unlike, first {read[at[0]]} for {wanted[at[0]]}" if len(at) else ""
