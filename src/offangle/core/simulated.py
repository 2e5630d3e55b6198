"""SteamIDs that only simulated players have.

Steam numbers accounts upwards from 1 and stands in the middle of what 32 bits hold; simulated players are numbered from
the other end. Their ids are well formed, so that every parser and every check takes them as it takes a person's.
"""

from typing import Final

INDIVIDUALS: Final = 76_561_197_960_265_728
"""The SteamID64 of account 0 among people's accounts."""
ACCOUNT_BITS: Final = 32
SIMULATED_BITS: Final = 24
"""So many of the last account numbers are simulated players'."""
LAST_SIMULATED_STEAM_ID: Final = INDIVIDUALS + 2**ACCOUNT_BITS - 1
FIRST_SIMULATED_STEAM_ID: Final = LAST_SIMULATED_STEAM_ID - 2**SIMULATED_BITS + 1


def is_simulated_player(steam_id: int) -> bool:
    """Whether the id is one that only simulated players have."""
    return FIRST_SIMULATED_STEAM_ID <= steam_id <= LAST_SIMULATED_STEAM_ID
