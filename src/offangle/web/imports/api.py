"""`/imports`: hand over match files, and ask where they stand."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile  # noqa: TC002 -- the framework reads annotations at run time
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from ninja.responses import Status
from pydantic import TypeAdapter

from offangle.core.errors import NotFoundError
from offangle.db.models import ImportRecord, Match, User
from offangle.flows.recorded.acquire import ImportOutcome
from offangle.flows.samples.sample import ask_sample, job_of, state_of
from offangle.flows.services import Services
from offangle.flows.syncing.visit import Visit
from offangle.sources.upload import API, UploadSource
from offangle.web.imports.schemas import ImportedFile, ImportState, Refused, Upload
from offangle.web.shared.api.auth import user_of
from offangle.web.shared.api.paging import DEFAULT_LIMIT, Cursor, Limit, Page, read_cursor, write_cursor
from offangle.web.shared.api.problems import BAD_INPUT, problem
from offangle.web.shared.house import services_of
from offangle.web.shared.streaming import body_batches

router = Router(tags=["imports"])
sample_router = Router(tags=["imports"])
ROUTERS: Final = (("/imports", router), ("/sample", sample_router))

READ_BYTES: Final = 1024 * 1024
MULTIPART: Final = "multipart/form-data"
SCOPE: Final = "imports"
IMPORT_STATES: Final = TypeAdapter[ImportState](ImportState)
BINARY: Final = {"type": "string", "format": "binary"}

FileName = Annotated[
    str,
    Query(min_length=1, max_length=255, description="The file's name, for a raw body; parts of a form carry their own"),
]


@router.post(
    "",
    response={202: Upload},
    summary="Import match files",
    operation_id="create_import",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": BINARY},
                MULTIPART: {
                    "schema": {
                        "type": "object",
                        "properties": {"file": {"type": "array", "items": BINARY, "minItems": 1}},
                        "required": ["file"],
                    }
                },
            },
        }
    },
)
def create_import(request: HttpRequest, name: FileName = "upload") -> Any:
    """Hand over a demo (also packed), a match zip, or a zip of demos: as the raw body, or as parts `file` of a form.

    What can be read is stored and queued before the answer; each file's `job_url` tells how far it is. An upload of
    which nothing can be read is refused with the reason, and the refusal is kept.
    """
    user = user_of(request)
    records = [record for outcome in _outcomes(request, user, name) for record in outcome.records]
    taken = [record.pk for record in records if not record.error]
    refused = [record for record in records if record.error]
    if not taken:
        return _refusal(request, refused)
    stored = {record.pk: record for record in _with_files(user).filter(pk__in=taken)}
    return Status(
        202,
        Upload(
            files=[imported_file(stored[key]) for key in taken],
            refused=[Refused(name=item.original_name, reason=item.error, hint=item.error_hint) for item in refused],
        ),
    )


@router.get("", response=Page[ImportedFile], summary="List imports", operation_id="list_imports")
def list_imports(request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> dict[str, Any]:
    """What you brought, newest first, refused files too."""
    records = _with_files(user_of(request)).order_by("-received_at", "-pk")
    if cursor is not None:
        time, key = read_cursor(SCOPE, cursor)
        received = datetime.fromisoformat(time)
        records = records.filter(Q(received_at__lt=received) | Q(received_at=received, pk__lt=UUID(key)))
    found = list(records[: limit + 1])
    page = found[:limit]
    more = write_cursor(SCOPE, [page[-1].received_at.isoformat(), str(page[-1].pk)]) if len(found) > limit else None
    return {"items": [imported_file(record) for record in page], "next_cursor": more}


@router.get("/{import_id}", response=ImportedFile, summary="One import", operation_id="get_import")
def get_import(request: HttpRequest, import_id: UUID) -> ImportedFile:
    """Where a file that you brought stands."""
    record = _with_files(user_of(request)).filter(pk=import_id).first()
    if record is None:
        raise NotFoundError("no such import", hint="The list of imports names yours.")
    return imported_file(record)


@sample_router.post("", response={202: Upload}, summary="Ask for a sample match", operation_id="create_sample")
def create_sample(request: HttpRequest) -> Any:
    """Ask for a match that Offangle's simulator plays, for those who have none yet; asked again, it is the same one.

    It is an import like any other, only that its file is made first: until then it is `queued` and has no `sha256`, and
    its job is the simulation's.
    """
    record = ask_sample(services_of(request), user_of(request))
    return Status(202, Upload(files=[imported_file(_with_files(record.user).get(pk=record.pk))], refused=[]))


def imported_file(record: ImportRecord) -> ImportedFile:
    """An import as the API gives it."""
    demo, job_id = record.demo, job_of(record)
    match_id = Match.objects.filter(demo=demo).values_list("pk", flat=True).first() if demo else None
    return ImportedFile(
        import_id=record.pk,
        name=record.original_name,
        state=IMPORT_STATES.validate_python(state_of(record)),
        is_duplicate=record.is_duplicate,
        sha256=record.demo_id,
        job_id=job_id or None,
        job_url=f"/api/v1/jobs/{job_id}" if job_id else None,
        match_id=match_id,
        match_url=f"/api/v1/matches/{match_id}" if match_id else None,
        error=record.error or (demo.failure if demo else ""),
        hint=record.error_hint or (demo.failure_hint if demo else ""),
        received_at=record.received_at,
    )


def _with_files(user: User) -> Any:
    return ImportRecord.objects.filter(user=user).select_related("demo")


def _refusal(request: HttpRequest, refused: list[ImportRecord]) -> HttpResponse:
    if not refused:
        return problem(
            request, BAD_INPUT, "the form has no file", hint="Send the file as a part named `file`, or as the raw body."
        )
    first = refused[0]
    return problem(
        request,
        BAD_INPUT,
        "; ".join(f"{record.original_name}: {record.error}" for record in refused),
        hint=first.error_hint,
        instance=f"/api/v1/imports/{first.pk}",
    )


def _outcomes(request: HttpRequest, user: User, name: str) -> Iterator[ImportOutcome]:
    services = services_of(request)
    if request.content_type != MULTIPART:
        announced = request.headers.get("Content-Length", "")
        yield _take(services, user, name, body_batches(request), int(announced) if announced.isdigit() else None)
        return
    for part in request.FILES.getlist("file"):
        yield _take_part(services, user, part)


def _take_part(services: Services, user: User, part: "UploadedFile[Any]") -> ImportOutcome:
    with closing(part):
        return _take(services, user, part.name or "upload", part.chunks(READ_BYTES), part.size)


def _take(services: Services, user: User, name: str, pieces: Iterable[bytes], size_bytes: int | None) -> ImportOutcome:
    """Take in a file piece by piece, so that no upload lies in memory."""
    with Visit(services, user, UploadSource(name, pieces, size_bytes=size_bytes, entry=API)) as visit:
        return visit.take(visit.offers[0])
