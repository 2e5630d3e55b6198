"""Simulated players: ids that no person has, names that tell them apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offangle.core.errors import BadInputError
from offangle.core.simulated import FIRST_SIMULATED_STEAM_ID, LAST_SIMULATED_STEAM_ID, is_simulated_player
from offangle.db.queries.people import FIRST_STEAM_ID, LAST_STEAM_ID
from offangle_sim.people import FIRST_WORDS, MOST_PLAYERS, SEEDS, simulated_players

SEED = st.integers(0, 2**40)


@given(seed=SEED, count=st.integers(0, MOST_PLAYERS))
def test_the_same_seed_gives_the_same_players_and_more_of_them_begin_alike(seed: int, count: int) -> None:
    players = simulated_players(seed, count)
    assert players == simulated_players(seed, MOST_PLAYERS)[:count]
    assert len({name for name, _ in players}) == len({steam_id for _, steam_id in players}) == count


@given(seed=SEED)
def test_ids_pass_as_a_persons_and_are_told_apart(seed: int) -> None:
    for name, steam_id in simulated_players(seed, MOST_PLAYERS):
        assert FIRST_STEAM_ID <= steam_id <= LAST_STEAM_ID
        assert is_simulated_player(steam_id)
        assert len(str(steam_id)) == len("76561197960287930")
        assert 3 <= len(name) <= 32
        assert name.isascii()


@given(seed=st.integers(0, SEEDS - 1), other=st.integers(0, SEEDS - 1))
def test_two_seeds_share_nobody(seed: int, other: int) -> None:
    ids = [{steam_id for _, steam_id in simulated_players(number, MOST_PLAYERS)} for number in (seed, other)]
    assert seed == other or not ids[0] & ids[1]


@pytest.mark.parametrize(
    ("steam_id", "expected"),
    [
        (FIRST_SIMULATED_STEAM_ID - 1, False),
        (FIRST_SIMULATED_STEAM_ID, True),
        (LAST_SIMULATED_STEAM_ID, True),
        (LAST_SIMULATED_STEAM_ID + 1, False),
        (FIRST_STEAM_ID, False),
        (-1, False),
    ],
)
def test_where_simulated_ids_begin_and_end(steam_id: int, *, expected: bool) -> None:
    assert is_simulated_player(steam_id) is expected


def test_the_last_seed_has_the_last_id() -> None:
    assert simulated_players(SEEDS - 1, MOST_PLAYERS)[-1][1] == LAST_SIMULATED_STEAM_ID
    assert simulated_players(SEEDS, 1)[0][1] == FIRST_SIMULATED_STEAM_ID


def test_every_player_of_a_seed_has_a_first_word_of_their_own() -> None:
    assert len(set(FIRST_WORDS)) == MOST_PLAYERS


@pytest.mark.parametrize(("seed", "count"), [(-1, 10), (1, -1), (1, MOST_PLAYERS + 1)])
def test_what_nobody_can_give_is_refused(seed: int, count: int) -> None:
    with pytest.raises(BadInputError, match=f"{count} simulated players of seed {seed}"):
        simulated_players(seed, count)
