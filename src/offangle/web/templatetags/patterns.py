"""How shares and intervals look, said once."""

from typing import Final

from django import template

register = template.Library()

NOTHING: Final = "\N{EN DASH}"


@register.filter
def percent(share: float | None, decimals: int = 0) -> str:
    """A share of one as a percentage."""
    return NOTHING if share is None else f"{100 * share:.{decimals}f}%"


@register.simple_tag
def percent_range(low: float | None, high: float | None) -> str:
    """An interval of shares: `12-45%`."""
    return "" if low is None or high is None else f"{100 * low:.0f}\N{EN DASH}{100 * high:.0f}%"


@register.simple_tag
def number_range(low: float | None, high: float | None, decimals: int = 2) -> str:
    """An interval of numbers: `0.31-0.92`."""
    return "" if low is None or high is None else f"{low:.{decimals}f}\N{EN DASH}{high:.{decimals}f}"


@register.filter
def definition(figures: dict[str, object], name: str) -> str:
    """What a figure of a table of patterns means, and what it is divided by."""
    figure = figures[name]
    text = str(getattr(figure, "definition", ""))
    divided = getattr(figure, "denominator", "")
    return f"{text} Divided by: {divided}." if divided else text


@register.filter
def whole_dollars(value: float | None) -> str:
    """A mean of game money."""
    return NOTHING if value is None else f"${value:,.0f}"
