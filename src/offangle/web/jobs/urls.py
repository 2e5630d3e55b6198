"""The addresses of jobs and of their news."""

from django.urls import path

from offangle.web.jobs import events, views

urlpatterns = [
    path("jobs/", views.job_list, name="job-list"),
    path("jobs/<slug:kind>/<str:key>/retry/", views.job_retry, name="job-retry"),
    path("jobs/<slug:kind>/<str:key>/cancel/", views.job_cancel, name="job-cancel"),
    path("jobs/<slug:kind>/<str:key>/delete/", views.job_delete, name="job-delete"),
    path("events/", events.events, name="events"),
]
