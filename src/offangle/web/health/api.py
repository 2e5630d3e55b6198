"""`/health`: whether this installation works; the only address that asks for no token."""

from importlib.metadata import version
from typing import Final

from django.db import DatabaseError, connection
from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from offangle.core.errors import NotFoundError, OffangleError
from offangle.storage.objects import ObjectStore
from offangle.web.health.schemas import Health
from offangle.web.shared.house import services_of

router = Router(tags=["system"])
ROUTERS: Final = (("", router),)

PROBE_KEY: Final = "health/probe"
"""Asked for, never written: a door open to all must not write."""


@router.get("/health", response={200: Health, 503: Health}, auth=None, summary="Health", operation_id="get_health")
def get_health(request: HttpRequest) -> Status[Health]:
    """200 when database, store and jobs answer and a worker runs, else 503 with what is wrong."""
    services = services_of(request)
    database, store = _database_answers(), _store_answers(services.store)
    jobs = services.jobs.healthcheck()
    problems = {
        "the database does not answer": database,
        "the object store does not answer": store,
        "no worker runs, or the jobs database does not answer": jobs.ok,
    }
    problem = "; ".join(text for text, ok in problems.items() if not ok)
    health = Health(
        ok=not problem,
        version=version("offangle"),
        database=database,
        store=store,
        jobs=jobs.ok,
        workers_alive=jobs.workers_alive,
        problem=problem,
    )
    return Status(200 if health.ok else 503, health)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _store_answers(store: ObjectStore) -> bool:
    try:
        store.exists(PROBE_KEY)
    except NotFoundError:
        return True
    except OffangleError:
        return False
    return True
