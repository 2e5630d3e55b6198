"""What every refusal of the API has to look like."""

from typing import Any


def assert_problem(response: Any, status: int, slug: str) -> dict[str, Any]:
    """The answer is a problem of this kind; returns it."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == status
    assert document["type"] == f"urn:offangle:problem:{slug}"
    assert document["title"]
    assert document["detail"]
    assert document["instance"].startswith("/api/v1")
    return document
