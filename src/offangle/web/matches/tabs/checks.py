"""Checks: what was reconciled, what differs, what was left out, and who read the file."""

from typing import Any, Final

from django.http import HttpRequest

from offangle.db.models import Analysis
from offangle.web.matches.tabs.page import MatchPage, Tab
from offangle.web.shared import tables


def build(page: MatchPage, request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 -- every tab is called alike
    """The checks, those that failed first, and the versions behind the figures."""
    analysis = Analysis.objects.filter(match=page.match).first()
    checks = analysis.checks if analysis else []
    return {
        "analysis": analysis,
        "failed": [check for check in checks if check["ok"] is False],
        "passed": [check for check in checks if check["ok"] is True],
        "unknown": [check for check in checks if check["ok"] is None],
        "excluded": tables.excluded_rounds(page.tables),
        "demo": page.match.demo,
    }


TAB: Final = Tab("checks", "Checks", build)
