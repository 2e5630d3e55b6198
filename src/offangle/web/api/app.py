"""The API: its routers, its errors, and the OpenAPI document that describes both."""

from importlib.metadata import version
from typing import Any, Final

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from offangle.web.api import imports, jobs, live, matches, players, system, tables
from offangle.web.api.auth import AUTH
from offangle.web.api.problems import MEDIA_TYPE, OF_STATUS, Problem, install_handlers

PREFIX: Final = "api/v1/"
DESCRIPTION: Final = (
    "Matches, players, tables and imports of one Offangle installation. Send `Authorization: Bearer <token>`. "
    "Lists are pages: ask again with `next_cursor`. Every error is `application/problem+json` (RFC 9457) with a "
    "`detail` and a `hint`. SteamIDs are text."
)
UNSAFE: Final = frozenset({"post", "put", "patch", "delete"})
METHODS: Final = UNSAFE | {"get"}


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
    built.add_router("/matches", matches.router)
    built.add_router("/matches", tables.router)
    built.add_router("/live", live.live_router)
    built.add_router("/gsi-tokens", live.token_router)
    built.add_router("/weapons", live.weapon_router)
    built.add_router("/players", players.router)
    built.add_router("/imports", imports.router)
    built.add_router("/sample", imports.sample_router)
    built.add_router("/jobs", jobs.router)
    built.add_router("", system.router)
    return built


api = build()
