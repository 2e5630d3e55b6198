"""`offangle sim match`: play a match and write what the real world would have written, with the truth."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from offangle.cli.output import notes, out, print_json
from offangle.core.errors import BadInputError
from offangle.frames.collection import MatchFrames
from offangle_sim.match import write_match
from offangle_sim.net.links import NETWORKS
from offangle_sim.order import (
    DEFAULT_MAP,
    DEFAULT_PARTS,
    GAME_MODES,
    INCIDENTS,
    LOCAL_NETWORK,
    PARTS,
    MatchOrder,
    incidents_of,
    parts_of,
)
from offangle_sim.world.arena import ARENA_NAMES

app = typer.Typer(add_completion=False)

UNITS: Final = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3}
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([KMG]?)B?", re.IGNORECASE)


@app.command()
def match(  # noqa: PLR0913 -- options of a command
    out_dir: Annotated[Path, typer.Option("--out", metavar="DIR", help="An empty or new folder.")],
    *,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed plays the same match.")] = 1,
    map_name: Annotated[str, typer.Option("--map", help=f"One of: {', '.join(ARENA_NAMES)}.")] = DEFAULT_MAP,
    mode: Annotated[str, typer.Option("--mode", help=f"One of: {', '.join(GAME_MODES)}.")] = "competitive",
    rounds: Annotated[
        int | None, typer.Option("--rounds", min=1, help="Stop after so many rounds; minutes in deathmatch.")
    ] = None,
    max_rounds: Annotated[
        int | None, typer.Option("--max-rounds", min=2, help="Rounds of regulation; a short match has 4.")
    ] = None,
    incident: Annotated[
        str, typer.Option("--incident", help=f"What has to happen, with commas between: {', '.join(INCIDENTS)}.")
    ] = "",
    parts: Annotated[
        str, typer.Option("--parts", help=f"What is written, with commas between: {', '.join(PARTS)}.")
    ] = ",".join(part for part in PARTS if part in DEFAULT_PARTS),
    povs: Annotated[int, typer.Option("--povs", min=0, help="How many players' own recordings are written.")] = 1,
    pad: Annotated[str, typer.Option("--pad", metavar="SIZE", help="Bring the recording to a size: 200M.")] = "0",
    network: Annotated[
        str, typer.Option("--network", help=f"One of: {', '.join((LOCAL_NETWORK, *NETWORKS))}.")
    ] = "mixed",
    as_json: Annotated[bool, typer.Option("--json", help="Print what was played as JSON.")] = False,
) -> None:
    """Simulate a match with a known truth.

    Writes match.dem, gsi/STEAM_ID.jsonl (what each player's game posts), pov/STEAM_ID.dem (what a player's client
    received) and truth/TABLE.parquet (what really happened). With the part `displayed`, also perspectives/: what every
    client showed at every frame, and where that was not what the server decided. The match is simulated, and says so.
    """
    order = MatchOrder(seed=seed, map_name=_one_of("map", map_name, ARENA_NAMES), rounds=rounds)
    order = replace(
        order,
        mode=_one_of("mode", mode, GAME_MODES),  # type: ignore[arg-type]  # a mode, since it was found among them
        max_rounds=max_rounds,
        incidents=incidents_of(_listed(incident)),
        parts=parts_of(_listed(parts)),
        povs=povs,
        pad_to_bytes=_bytes(pad),
        network=_one_of("network", network, (LOCAL_NETWORK, *NETWORKS)),
    )
    with _progress() as told:
        truth = write_match(order, out_dir, told)
    told_of = _told(order, truth, out_dir)
    if as_json:
        print_json(told_of)
    else:
        out().print(
            f"{told_of['rounds']} rounds on {told_of['map']}, {told_of['score'][0]}:{told_of['score'][1]}, "
            f"{told_of['kills']} kills, seed {seed}: {out_dir}"
        )


def _told(order: MatchOrder, truth: MatchFrames, folder: Path) -> dict[str, Any]:
    row = truth["match"].row(0, named=True)
    counted = truth["rounds"].filter(truth["rounds"]["round_number"] > 0)
    return {
        "map": order.map_name,
        "mode": order.mode,
        "seed": order.seed,
        "rounds": counted.height,
        "score": [row["score_a"], row["score_b"]],
        "kills": truth["kills"].height,
        "duration_s": row["duration_s"],
        "files": sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()),
    }


def _listed(words: str) -> list[str]:
    return [word.strip() for word in words.split(",") if word.strip()]


def _one_of(what: str, given: str, known: tuple[str, ...]) -> str:
    if given not in known:
        raise BadInputError(f"There is no {what} {given}.", hint=f"Choose from {', '.join(known)}.")
    return given


def _bytes(size: str) -> int:
    found = _SIZE.fullmatch(size.strip())
    if found is None:
        raise BadInputError(f"{size} is no size.", hint="Write 200M or 1.5G.")
    return int(float(found[1]) * UNITS[found[2].upper()])


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar on standard error while somebody watches; it leaves nothing behind."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = notes()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("playing", total=1.0)
        yield lambda stage, share: progress.update(task, description=stage, completed=share)
