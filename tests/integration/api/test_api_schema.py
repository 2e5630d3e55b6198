"""The OpenAPI document says what the API does: requests made from it are answered as it promises."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from makers.api_world import FIRST_STEAM_ID, World, publish
from offangle.db.models import Match
from offangle.db.queries.tokens import create_token

EXAMPLES = 8

LEFT_OUT = [
    # A cursor is opaque and a file is good or bad inside: requests that the schema allows are refused too, with 422.
    positive_data_acceptance,
    # A query parameter that nobody knows is ignored, as most clients and proxies expect.
    negative_data_rejection,
]
"""Checks that ask of a schema what it cannot say; every other check of schemathesis runs, no 5xx among them."""

# Without a worker /health answers 503, as it should; test_api_imports looks at that.
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application()).exclude(path="/api/v1/health")


@pytest.fixture(autouse=True)
def connections_stay_open() -> Iterator[None]:
    """A real server gives connections back after each request; here they hold the test's own data."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def known(world: World) -> dict[str, str]:
    """Ids of things that exist and a token that may see them."""
    match = publish(world.member)
    demo = match.demo
    assert demo is not None
    return {
        "match_id": str(match.pk),
        "steam_id": str(FIRST_STEAM_ID),
        "job_id": demo.job_id,
        "name": "kills",
        "secret": create_token(world.member, "schema")[1],
    }


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_answers_are_as_the_document_says(case: Any, known: dict[str, str]) -> None:
    # Its client asks for compressed answers and does not unpack them.
    headers = {"Authorization": f"Bearer {known['secret']}", "Accept-Encoding": "identity"}
    case.call_and_validate(headers=headers, excluded_checks=LEFT_OUT)
    wanted = {name for name in case.path_parameters or {} if name in known}
    if wanted and Match.objects.exists():
        case.path_parameters = {**case.path_parameters, **{name: known[name] for name in wanted}}
        case.call_and_validate(headers=headers, excluded_checks=LEFT_OUT)
