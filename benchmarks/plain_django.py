"""The peer of the ingest benchmark: what one writes first, a plain Django view that stores each post.

No token, no limit, no middleware: everything that helps it. Served by the same server
with the same settings on the same database.

    PYTHONPATH=benchmarks python -m plain_django
"""

import json
import sys
import time

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

import offangle.bootstrap.framework  # noqa: F401 -- sets Django up
from offangle.cli.serving import serve
from offangle.db.models import GsiJournal


@csrf_exempt
def post(request: HttpRequest) -> HttpResponse:
    body = json.loads(request.body)
    body.pop("auth", None)
    GsiJournal.objects.create(
        steam_id=int(body["provider"]["steamid"]),
        received_ns=time.time_ns(),
        provider_timestamp=body["provider"]["timestamp"],
        body=json.dumps(body).encode(),
    )
    return HttpResponse()


def health(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("gsi", post), path("gsi/health", health)]
settings.ROOT_URLCONF = "plain_django"
settings.MIDDLEWARE = []
application = get_asgi_application()

if __name__ == "__main__":
    serve("plain_django:application")
    sys.exit(0)
