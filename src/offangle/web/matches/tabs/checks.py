"""Checks: what was reconciled, what differs, what was left out, and who read the file."""

from typing import Any, Final

from django.http import HttpRequest

from offangle.db.models import Analysis
from offangle.web.matches.tabs.page import MatchPage, Tab
from offangle.web.shared import tables


def build(page: MatchPage, request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 -- every tab is called alike
    """The checks, those that failed first and then those that are explained, and the versions behind the figures."""
    analysis = Analysis.objects.filter(match=page.match).first()
    checks = analysis.checks if analysis else []
    return {
        "analysis": analysis,
        "failed": [check for check in checks if check["ok"] is False],
        "explained": [check for check in checks if check["ok"] is True and check.get("explained")],
        "passed": [check for check in checks if check["ok"] is True and not check.get("explained")],
        "unknown": [check for check in checks if check["ok"] is None],
        "compared": sum(check["ok"] is not None for check in checks),
        "excluded": tables.excluded_rounds(page.tables),
        "demo": page.match.demo,
    }


TAB: Final = Tab("checks", "Checks", build)
