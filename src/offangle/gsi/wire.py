"""The wire form of Game State Integration, and nothing else of Offangle knows it.

Read leniently: numbers may come as text, unknown keys appear, blocks are missing. What cannot be a post of
Counter-Strike 2 is refused with a reason.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, cast

import msgspec

from offangle.core.errors import BadInputError
from offangle.core.maps import canonical_map
from offangle.core.sides import Side
from offangle.gsi.refusals import NO_PROVIDER, NOT_CS2, NOT_JSON, Refusal
from offangle.live.observation import BombState, HeldWeapon, MapState, Observation, OwnPlayer, RoundPhase, Scalar

CS2_APP_ID: Final = 730
SPECTATOR_BLOCKS: Final = ("allplayers", "phase_countdowns", "grenades", "bomb")
"""Blocks that only spectators and playbacks are sent; a playing client never gets them."""

DELTA_BLOCKS: Final = ("previously", "added")
ROUND_PHASES: Final = frozenset({"freezetime", "live", "over"})
BOMB_STATES: Final = frozenset({"planted", "exploded", "defused"})
SIDES: Final[Mapping[str, Side]] = {"T": "t", "CT": "ct"}
LONGEST_TEXT: Final = 128
MOST_WEAPONS: Final = 64
MOST_DEPTH: Final = 32
"""Blocks within blocks; the game goes five deep."""
INT32_MAX: Final = 2**31 - 1
MOST_COUNTED: Final = 2**15 - 1
"""Rounds, points and kills; no match has more, and no column holds more."""
TEXT_NUMBER: Final = re.compile(r"(-?[0-9]{1,10})(?:\.0*)?")
"""A whole number as text, also as some write it that have no other: `24.0`."""

Block = Mapping[str, Any]
_decoder: Final = msgspec.json.Decoder()
_encoder: Final = msgspec.json.Encoder()


class Post(NamedTuple):
    """What the ingest needs of a post; `body` is what is stored: compact JSON, everything but the authentication."""

    steam_id: int
    provider_timestamp: int
    token: str | None
    body: bytes


def read_post(raw: bytes) -> Post | Refusal:
    """Take a post apart, or say why it is none.

    It is decoded in full, so that whatever is stored can be read again, and encoded anew without what authenticates it.
    """
    try:
        body = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NOT_JSON
    if type(body) is not dict:
        return NOT_JSON
    provider = _block(body, "provider")
    if _int(provider.get("appid")) != CS2_APP_ID:
        return NOT_CS2
    steam_id = _steam_id(provider.get("steamid"))
    if steam_id is None:
        return NO_PROVIDER
    token = take_token(body)
    return Post(steam_id, provider_timestamp(body), token, _encoder.encode(body))


def decode_post(raw: bytes) -> dict[str, Any]:
    """The body of a post as a mapping.

    Raises:
        BadInputError: It is not JSON, not an object, or does not come from Counter-Strike 2.
    """
    try:
        body = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInputError(f"the post is not JSON: {error}", hint="Send the body as the game makes it.") from error
    if not isinstance(body, dict):
        raise BadInputError("the post is not a JSON object", hint="Send the body as the game makes it.")
    provider = _block(body, "provider")
    if _int(provider.get("appid")) != CS2_APP_ID:
        raise BadInputError("provider.appid is not 730", hint="Offangle follows Counter-Strike 2 only.")
    if provider_steam_id(body) is None:
        raise BadInputError("provider.steamid is missing", hint='Ask for "provider" "1" in the configuration file.')
    return body


def provider_steam_id(body: Block) -> int | None:
    """Whose client sent the post."""
    return _steam_id(_block(body, "provider").get("steamid"))


def provider_timestamp(body: Block) -> int:
    """The client's own clock in whole seconds since 1970, also when sent as text; 0 where it tells none."""
    return max(0, _int(_block(body, "provider").get("timestamp")) or 0)


def take_token(body: dict[str, Any]) -> str | None:
    """Remove the authentication from the body and return its token: what is stored never contains it."""
    auth = body.pop("auth", None)
    for name in DELTA_BLOCKS:
        claims = body.get(name)
        if isinstance(claims, dict):
            claims.pop("auth", None)
    token = auth.get("token") if isinstance(auth, dict) else None
    return token if isinstance(token, str) else None


def observation_of(body: Block, *, sequence: int, received_ns: int) -> Observation:
    """One post in Offangle's own words.

    Raises:
        BadInputError: The provider is missing.
    """
    steam_id = provider_steam_id(body)
    if steam_id is None:
        raise BadInputError("provider.steamid is missing")
    round_block, player = _block(body, "round"), _block(body, "player")
    watched = _steam_id(player.get("steamid"))
    is_own = watched == steam_id
    return Observation(
        sequence=sequence,
        received_ns=received_ns,
        provider_timestamp=provider_timestamp(body),
        steam_id=steam_id,
        map=_map_state(_block(body, "map")),
        round_phase=_round_phase(round_block),
        round_winner=SIDES.get(_text(round_block.get("win_team")) or ""),
        bomb=_bomb(round_block),
        own=_own_player(player) if is_own and player.get("state") is not None else None,
        watched_steam_id=watched if not is_own else None,
        is_spectating=any(body.get(name) is not None for name in SPECTATOR_BLOCKS) or "spectarget" in player,
        has_claims=any(body.get(name) is not None for name in DELTA_BLOCKS),
        claims=dict(_leaves(_block(body, "previously"), "")),
        facts=dict(_leaves({name: body[name] for name in body if name not in ("provider", "auth", *DELTA_BLOCKS)}, "")),
    )


