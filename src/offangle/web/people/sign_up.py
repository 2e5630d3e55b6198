"""New accounts with a password: for everybody where sign-up is open, else for those with an invitation."""

from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.queries.attempts import spend
from offangle.flows.people.secrets import hashed
from offangle.flows.people.sign_up import find_invitation, sign_up
from offangle.web.people.attempts import sign_up_budgets, too_many
from offangle.web.people.forms import SignUpForm
from offangle.web.people.leaving import leads_to_steam
from offangle.web.shared.problems import sentence

TEMPLATE = "offangle/people/sign_up.html"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@leads_to_steam
@login_not_required
@never_cache
@sensitive_post_parameters()
@sensitive_variables("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up_page(request: HttpRequest, secret: str = "") -> HttpResponse:
    """The page and what it sends; `secret` is of an invitation."""
    if request.user.is_authenticated:
        return redirect("match-list")
    if refusal := refusal_of(request, secret):
        return refusal
    if request.method != "POST":
        return page(request, secret, SignUpForm())
    if wait := spend(sign_up_budgets(request)):
        return page(request, secret, SignUpForm(), status=HTTPStatus.TOO_MANY_REQUESTS, problem=too_many(wait))
    return take(request, secret, SignUpForm(request.POST))


def refusal_of(request: HttpRequest, secret: str) -> HttpResponse | None:
    """The page for somebody who may not make an account."""
    if not secret:
        if settings.SIGNUP_OPEN:
            return None
        return render(request, TEMPLATE, {"is_closed": True}, status=HTTPStatus.FORBIDDEN)
    try:
        find_invitation(hashed(secret))
    except NotFoundError as error:
        context = {"is_closed": True, "problem": sentence(error.message), "hint": error.hint}
        return render(request, TEMPLATE, context, status=HTTPStatus.GONE)
    return None


def page(
    request: HttpRequest, secret: str, form: SignUpForm, *, status: HTTPStatus = HTTPStatus.OK, problem: str = ""
) -> HttpResponse:
    """The form."""
    return render(request, TEMPLATE, {"form": form, "invitation": secret, "problem": problem}, status=status)


def take(request: HttpRequest, secret: str, form: SignUpForm) -> HttpResponse:
    """Make the account, or say what is wrong."""
    if not form.is_valid():
        return page(request, secret, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    values = form.cleaned_data
    try:
        user = sign_up(
            values["username"],
            is_open=settings.SIGNUP_OPEN,
            password=values["password1"],
            invitation_hash=hashed(secret) if secret else "",
        )
    except (BadInputError, NotFoundError) as error:
        # Somebody else was quicker with the name or the invitation.
        form.add_error(None, f"{sentence(error.message)} {error.hint}")
        return page(request, secret, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    login(request, user, backend=BACKEND)
    return redirect("match-list")
