"""What a client sends for one tick: the moment it was looking at, and where it looked."""

from typing import NamedTuple


class InputEntry(NamedTuple):
    """One sub-tick input.

    Attributes:
        render_tick: The server tick that the client showed.
        render_fraction: How far towards the next one, from 0 to 1.
        player_tick: The tick of the client's own prediction.
        player_fraction: How far towards the next one.
        pitch_deg: View angle, negative upwards.
        yaw_deg: View angle, counted from east.
    """

    render_tick: int
    render_fraction: float
    player_tick: int
    player_fraction: float
    pitch_deg: float
    yaw_deg: float


class UserCommand(NamedTuple):
    """What one client sent for one tick.

    Attributes:
        slot: The player's slot.
        number: Counts the player's commands.
        client_tick: The client's own clock.
        buttons: Keys held.
        view: Pitch and yaw at the end of the command, in degrees.
        move: Forward and left, from -1 to 1.
        inputs: In order of time.
    """

    slot: int
    number: int
    client_tick: int
    buttons: int
    view: tuple[float, float]
    move: tuple[float, float]
    inputs: tuple[InputEntry, ...]
