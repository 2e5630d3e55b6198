"""How often a person may try to get in, by name and by address."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Final

from django.conf import settings
from django.http import HttpRequest

from offangle.db.queries.attempts import Budget

WINDOW: Final = timedelta(minutes=15)
SIGN_IN_AT_ONE_NAME: Final = 10
"""From one address: room for somebody who has forgotten which password it was."""
SIGN_IN_AT_ONE_NAME_FROM_ANYWHERE: Final = 100
"""More, so that others cannot lock a person out by trying a few times."""
SIGN_IN_FROM_ONE_ADDRESS: Final = 60
"""A team behind one router shares it."""
SIGN_UP_FROM_ONE_ADDRESS: Final = 20
STEAM_FROM_ONE_ADDRESS: Final = 60
IPV6_NETWORK_BITS: Final = 64
"""What one household or one server is given; single addresses in it cost nothing."""


def address_of(request: HttpRequest) -> str:
    """Where a request comes from: an IPv4 address or an IPv6 network.

    What proxies say is believed as far back as `OFFANGLE_TRUSTED_PROXIES` tells; clients may have written the rest.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    trusted: int = settings.TRUSTED_PROXIES
    text = hops[-trusted] if 0 < trusted <= len(hops) else request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(text)
    except ValueError:
        return "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> IPV6_NETWORK_BITS << IPV6_NETWORK_BITS)}/{IPV6_NETWORK_BITS}"


def own_budget(request: HttpRequest, name: str) -> Budget:
    """Attempts at one name from one address; forgiven when the right password comes."""
    return Budget("sign-in", f"{name.casefold()}\0{address_of(request)}", SIGN_IN_AT_ONE_NAME, WINDOW)


def sign_in_budgets(request: HttpRequest, name: str) -> list[Budget]:
    """What an attempt at a password is counted against."""
    return [
        own_budget(request, name),
        Budget("sign-in-name", name.casefold(), SIGN_IN_AT_ONE_NAME_FROM_ANYWHERE, WINDOW),
        Budget("sign-in-address", address_of(request), SIGN_IN_FROM_ONE_ADDRESS, WINDOW),
    ]


def sign_up_budgets(request: HttpRequest) -> list[Budget]:
    """What an attempt to make an account is counted against."""
    return [Budget("sign-up", address_of(request), SIGN_UP_FROM_ONE_ADDRESS, WINDOW)]


def steam_budgets(request: HttpRequest) -> list[Budget]:
    """What an attempt to sign in through Steam is counted against: each one may ask Steam."""
    return [Budget("steam", address_of(request), STEAM_FROM_ONE_ADDRESS, WINDOW)]


def too_many(wait: timedelta) -> str:
    """The refusal as a sentence."""
    minutes = max(1, ceil(wait.total_seconds() / 60))
    return f"Too many attempts. Try again in {minutes} minute{'' if minutes == 1 else 's'}."
