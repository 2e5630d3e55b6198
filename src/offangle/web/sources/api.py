"""`/sources`: where matches come from."""

from typing import Final

from django.http import HttpRequest
from ninja import Router

from offangle.web.shared.api.auth import user_of
from offangle.web.sources.rows import source_rows
from offangle.web.sources.schemas import SourceRow

router = Router(tags=["imports"])
ROUTERS: Final = (("/sources", router),)


@router.get("", response=list[SourceRow], summary="List sources", operation_id="list_sources")
def list_sources(request: HttpRequest) -> list[SourceRow]:
    """Every place that matches can come from, and how it went for you last."""
    return source_rows(user_of(request))
