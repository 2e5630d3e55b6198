"""What flashes did, and what is listed apart."""

from typing import Final

from offangle.analysis.metrics.metric import Metric, per_round, summed

METRICS: Final = (
    Metric(
        name="enemies_flashed",
        label="EF",
        definition="Enemies blinded for 1.1 s or longer.",
        group="utility",
        total=summed("enemies_flashed"),
    ),
    Metric(
        name="blind_time_enemy_s",
        label="Blind time",
        unit="s",
        definition="Time that enemies were blinded by the player's flashes.",
        decimals=1,
        group="utility",
        total=summed("blind_time_enemy_s"),
    ),
    Metric(
        name="blind_time_team_s",
        label="Team blind time",
        unit="s",
        definition="Time that team-mates were blinded by the player's flashes; oneself not counted.",
        decimals=1,
        higher_is_better=False,
        group="utility",
        total=summed("blind_time_team_s"),
    ),
    Metric(
        name="enemies_flashed_per_round",
        label="EF/R",
        unit="per round",
        definition="Enemies blinded for 1.1 s or longer, per round played.",
        denominator="rounds played",
        decimals=2,
        group="utility",
        rate=per_round("enemies_flashed"),
    ),
    Metric(
        name="team_kills",
        label="Team kills",
        definition="Team-mates killed; not part of the kills.",
        group="apart",
        higher_is_better=False,
        total=summed("team_kills"),
    ),
    Metric(
        name="team_damage",
        label="Team damage",
        unit="hp",
        definition="Health removed from team-mates; not part of the damage.",
        group="apart",
        higher_is_better=False,
        total=summed("team_damage"),
    ),
    Metric(
        name="bot_kills",
        label="Bot kills",
        definition="Kills made while controlling a bot; not part of the kills.",
        group="apart",
        total=summed("bot_kills"),
    ),
    Metric(
        name="bot_deaths",
        label="Bot deaths",
        definition="Deaths while controlling a bot; not part of the deaths.",
        group="apart",
        higher_is_better=False,
        total=summed("bot_deaths"),
    ),
)
