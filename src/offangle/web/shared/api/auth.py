"""Who asks: a bearer token, or the browser's session together with its CSRF token."""

from typing import Any

from django.http import HttpRequest
from ninja.errors import AuthenticationError, AuthorizationError
from ninja.security import HttpBearer
from ninja.security.apikey import APIKeyCookie
from ninja.utils import check_csrf

from offangle.db.models import User
from offangle.db.queries import tokens

SESSION_COOKIE = "sessionid"


class BearerToken(HttpBearer):
    """`Authorization: Bearer <token>`."""

    openapi_description = "A token made on the settings page or with `offangle token create`"

    def authenticate(self, request: HttpRequest, token: str) -> User:  # noqa: ARG002 -- the framework passes it
        """The token's user.

        Raises:
            AuthenticationError: The token is unknown or revoked; a session beside it does not help.
        """
        found = tokens.authenticate(token)
        if found is None:
            raise AuthenticationError
        return found.user


class SessionCookie(APIKeyCookie):
    """The pages' own session; methods that change something need the CSRF token too."""

    param_name = SESSION_COOKIE
    openapi_description = "The session of the pages; unsafe methods also need the header `X-CSRFToken`"

    def __init__(self) -> None:
        super().__init__(csrf=False)  # asked below, and only of those who are signed in

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:  # noqa: ARG002 -- as above
        """The signed-in user.

        Raises:
            AuthorizationError: The CSRF token is missing or wrong.
        """
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return None
        if check_csrf(request) is not None:
            raise AuthorizationError(message="the CSRF token is missing or wrong")
        return user


def user_of(request: HttpRequest) -> User:
    """The authenticated user of a request that passed `AUTH`."""
    user: Any = getattr(request, "auth", None)
    if not isinstance(user, User):
        raise AuthenticationError
    return user


AUTH = [BearerToken(), SessionCookie()]
"""Tried in this order."""
