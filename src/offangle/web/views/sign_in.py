"""The way in and out."""

from http import HTTPStatus
from typing import Any

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
from offangle.pipeline.sign_in import redeem
from offangle.web.forms import SignInForm


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """User name and password."""

    template_name = "offangle/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

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
        return render(request, "offangle/sign_in_link.html")
    try:
        user = redeem(secret)
    except NotFoundError as error:
        context = {"error": error.message, "hint": error.hint}
        return render(request, "offangle/sign_in_link.html", context, status=HTTPStatus.GONE)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("match-list")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponseRedirect:
    """End the session."""
    logout(request)
    return redirect("sign-in")
