"""All metrics of a player, in the order in which pages list them.

Adding one is an entry in a file of `analysis.metrics`; a new group is one file there and one line here.
"""

from typing import Final

from offangle.analysis.metrics import counting, duels, feats, ratings, utility
from offangle.analysis.metrics.metric import Metric

PLAYER_METRICS: Final[tuple[Metric, ...]] = (
    *counting.METRICS,
    *ratings.METRICS,
    *duels.METRICS,
    *feats.METRICS,
    *utility.METRICS,
)

METRICS_BY_NAME: Final = {metric.name: metric for metric in PLAYER_METRICS}

TOTALS: Final = tuple(metric for metric in PLAYER_METRICS if metric.total is not None)
RATES: Final = tuple(metric for metric in PLAYER_METRICS if metric.rate is not None)
PROMOTED: Final = tuple(metric for metric in PLAYER_METRICS if metric.promoted)
