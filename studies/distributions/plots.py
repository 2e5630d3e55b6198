"""One figure of many small ones: how values are distributed in real and in simulated matches."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from distributions.measure import Measure

Values = Mapping[str, Sequence[float]]

COLUMNS: Final = 4
PANEL_INCHES: Final = (3.0, 2.1)
BINS: Final = 24
SHOWN: Final = (0.005, 0.995)
"""Quantiles between which a panel shows values; what lies beyond falls into the outermost bars."""
REAL, SIMULATED = "#4c72b0", "#dd8452"
"""Two colours that people who see red and green alike can tell apart."""
BAR_WIDTH: Final = 0.4
WHOLE_UP_TO: Final = 40
"""Whole numbers that spread no further than this get a bar each."""
STEPS: Final[Mapping[str, float]] = {"time_to_damage_ms": 62.5}
"""Values that come in such steps get a bar for each."""

HISTOGRAMS: Final = (
    "kills_per_round",
    "round_length_s",
    "first_kill_s",
    "kill_s",
    "plant_s",
    "plant_rate",
    "t_win_rate",
    "rounds",
    "adr",
    "hs_percent",
    "kast",
    "kpr",
    "duel_distance_u",
    "rifle_speed_u_s",
    "time_to_damage_ms",
    "sight_distance_u",
    "shots_per_round",
    "rifle_burst",
    "equipment_value",
    "money_left",
    "smokes_s",
    "blind_s",
    "speed_u_s",
    "stationary",
)
BARS: Final[Mapping[str, tuple[str, ...]]] = {
    "how rounds end": ("end_",),
    "kills of a player in a round": ("player_round_",),
    "team buys": ("buy_",),
    "won by team buy": ("wins_",),
    "what kills": ("kills_rifle", "kills_pistol", "kills_sniper", "kills_smg", "kills_grenade"),
    "where hits land": ("hits_head", "hits_chest", "hits_stomach", "hits_arms", "hits_legs"),
    "other shares": ("rifle_slow_shots", "headshots", "plants_defused", "opening_wins"),
    "clutches won": ("clutches_won_",),
}
SHORT: Final[Mapping[str, str]] = {
    "end_t_by_elimination": "T kills\nall",
    "end_ct_by_elimination": "CT kills\nall",
    "end_bomb_exploded": "bomb\nexploded",
    "end_bomb_defused": "bomb\ndefused",
    "end_time_expired": "time\nexpired",
    "player_round_3_kills_and_more": "3 and more",
    "clutches_won_1v3_and_more": "1v3 and more",
    "rifle_slow_shots": "rifle shots\nbelow 34 %",
    "plants_defused": "plants\ndefused",
    "opening_wins": "won with\nfirst kill",
}


def draw(path: Path, measures: Sequence[Measure], real: Values, simulated: Values) -> None:
    """Write the figure as SVG or PNG, by the ending of `path`; the same values give the same file."""
    by_name = {measure.name: measure for measure in measures}
    rows = -(-(len(HISTOGRAMS) + len(BARS)) // COLUMNS)
    with mpl.rc_context({"svg.hashsalt": "offangle", "font.size": 7, "axes.titlesize": 8}):
        whole = Figure(figsize=(COLUMNS * PANEL_INCHES[0], rows * PANEL_INCHES[1]), layout="constrained")
        panels: list[Axes] = list(whole.subplots(rows, COLUMNS).flat)
        for name, panel in zip(HISTOGRAMS, panels, strict=False):
            _histogram(panel, by_name[name], real.get(name, ()), simulated.get(name, ()))
        for (title, names), panel in zip(BARS.items(), panels[len(HISTOGRAMS) :], strict=False):
            _bars(panel, title, _chosen(names, measures), real, simulated)
        for panel in panels[len(HISTOGRAMS) + len(BARS) :]:
            panel.set_axis_off()
        panels[0].legend(frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        whole.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _chosen(names: Sequence[str], measures: Sequence[Measure]) -> list[Measure]:
    """Measures of these names, or of these beginnings of names."""
    exact = [measure for measure in measures if measure.name in names]
    return exact or [measure for measure in measures if measure.name.startswith(tuple(names))]


def _histogram(panel: Axes, measure: Measure, real: Sequence[float], simulated: Sequence[float]) -> None:
    panel.set_title(measure.label + (f" ({measure.unit})" if measure.unit else ""))
    panel.set_yticks([])
    panel.spines[["top", "right", "left"]].set_visible(False)
    edges = _edges(real, simulated, STEPS.get(measure.name))
    if edges is None:
        panel.text(0.5, 0.5, "not known", ha="center", va="center", transform=panel.transAxes)
        return
    for values, colour, name in ((real, REAL, "real"), (simulated, SIMULATED, "simulated")):
        if values:
            inside = np.clip(values, edges[0], edges[-1])
            panel.hist(inside, bins=edges, density=True, histtype="stepfilled", color=colour, alpha=0.45, label=name)
            panel.axvline(float(np.median(values)), color=colour, linewidth=1.2)


def _edges(real: Sequence[float], simulated: Sequence[float], step: float | None) -> list[float] | None:
    """Bars that suit both; None without values."""
    values = np.concatenate([np.asarray(real, np.float64), np.asarray(simulated, np.float64)])
    if not len(values):
        return None
    ends = [np.quantile(part, SHOWN) for part in (real, simulated) if len(part)]
    low, high = float(min(end[0] for end in ends)), float(max(end[1] for end in ends))
    if step is None and high - low <= WHOLE_UP_TO and np.array_equal(values, np.round(values)):
        step = 1.0
    if step is not None:
        first = np.floor(low / step) * step - step / 2
        return [float(edge) for edge in np.arange(first, high + step, step)]
    return [float(edge) for edge in np.linspace(low, max(high, low + 1e-9), BINS + 1)]


def _bars(panel: Axes, title: str, measures: Sequence[Measure], real: Values, simulated: Values) -> None:
    panel.set_title(title)
    panel.spines[["top", "right"]].set_visible(False)
    places = np.arange(len(measures))
    for values, offset, colour in ((real, -0.5, REAL), (simulated, 0.5, SIMULATED)):
        shares = [float(np.mean(values[each.name])) if values.get(each.name) else 0.0 for each in measures]
        panel.bar(places + offset * BAR_WIDTH, shares, BAR_WIDTH, color=colour, alpha=0.75)
    panel.set_xticks(places, [_short(each) for each in measures], fontsize=6)


def _short(measure: Measure) -> str:
    label = measure.label.removeprefix("player's round with ").removeprefix("won with ")
    return SHORT.get(measure.name, label.removesuffix(" buys").removesuffix(" won").removesuffix(" of kills with guns"))
