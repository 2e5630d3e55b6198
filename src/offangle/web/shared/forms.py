"""How every form looks."""

from django import forms


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
