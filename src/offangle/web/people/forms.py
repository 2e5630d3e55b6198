"""What people fill in to get in, to get an account, and to set it up."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.validators import UnicodeUsernameValidator

from offangle.db.models import User
from offangle.db.queries.gsi_tokens import MAX_NAME_CHARS as MOST_TOKEN_NAME_CHARS
from offangle.db.queries.tokens import MAX_NAME_CHARS
from offangle.flows.people.sign_up import MAX_NOTE_CHARS
from offangle.web.shared.forms import offer, style

MOST_NAME_CHARS = 40

PASSWORD_RULES = "At least 10 characters, and not one of the common ones."  # noqa: S105 -- a rule, no password


def fresh_password(autocomplete: str = "new-password") -> forms.PasswordInput:
    """A field that browsers offer to fill with a password of their own making."""
    return forms.PasswordInput(attrs={"autocomplete": autocomplete})


class SignInForm(AuthenticationForm):
    """User name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        style(self)


class UserNameForm(forms.Form):
    """The name of a new account."""

    username = forms.CharField(
        max_length=MOST_NAME_CHARS,
        label="User name",
        validators=[UnicodeUsernameValidator()],
        help_text=f"Letters, digits and @ . + - _, at most {MOST_NAME_CHARS}.",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        style(self)

    def clean_username(self) -> str:
        """Refuse a name that differs from another's only in case."""
        name: str = User.normalize_username(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError("This name is taken.")
        return name


class SignUpForm(UserNameForm):
    """A new account with a password."""

    password1 = forms.CharField(label="Password", strip=False, widget=fresh_password(), help_text=PASSWORD_RULES)
    password2 = forms.CharField(label="Password again", strip=False, widget=fresh_password())

    def clean(self) -> dict[str, Any]:
        """Hold the password to the rules, and to itself."""
        values = super().clean() or {}
        first, second = values.get("password1"), values.get("password2")
        if first and second and first != second:
            self.add_error("password2", "The two passwords differ.")
        elif first:
            try:
                password_validation.validate_password(first, User(username=values.get("username", "")))
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return values


class InvitationForm(forms.Form):
    """A new invitation."""

    note = forms.CharField(max_length=MAX_NOTE_CHARS, required=False, label="Whom it is for")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        style(self)


class SteamIdForm(forms.Form):
    """A Steam account that is typed."""

    steam_id = forms.RegexField(
        r"^[0-9]{17}\Z",
        label="SteamID64",
        strip=True,
        error_messages={"invalid": "A SteamID64 has 17 digits and begins with 7656119."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        style(self)


class GameTokenForm(forms.Form):
    """A new token of a game client."""

    name = forms.CharField(
        max_length=MOST_TOKEN_NAME_CHARS, required=False, label="Name of the computer that plays", initial=""
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        style(self)


class TimeZoneForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    """Which zone times are shown in."""

    time_zone = forms.ChoiceField(required=False, label="Time zone")

    class Meta:
        """One field of the user."""

        model = User
        fields = ("time_zone",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
        offer(self, "time_zone", [("", "As my browser says"), *((zone, zone.replace("_", " ")) for zone in zones)])
        style(self)


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(max_length=MAX_NAME_CHARS, label="Name of the program that will use it")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        style(self)


def password_form(user: User, data: Any = None) -> "SetPasswordForm[User]":
    """The form for a new password; whoever has one already must give it."""
    form = PasswordChangeForm(user, data) if user.has_usable_password() else SetPasswordForm(user, data)
    form.fields["new_password1"].help_text = "At least 10 characters, and not one of the common ones."
    form.fields["new_password2"].label = "New password again"
    form.fields["new_password2"].help_text = ""
    style(form)
    return form
