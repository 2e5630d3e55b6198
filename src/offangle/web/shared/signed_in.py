"""Who asks."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from offangle.db.models import User


def signed_in(request: HttpRequest) -> User:
    """The signed-in user; the middleware has let nobody else through."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


async def signed_in_later(request: HttpRequest) -> User:
    """The same for asynchronous views."""
    user = await request.auser()
    if not isinstance(user, User):
        raise PermissionDenied
    return user
