"""The Django app that holds every table."""

from django.apps import AppConfig


class DbConfig(AppConfig):
    """All models live here, so that one history of migrations tells the whole schema."""

    name = "offangle.db"
    label = "db"
    default_auto_field = "django.db.models.BigAutoField"
