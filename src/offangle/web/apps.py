"""The Django app of the pages."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Templates and static files live here; tables live in `offangle.db`."""

    name = "offangle.web"
    label = "web"
