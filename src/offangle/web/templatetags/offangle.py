"""How figures, sides, times and icons look, said once."""

from datetime import datetime
from typing import Any, Final

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from offangle.analysis.registry import METRICS_BY_NAME
from offangle.core import maps
from offangle.web.shared import words
from offangle.web.shared.assets import asset_url

register = template.Library()

NOTHING: Final = "\N{EN DASH}"
BYTES_PER_KILO: Final = 1000
TWO_DIGITS_BELOW: Final = 10


@register.simple_tag
def asset(name: str) -> str:
    """Address of a built file."""
    return asset_url(name)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One of our icons; with `label` it speaks, without it is decoration."""
    href = f"{asset_url('icons.svg')}#{name}"
    if not label:
        return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', href)
    return format_html(
        '<svg class="icon" role="img" aria-label="{0}"><title>{0}</title><use href="{1}"></use></svg>', label, href
    )


@register.filter
def side_name(side: str | None) -> str:
    """T or CT."""
    return side.upper() if side else NOTHING


@register.filter
def map_title(name: str) -> str:
    """`de_mirage` as people say it."""
    return maps.map_title(name)


@register.filter
def word(value: str | None, vocabulary: str) -> str:
    """A term of a closed vocabulary as people say it."""
    return words.VOCABULARIES[vocabulary].get(value, value) if value else NOTHING


@register.filter
def figure(value: float | None, decimals: int = 0) -> str:
    """A number with so many digits after the point; a dash where it is not known."""
    return NOTHING if value is None else f"{value:.{decimals}f}"


@register.filter
def metric(value: float | None, name: str) -> str:
    """A metric's value with its own number of digits and its percent sign."""
    known = METRICS_BY_NAME[name]
    text = figure(value, known.decimals)
    return f"{text}%" if known.unit == "%" and value is not None else text


@register.filter
def signed(value: int | None) -> str:
    """A difference, with its sign."""
    if value is None:
        return NOTHING
    return f"+{value}" if value > 0 else str(value).replace("-", "\N{MINUS SIGN}")


@register.filter
def dollars(value: int | None) -> str:
    """An amount of game money."""
    return NOTHING if value is None else f"${value:,}"


@register.filter
def duration(seconds: float | None) -> str:
    """`1:45` or `1:02:03`."""
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def file_size(count: float | None) -> str:
    """Bytes for people, by powers of 1000 as file managers count."""
    if count is None:
        return NOTHING
    if count < BYTES_PER_KILO:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB", "TB"):
        count /= BYTES_PER_KILO
        if count < BYTES_PER_KILO - 0.5 or unit == "TB":
            break
    return f"{count:.1f} {unit}" if count < TWO_DIGITS_BELOW else f"{count:.0f} {unit}"


@register.simple_tag
def moment(value: datetime | None, missing: str = NOTHING) -> SafeString | str:
    """A time in the viewer's zone; the zone is in the title."""
    if value is None:
        return missing
    local = timezone.localtime(value)
    return format_html(
        '<time class="nowrap tabular" datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        local.strftime("%A %d %B %Y, %H:%M:%S %Z"),
        local.strftime("%d %b %Y, %H:%M"),
    )


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: Any) -> str:
    """This page's query with some values changed; empty ones leave it."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"


@register.simple_tag
def player_name(names: dict[int, str], steam_id: int) -> str:
    """A player's name in this match; the SteamID where the match does not tell it."""
    return names.get(steam_id, str(steam_id))


@register.simple_tag
def plus(left: float, right: float) -> float:
    """The sum, for coordinates."""
    return left + right


@register.filter
def thousands(value: int | None) -> str:
    """Game dollars in thousands: `4.7`."""
    return NOTHING if value is None else f"{value / BYTES_PER_KILO:.1f}"


@register.filter
def minutes(seconds: float) -> str:
    """Whole minutes."""
    return f"{seconds / 60:.0f}"


@register.filter
def explained(text: str) -> SafeString:
    """A message for people: what stands between backticks is code."""
    parts = text.split("`")
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", part) if place % 2 else part,) for place, part in enumerate(parts))
    )
