"""What pages and the API work with: built once by the wiring, found by every view at its request."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase

from offangle.core.errors import SettingsError
from offangle.flows.desk import Desk
from offangle.flows.kind import Kind
from offangle.flows.services import Services


@dataclass(frozen=True, slots=True)
class House:
    """Everything behind the doors.

    Attributes:
        services: The adapters of this process.
        kinds: Every kind of job.
    """

    services: Services
    kinds: Sequence[Kind]

    @property
    def desk(self) -> Desk:
        """Jobs as people see them."""
        return Desk(self.services, self.kinds)


_installed: list[House] = []


def install(house: House) -> None:
    """Make it the one of this process; the wiring calls this once, a test as often as it likes."""
    _installed[:] = [house]


def installed() -> House | None:
    """The one of this process, once the wiring has run.

    Only the middleware asks, since the framework builds that without arguments of ours.
    """
    return _installed[0] if _installed else None


class HouseAtHand:
    """Hands the house to every request; what describes the API needs none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with it."""
        return self.get_response(with_house(request, installed()))


def with_house(request: HttpRequest, house: House | None) -> HttpRequest:
    """The request, which has the house from now on."""
    vars(request)["house"] = house
    return request


def house_of(request: HttpRequest) -> House:
    """The house, as a view finds it.

    Raises:
        SettingsError: The wiring has not run.
    """
    house = vars(request).get("house")
    if not isinstance(house, House):
        raise SettingsError("the services are not built yet", hint="Start through `offangle` or call bootstrap first.")
    return house


def desk_of(request: HttpRequest) -> Desk:
    """Jobs as people see them."""
    return house_of(request).desk


def services_of(request: HttpRequest) -> Services:
    """The adapters of this process."""
    return house_of(request).services
