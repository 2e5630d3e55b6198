"""What people may fill in."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.utils import timezone

from offangle.db.models import User
from offangle.db.queries.match_list import MatchFilter
from offangle.db.queries.tokens import MAX_NAME_CHARS
from offangle.web import words

RESULTS = (("", "Any result"), ("win", "Won"), ("loss", "Lost"), ("draw", "Drawn"))
STEAM_ID_DIGITS = 17


def offer(form: forms.BaseForm, name: str, choices: list[tuple[str, str]]) -> None:
    """Let the field `name` be one of `choices`."""
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


def style(form: forms.BaseForm) -> None:
    """Give every widget its look, and tie errors to their fields for screen readers."""
    for name, field in form.fields.items():
        kind = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
        field.widget.attrs["class"] = kind
        if form.is_bound and name in form.errors:
            field.widget.attrs["class"] += " is-invalid"


class SignInForm(AuthenticationForm):
    """User name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        style(self)


class MatchFilterForm(forms.Form):
    """Which matches to list; each field that is empty asks nothing."""

    map = forms.ChoiceField(required=False)
    player = forms.CharField(required=False, max_length=64)
    start = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))
    result = forms.ChoiceField(required=False, choices=RESULTS)

    def __init__(self, *args: Any, map_names: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        maps = [(name, words.map_title(name)) for name in map_names]
        offer(self, "map", [("", "Any map"), *maps])
        self.fields["player"].widget.attrs |= {"placeholder": "Name or SteamID", "autocomplete": "off"}
        style(self)

    def clean(self) -> dict[str, Any]:
        """Refuse a range that ends before it begins."""
        values = super().clean() or {}
        if values.get("start") and values.get("end") and values["start"] > values["end"]:
            self.add_error("end", "This is before the beginning.")
        return values

    def wanted(self) -> MatchFilter:
        """The same as the database's query takes it; days are the viewer's."""
        values = self.cleaned_data if self.is_valid() else {}
        player = (values.get("player") or "").strip()
        is_id = player.isdigit() and len(player) == STEAM_ID_DIGITS
        return MatchFilter(
            map_name=values.get("map") or None,
            steam_id=int(player) if is_id else None,
            player_name=player if player and not is_id else None,
            from_time=_midnight(values.get("start")),
            to_time=_midnight(values["end"] + timedelta(days=1)) if values.get("end") else None,
            result=values.get("result") or None,
        )

    @property
    def is_filtering(self) -> bool:
        """Whether anything is asked."""
        return any(self.data.get(name) for name in self.fields)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else timezone.make_aware(datetime.combine(day, time.min))


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
