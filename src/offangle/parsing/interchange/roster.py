"""Who played, and who was on which side in which round: what every other file refers to."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from offangle.core.errors import BadInputError
from offangle.parsing.interchange.archive import Archive
from offangle.parsing.interchange.rows import PLAYERS, Rows, wire_player
from offangle.parsing.interchange.vocabulary import TEAMS, translated

FIRST_STEAM_ID: Final = 76_561_197_960_265_728
"""The SteamID64 of account 0; smaller numbers are no people."""

MAX_PLAYERS: Final = 64


@dataclass(frozen=True, slots=True)
class Roster:
    """The players of a match and the sides they played.

    Attributes:
        players: `index`, `wire_id` (as 2.0 names the player), `steam_id`, `name`, `team`, `is_bot`.
        sides: `round_number`, `steam_id`, `side`: one row per round and player.
        freeze_ends: `round_number`, `freeze_end_tick`.
        numbers: `stated`, `round_number`: the file's numbers of rounds, and ours where knife rounds do not count.
        is_columnar: Players are named by index, not by SteamID64.
    """

    players: pl.DataFrame
    sides: pl.DataFrame
    freeze_ends: pl.DataFrame
    numbers: pl.DataFrame
    is_columnar: bool

    def identify(self, frame: pl.DataFrame, declared: Rows, *, where: str) -> pl.DataFrame:
        """`frame` with each player column of `declared` as a SteamID64.

        Raises:
            BadInputError: A row names a player or a round that is not there.
        """
        for column, stem in declared.players.items():
            wire = wire_player(stem, is_columnar=self.is_columnar)
            frame = self.identify_column(frame, column, where=f"{where}: {wire}")
        return self.check_rounds(frame, where=where) if "round_number" in frame.columns else frame

    def identify_column(self, frame: pl.DataFrame, column: str, *, where: str) -> pl.DataFrame:
        """`frame` with the wire's players of `column` replaced by SteamID64s; nulls stay.

        Raises:
            BadInputError: A row names a player who is not in `players.json`.
        """
        known = self.players.get_column("index" if self.is_columnar else "wire_id")
        steam_ids = self.players.get_column("steam_id")
        found = frame.get_column(column).replace_strict(known, steam_ids, default=None, return_dtype=pl.Int64)
        strange = frame.get_column(column).filter(found.is_null() & frame.get_column(column).is_not_null())
        if not strange.is_empty():
            raise BadInputError(f"{where} {strange.item(0)!r} is not a player of players.json ({known.len()} players)")
        return frame.with_columns(found.alias(column))

    def check_rounds(self, frame: pl.DataFrame, *, where: str) -> pl.DataFrame:
        """The same frame with our numbers of its rounds, each of which exists; 0 stands for "outside any round".

        Raises:
            BadInputError: A row names a round that is not in `rounds.json`.
        """
        stated, ours = self.numbers.get_column("stated"), self.numbers.get_column("round_number")
        strange = frame.filter((pl.col("round_number") != 0) & ~pl.col("round_number").is_in(stated.implode()))
        if not strange.is_empty():
            raise BadInputError(f"{where}: roundNumber {strange.item(0, 'round_number')} is not in rounds.json")
        return frame.with_columns(pl.col("round_number").replace(stated, ours))

    def without_warmup(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`frame` with rows from before their round's freeze end moved outside any round (`round_number` 0).

        Nobody can fight in freeze time: exporters count the last seconds of warmup into round 1.
        """
        ends = frame.select("round_number", "tick").join(
            self.freeze_ends, on="round_number", how="left", maintain_order="left"
        )
        is_early = (ends.get_column("tick") < ends.get_column("freeze_end_tick")).fill_null(value=False)
        return frame.with_columns(pl.when(~is_early).then(pl.col("round_number")).otherwise(0).alias("round_number"))

    def with_side(self, frame: pl.DataFrame, player: str, side: str) -> pl.DataFrame:
        """`frame` with the side that `player` played in the row's round as `side`; the order of rows stays."""
        sides = self.sides.rename({"steam_id": player, "side": side})
        return frame.join(sides, on=["round_number", player], how="left", maintain_order="left")


def read_players(archive: Archive) -> pl.DataFrame:
    """`index`, `wire_id`, `steam_id`, `name`, `team`, `is_bot`, in the file's order.

    Raises:
        BadInputError: Nobody or too many, an id twice or not a number, or an unknown team.
    """
    rows = PLAYERS.read(archive)
    if rows is None:
        raise BadInputError("players.json is missing")
    if not 0 < rows.height <= MAX_PLAYERS:
        raise BadInputError(f"players.json: {rows.height} players; 1 to {MAX_PLAYERS} are expected")
    rows = translated(rows, "team", TEAMS, where="players.json: teamKey").with_row_index("index")
    number = rows.get_column("steam_id64").cast(pl.Int64, strict=False)
    if number.has_nulls():
        broken = rows.filter(number.is_null()).item(0, "steam_id64")
        raise BadInputError(f"players.json: steamId64 {broken[:80]!r} is not a number")
    is_bot = number < FIRST_STEAM_ID
    players = rows.select(
        pl.col("index").cast(pl.Int64),
        pl.col("steam_id64").alias("wire_id"),
        pl.when(is_bot).then(-(pl.col("index").cast(pl.Int64) + 1)).otherwise(number).alias("steam_id"),
        "name",
        "team",
        is_bot.alias("is_bot"),
    )
    _refuse_doubles(players, "steam_id" if archive.is_columnar else "wire_id")
    return players


def _refuse_doubles(players: pl.DataFrame, column: str) -> None:
    doubles = players.filter(pl.col(column).is_duplicated())
    if not doubles.is_empty():
        raise BadInputError(f"players.json: steamId64 {doubles.item(0, 'wire_id')} is there twice")


def roster_of(players: pl.DataFrame, rounds: pl.DataFrame, *, is_columnar: bool) -> Roster:
    """The roster for `rounds` with their sides: round_number, stated_number, team_a_side, freeze_end_tick."""
    freeze_ends = rounds.select("round_number", "freeze_end_tick")
    numbers = rounds.select("round_number", stated="stated_number")
    return Roster(players, _played_sides(players, rounds), freeze_ends, numbers, is_columnar)


def _played_sides(players: pl.DataFrame, rounds: pl.DataFrame) -> pl.DataFrame:
    """`round_number`, `steam_id`, `side` of each player in each round, from the team and the round's sides."""
    other = pl.when(pl.col("team_a_side") == "t").then(pl.lit("ct")).otherwise(pl.lit("t"))
    return (
        rounds.select("round_number", "team_a_side")
        .join(players, how="cross")
        .select(
            "round_number",
            "steam_id",
            pl.when(pl.col("team") == "a").then(pl.col("team_a_side")).otherwise(other).alias("side"),
        )
    )
