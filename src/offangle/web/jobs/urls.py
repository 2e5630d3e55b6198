"""The addresses of jobs and of their news."""

from django.urls import path

from offangle.web.jobs import events, views

urlpatterns = [
    path("jobs/", views.job_list, name="job-list"),
    path("jobs/samples/<uuid:record_id>/cancel/", views.sample_cancel, name="sample-cancel"),
    path("jobs/<slug:sha256>/retry/", views.job_retry, name="job-retry"),
    path("jobs/<slug:sha256>/cancel/", views.job_cancel, name="job-cancel"),
    path("jobs/<slug:sha256>/delete/", views.job_delete, name="job-delete"),
    path("events/", events.events, name="events"),
]
