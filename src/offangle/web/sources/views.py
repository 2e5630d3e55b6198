"""The page of sources."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from offangle.web.shared.signed_in import signed_in
from offangle.web.sources.rows import source_rows


@require_GET
def source_list(request: HttpRequest) -> HttpResponse:
    """Where matches come from, and how that went last."""
    return render(request, "offangle/sources/list.html", {"sources": source_rows(signed_in(request))})
