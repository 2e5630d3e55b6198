"""Which matches to list."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from offangle.core.maps import map_title
from offangle.db.queries.match_list import MatchFilter
from offangle.web.shared.forms import offer, style

RESULTS = (("", "Any result"), ("win", "Won"), ("loss", "Lost"), ("draw", "Drawn"))


STEAM_ID_DIGITS = 17


class MatchFilterForm(forms.Form):
    """Which matches to list; each field that is empty asks nothing."""

    map = forms.ChoiceField(required=False)
    player = forms.CharField(required=False, max_length=64)
    start = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))
    result = forms.ChoiceField(required=False, choices=RESULTS)

    def __init__(self, *args: Any, map_names: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        maps = [(name, map_title(name)) for name in map_names]
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
