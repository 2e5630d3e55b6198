"""The jobs desk of this process."""

from django.http import HttpRequest

from offangle.flows import kinds
from offangle.flows.desk import Desk
from offangle.flows.services import services


def desk_of(request: HttpRequest) -> Desk:  # noqa: ARG001 -- bound to the request once the services are
    """Jobs as the pages see them."""
    return Desk(services().jobs, kinds.KINDS)
