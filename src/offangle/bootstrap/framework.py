"""Django, set up by importing this: models can be imported only afterwards, so the wiring imports this first."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "offangle.config.django")
django.setup()
