"""Whether the observer's line on the scoreboard is to be believed.

A client that reconnects may be shown zeros before it is given its line back. Believed, they would make every kill
count again when the line returns. A line that stays at zero and counts on from there was begun anew by the server.
"""

from msgspec.structs import replace

from offangle.live.observation import Observation, OwnPlayer
from offangle.live.state import Epoch, OwnTotals


def believed(epoch: Epoch, observation: Observation) -> tuple[Epoch, Observation]:
    """The post without a scoreboard of zeros that once showed more, and the epoch knowing that it came."""
    own = observation.own
    if own is None:
        return epoch, observation
    if is_blank(epoch, own):
        untold = replace(own, kills=None, deaths=None, assists=None, mvps=None, score=None, round_kills=None)
        return replace(epoch, was_blank=True), replace(observation, own=replace(untold, round_headshot_kills=None))
    if not epoch.was_blank or _figures(own) == []:
        return epoch, observation
    epoch = replace(epoch, was_blank=False)
    return (_counted_anew(epoch) if _is_lower(epoch, own) else epoch), observation


def is_blank(epoch: Epoch, own: OwnPlayer) -> bool:
    """Whether all that is told of kills, deaths and assists is zero, or less, although there were some."""
    figures = _figures(own)
    totals = epoch.totals
    before = (len(epoch.kills), totals.kills, totals.deaths, totals.assists)
    return bool(figures) and max(figures) <= 0 and any(before)


def _figures(own: OwnPlayer) -> list[int]:
    return [figure for figure in (own.kills, own.deaths, own.assists) if figure is not None]


def _is_lower(epoch: Epoch, own: OwnPlayer) -> bool:
    """Whether the line shows less than before the zeros."""
    return any(
        told is not None and known is not None and told < known - (before or 0)
        for told, known, before in (
            (own.kills, epoch.totals.kills, epoch.totals_before.kills),
            (own.deaths, epoch.totals.deaths, epoch.totals_before.deaths),
            (own.assists, epoch.totals.assists, epoch.totals_before.assists),
        )
    )


def _counted_anew(epoch: Epoch) -> Epoch:
    totals = OwnTotals(**{name: getattr(epoch.totals, name) or 0 for name in OwnTotals.__struct_fields__})
    return replace(epoch, totals_before=totals, kills_before=-len(epoch.kills), deaths_seen=0, assists_seen=0)