def _map_state(block: Block) -> MapState | None:
    """The match; None where its name, its rounds or its score cannot be read: zeros would be a restart."""
    name, mode = _text(block.get("name")), _text(block.get("mode"))
    team_t, team_ct = _block(block, "team_t"), _block(block, "team_ct")
    counters = [_counter(block, "round"), _counter(team_t, "score"), _counter(team_ct, "score")]
    if name is None or mode is None or None in counters:
        return None
    rounds_completed, score_t, score_ct = (counter or 0 for counter in counters)
    wins = _block(block, "round_wins")
    return MapState(
        name=canonical_map(name),
        mode=mode,
        phase=_text(block.get("phase")) or "live",
        rounds_completed=rounds_completed,
        score_t=score_t,
        score_ct=score_ct,
        team_t_name=_text(team_t.get("name")),
        team_ct_name=_text(team_ct.get("name")),
        round_wins={number: str(word) for key, word in wins.items() if (number := _int(key)) is not None},
        loss_streak_t=_int(team_t.get("consecutive_round_losses")),
        loss_streak_ct=_int(team_ct.get("consecutive_round_losses")),
    )


def _own_player(block: Block) -> OwnPlayer:
    state, stats = _block(block, "state"), _block(block, "match_stats")
    return OwnPlayer(
        name=_text(block.get("name")),
        side=SIDES.get(_text(block.get("team")) or ""),
        activity=_text(block.get("activity")),
        health=_int(state.get("health")),
        armor=_int(state.get("armor")),
        has_helmet=_bool(state.get("helmet")),
        has_defuse_kit=_bool(state.get("defusekit")),
        money=_int(state.get("money")),
        equipment_value=_int(state.get("equip_value")),
        round_kills=_count(state.get("round_kills")),
        round_headshot_kills=_count(state.get("round_killhs")),
        kills=_count(stats.get("kills")),
        deaths=_count(stats.get("deaths")),
        assists=_count(stats.get("assists")),
        mvps=_count(stats.get("mvps")),
        score=_count(stats.get("score")),
        weapons=tuple(_weapons(_block(block, "weapons"))),
    )


def _weapons(block: Block) -> Iterator[HeldWeapon]:
    for slot in list(block.values())[:MOST_WEAPONS]:
        name = _text(slot.get("name")) if isinstance(slot, dict) else None
        if name is None:
            continue
        yield HeldWeapon(
            name=name.removeprefix("weapon_"),
            kind=_text(slot.get("type")),
            state=_text(slot.get("state")) or "holstered",
            ammo_clip=_int(slot.get("ammo_clip")),
            ammo_reserve=_int(slot.get("ammo_reserve")),
        )


def _round_phase(block: Block) -> RoundPhase | None:
    phase = _text(block.get("phase"))
    return cast("RoundPhase", phase) if phase in ROUND_PHASES else None


def _bomb(block: Block) -> BombState | None:
    bomb = _text(block.get("bomb"))
    return cast("BombState", bomb) if bomb in BOMB_STATES else None


def _leaves(block: Block, prefix: str, depth: int = 0) -> Iterator[tuple[str, Scalar]]:
    """Every figure below `block` with its path, in the order sent; nothing from below `MOST_DEPTH`."""
    if depth > MOST_DEPTH:
        return
    for key, value in block.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}.", depth + 1)
        elif isinstance(value, str | int | float | bool):
            yield path, value


def _block(parent: Block, name: str) -> Block:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value[:LONGEST_TEXT] if isinstance(value, str) and value else None


def _int(value: object) -> int | None:
    """A whole number, also when sent as text; None for anything else or anything absurd."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = int(found[1]) if (found := TEXT_NUMBER.fullmatch(value)) is not None else None
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    return value if isinstance(value, int) and abs(value) <= INT32_MAX else None


def _count(value: object) -> int | None:
    """A figure of a scoreboard, which may be below 0; None for anything absurd."""
    number = _int(value)
    return number if number is not None and abs(number) <= MOST_COUNTED else None


def _counter(block: Block, name: str) -> int | None:
    """A counter that begins at 0 and is 0 where it is not told; None for what it cannot be."""
    number = _count(block[name]) if name in block else 0
    return number if number is not None and number >= 0 else None


def _bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _steam_id(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 < value < 2**63 else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:  # noqa: PLR2004 -- 64 bits
        return int(value)
    return None
