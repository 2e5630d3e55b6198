"""The tabs of a match page, in their order."""

from typing import Final

from offangle.web.matches.tabs import checks, economy, overview, rounds

TABS: Final = (overview.TAB, rounds.TAB, economy.TAB, checks.TAB)
TABS_BY_SLUG: Final = {tab.slug: tab for tab in TABS}
