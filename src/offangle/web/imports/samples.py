"""The sample match: one click for those who have no match yet."""

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from offangle.db.models import Match
from offangle.flows.samples.sample import ask_sample
from offangle.web.shared.house import services_of
from offangle.web.shared.signed_in import signed_in


@require_POST
def explore_sample(request: HttpRequest) -> HttpResponseRedirect:
    """Ask for the sample; the page that follows is its match, or the list where it will appear."""
    record = ask_sample(services_of(request), signed_in(request))
    match = Match.objects.filter(demo=record.demo_id).first() if record.demo_id else None
    return redirect("match", match.pk) if match else redirect("match-list")
