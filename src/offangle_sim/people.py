"""Who plays in simulated matches: invented nicknames, and SteamIDs that no person has (`core.simulated`)."""

from typing import Final

import numpy as np

from offangle.core.errors import BadInputError
from offangle.core.simulated import FIRST_SIMULATED_STEAM_ID, SIMULATED_BITS

MOST_PLAYERS: Final = 64
"""Ids of one seed; two seeds less than `SEEDS` apart share none."""
SEEDS: Final = 2**SIMULATED_BITS // MOST_PLAYERS
NAMES_STREAM: Final = 7
"""Keeps these draws apart from all others of the same seed."""

FIRST_WORDS: Final = (
    "amber", "autumn", "basalt", "biscuit", "bramble", "brass", "brisk", "cedar", "chalky", "cinder", "clever",
    "clover", "copper", "cosmic", "crooked", "dapper", "drowsy", "dusty", "eager", "ember", "feral", "fickle",
    "foggy", "frosty", "gentle", "ginger", "gloomy", "gravel", "grumpy", "hasty", "hollow", "humble", "indigo",
    "ivory", "jolly", "juniper", "lanky", "lazy", "lemon", "linen", "loyal", "marble", "mellow", "mighty", "misty",
    "modest", "mossy", "nimble", "noisy", "paper", "pewter", "plucky", "polite", "quiet", "rusty", "sleepy", "soggy",
    "sturdy", "thirsty", "timid", "velvet", "wobbly", "woolly", "zesty",
)  # fmt: skip
"""One for each player of a seed, so that no two are called alike."""
SECOND_WORDS: Final = (
    "acorn", "anchor", "badger", "barrel", "beetle", "button", "candle", "comet", "dumpling", "thimble", "fiddle",
    "gecko", "hamster", "heron", "kettle", "lantern", "lobster", "magpie", "mitten", "muffin", "noodle", "otter",
    "pancake", "parsnip", "pebble", "pickle", "pigeon", "pocket", "radish", "teapot", "turnip", "walrus",
)  # fmt: skip
STYLES: Final = ("{0}_{1}", "{0}{1}", "{0}.{1}", "{2}{3}", "{2} {3}", "{1}{4:02d}")
"""How people write themselves: of both words, both with capitals, and a number."""


def simulated_players(seed: int, count: int) -> list[tuple[str, int]]:
    """Name and SteamID64 of the first `count` players of a seed, always the same.

    Names differ within a seed, ids also between seeds that are less than `SEEDS` apart.

    Raises:
        BadInputError: A negative seed, or a count that is not from 0 to `MOST_PLAYERS`.
    """
    if seed < 0 or not 0 <= count <= MOST_PLAYERS:
        raise BadInputError(
            f"there are no {count} simulated players of seed {seed}",
            hint=f"Choose a seed from 0 up and at most {MOST_PLAYERS} players.",
        )
    first_id = FIRST_SIMULATED_STEAM_ID + seed % SEEDS * MOST_PLAYERS
    return [(name, first_id + place) for place, name in enumerate(_names(seed)[:count])]


def _names(seed: int) -> list[str]:
    """A name for each of `MOST_PLAYERS`."""
    rng = np.random.default_rng((seed, NAMES_STREAM))
    firsts = rng.permutation(len(FIRST_WORDS))
    seconds = rng.integers(len(SECOND_WORDS), size=MOST_PLAYERS)
    styles = rng.integers(len(STYLES), size=MOST_PLAYERS)
    numbers = rng.permutation(100)
    return [
        _styled(STYLES[style], FIRST_WORDS[first], SECOND_WORDS[second], int(number))
        for first, second, style, number in zip(firsts, seconds, styles, numbers[:MOST_PLAYERS], strict=True)
    ]


def _styled(style: str, first: str, second: str, number: int) -> str:
    return style.format(first, second, first.capitalize(), second.capitalize(), number)
