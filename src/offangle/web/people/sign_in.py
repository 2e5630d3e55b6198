"""The way in and out."""

from http import HTTPStatus
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from offangle.core.errors import NotFoundError
from offangle.db.queries.attempts import forgive, spend
from offangle.flows.people.sign_in import redeem
from offangle.web.people.attempts import own_budget, sign_in_budgets, too_many
from offangle.web.people.forms import SignInForm
from offangle.web.people.leaving import leads_to_steam


@method_decorator(leads_to_steam, name="dispatch")
@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """User name and password."""

    template_name = "offangle/people/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Whether to offer a new account."""
        return super().get_context_data(**kwargs) | {"signup_open": settings.SIGNUP_OPEN}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Try, unless there were too many tries: counted before the password is looked at."""
        wait = spend(sign_in_budgets(request, request.POST.get("username", "")))
        if wait is None:
            return super().post(request, *args, **kwargs)
        context = self.get_context_data(form=SignInForm(request), problem=too_many(wait))
        headers = {"Retry-After": str(ceil(wait.total_seconds()))}
        return self.render_to_response(context, status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers)

    def form_valid(self, form: Any) -> HttpResponse:
        """The right person: their earlier mistakes do not count."""
        forgive(own_budget(self.request, self.request.POST.get("username", "")))
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        """The form again, with a status that programs understand too."""
        response = super().form_invalid(form)
        response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response


@login_not_required
@never_cache
@sensitive_variables("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """A link that signs in once. Opening it asks first, so that previews of links in chats do not use it up."""
    if request.method != "POST":
        return render(request, "offangle/people/sign_in_link.html")
    try:
        user = redeem(secret)
    except NotFoundError as error:
        context = {"error": error.message, "hint": error.hint}
        return render(request, "offangle/people/sign_in_link.html", context, status=HTTPStatus.GONE)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("match-list")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponseRedirect:
    """End the session."""
    logout(request)
    return redirect("sign-in")
