"""Invitations: the owner of the installation lets people in."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from offangle.db.models import User
from offangle.flows.people.sign_up import make_invitation, open_invitations, withdraw_invitation
from offangle.web.people.forms import InvitationForm
from offangle.web.shared.signed_in import signed_in


def the_owner(request: HttpRequest) -> User:
    """Who asks, if it is the owner of the installation.

    Raises:
        PermissionDenied: It is somebody else.
    """
    user = signed_in(request)
    if not user.is_superuser:
        raise PermissionDenied("Only the owner of this installation invites people.")
    return user


@never_cache
@sensitive_variables("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: HttpRequest) -> HttpResponse:
    """All that are open; a new one shows its link this once."""
    owner = the_owner(request)
    if request.method != "POST":
        return page(request, InvitationForm())
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    made, secret = make_invitation(owner, form.cleaned_data["note"])
    link = request.build_absolute_uri(reverse("sign-up-invited", args=[secret]))
    return page(request, InvitationForm(), status=HTTPStatus.CREATED, new_link=link, new_invitation=made)


def page(
    request: HttpRequest, form: InvitationForm, *, status: HTTPStatus = HTTPStatus.OK, **more: Any
) -> HttpResponse:
    """The list and the form."""
    context = {"form": form, "invitations": list(open_invitations()), **more}
    return render(request, "offangle/people/invitations.html", context, status=status)


@require_POST
def withdraw(request: HttpRequest, invitation_id: int) -> HttpResponseRedirect:
    """End one that was not used."""
    the_owner(request)
    withdraw_invitation(invitation_id)
    return redirect("settings-invitations")
