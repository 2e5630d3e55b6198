"""Closed vocabularies and thresholds of perspectives: a match as its server and its clients each had it."""

from typing import Final

PERSPECTIVE_KINDS: Final = ("server", "client")

BASES: Final = ("observed", "derived", "absent")
"""How a value is known: recorded by the computer that it is about, worked out by a model, or not at all."""

PERSPECTIVE_SOURCES: Final = ("server_demo", "user_commands", "pov_demo", "gsi", "network_model", "simulator")
"""Where a perspective comes from. `simulator`: the client itself was simulated, and what it showed was written down."""

GRANULARITIES: Final = ("frames", "samples", "events")
"""What is kept of a client's states: every frame, one frame in several, or none (its desync events only)."""

SHOWN_AS: Final = ("predicted", "interpolated", "extrapolated", "held")
"""How a client came to show somebody where it did: itself ahead of the server, others between two updates, moved on for
want of updates, or left standing."""

DESYNC_CLASSES: Final = ("interpolation", "loss", "prediction", "clock", "verdict")
"""Why a client's state was not the server's.

`interpolation`: the age that a frame has anyway. `loss`: updates lost or late. `prediction`: the client's own player.
`clock`: the client's clock is ahead or behind. `verdict`: the server decided otherwise than the client showed (a shot
refused, a death not yet known).
"""

MERGES: Final = ("recovered", "verdict", "reset")
"""How a desync ended: the states agree again, the server's decision overruled the client's, or the subject was put
elsewhere (a new round)."""

DESYNC_DISTANCE_U: Final = 32.0
"""Units between shown and decided from which on states differ: a player's width."""

DESYNC_CAUSE_U: Final = 4.0
"""A cause that moved somebody by less names no desync: else a difference that age explains a tick later is put down to
a clock that is a millisecond off."""

DESYNC_MIN_TICKS: Final = 2
"""Shorter differences are no desync; a verdict is one from its first tick."""
