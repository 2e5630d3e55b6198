"""The address of the SQL explorer."""

from django.urls import path

from offangle.web.asking import views

urlpatterns = [path("sql/", views.explorer, name="sql")]
