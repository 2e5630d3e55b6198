"""The house that stands in this process: tests look it up, so that each need not be handed it."""

from collections.abc import Sequence

import offangle.bootstrap.framework  # noqa: F401 -- sets Django up, which everything below rests on
from offangle.flows.kind import Kind
from offangle.flows.kinds import KINDS
from offangle.flows.services import Services
from offangle.web.shared import house
from offangle.web.shared.house import House


def install(services: Services, kinds: Sequence[Kind] = KINDS) -> None:
    """Make these the services of this process."""
    house.install(House(services, kinds))


def services() -> Services:
    """The services of this process."""
    found = house.installed()
    assert found is not None, "no installation stands yet"
    return found.services
