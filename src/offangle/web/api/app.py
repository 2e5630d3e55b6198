"""The API: its routers, its errors, and the OpenAPI document that describes both."""

from importlib.metadata import version
from typing import Any, Final

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from offangle.web.connect import api as connect
from offangle.web.health import api as health
from offangle.web.imports import api as imports
from offangle.web.jobs import api as jobs
from offangle.web.live import api as live
from offangle.web.matches import api as matches
from offangle.web.matches import tables_api as tables
from offangle.web.players import api as players
from offangle.web.shared.api.auth import AUTH
from offangle.web.shared.api.problems import MEDIA_TYPE, OF_STATUS, Problem, install_handlers
from offangle.web.sources import api as sources

PREFIX: Final = "api/v1/"
DESCRIPTION: Final = (
    "Matches, players, tables and imports of one Offangle installation. Send `Authorization: Bearer <token>`. "
    "Lists are pages: ask again with `next_cursor`. Every error is `application/problem+json` (RFC 9457) with a "
    "`detail` and a `hint`. SteamIDs are text."
)
UNSAFE: Final = frozenset({"post", "put", "patch", "delete"})
METHODS: Final = UNSAFE | {"get"}
FEATURES: Final = (matches, tables, live, connect, players, imports, sources, jobs, health)


class OffangleApi(NinjaAPI):
    """The framework's API, whose document also lists the problems that each address answers with."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The OpenAPI 3.1 document."""
        document = super().get_openapi_schema(path_prefix=path_prefix or f"/{PREFIX}", path_params=path_params)
        document["components"]["schemas"].update(_problem_schemas())
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if method in METHODS:
                    _add_problems(path, method, operation)
        return document


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    return {**schema.pop("$defs", {}), "Problem": schema}


def _add_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    statuses = {500, 503}
    if "security" in operation:
        statuses |= {401, 403} if method in UNSAFE else {401}
    if "{" in path or "requestBody" in operation:  # a body may name a thing that is not there, as an address may
        statuses.add(404)
    if operation["parameters"] or "requestBody" in operation:
        statuses.add(422)
    if "requestBody" in operation:
        statuses |= {400, 413}
    if method == "post" and "{" in path:
        statuses.add(409)
    for status in sorted(statuses):
        operation["responses"].setdefault(status, _problem_response(OF_STATUS[status].title))


def _problem_response(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def build() -> OffangleApi:
    """The API with all its addresses."""
    built = OffangleApi(
        title="Offangle",
        version=version("offangle"),
        description=DESCRIPTION,
        auth=AUTH,
        urls_namespace="api",
        docs_url=None,
    )
    install_handlers(built)
    for feature in FEATURES:
        for prefix, router in feature.ROUTERS:
            built.add_router(prefix, router)
    return built


api = build()
