"""Questions that the SQL explorer offers; a test runs each of them."""

from typing import Final

EXAMPLES: Final[tuple[tuple[str, str], ...]] = (
    (
        "My maps",
        """SELECT map, count(*) AS matches, sum(rounds_played) AS rounds
FROM matches
WHERE is_mine
GROUP BY map
ORDER BY matches DESC""",
    ),
    (
        "Players by damage per round",
        """SELECT name, count(*) AS matches, round(1.0 * sum(damage) / sum(rounds_played), 1) AS adr
FROM player_match_stats
WHERE side = 'all' AND damage IS NOT NULL
GROUP BY steam_id
HAVING sum(rounds_played) > 0
ORDER BY adr DESC
LIMIT 20""",
    ),
    (
        "Opening duels, clutches and last duels",
        """SELECT name, sum(opening_kills) AS opening_kills, sum(opening_deaths) AS opening_deaths,
  sum(clutches_won) AS clutches_won, sum(clutches_lost) AS clutches_lost,
  sum(last_duels_won) AS "1v1_won", sum(last_duels_lost) AS "1v1_lost"
FROM player_match_stats
WHERE side = 'all'
GROUP BY steam_id
HAVING sum(rounds_played) >= 20
ORDER BY opening_kills DESC
LIMIT 20""",
    ),
    (
        "Win rate by buy",
        """SELECT side, buy, count(won) AS rounds, round(100.0 * sum(won) / count(won), 1) AS win_percent
FROM player_round_states
WHERE buy IS NOT NULL
GROUP BY side, buy
HAVING count(won) > 0
ORDER BY side, win_percent DESC""",
    ),
    (
        "Kills by weapon",
        """SELECT weapons.title, sum(kills) AS kills, sum(player_weapons.headshot_kills) AS headshots
FROM player_weapons
JOIN weapons ON weapons.weapon = player_weapons.weapon
GROUP BY weapons.weapon
HAVING sum(kills) > 0
ORDER BY kills DESC
LIMIT 20""",
    ),
    (
        "Rounds with three kills or more",
        """SELECT matches.map, matches.played_at, states.round_number, stats.name, states.kills, states.match_id
FROM player_round_states AS states
JOIN matches ON matches.match_id = states.match_id
JOIN player_match_stats AS stats
  ON stats.match_id = states.match_id AND stats.steam_id = states.steam_id AND stats.side = 'all'
WHERE states.kills >= 3
ORDER BY states.kills DESC, matches.played_at DESC
LIMIT 50""",
    ),
)
"""Title and query."""
