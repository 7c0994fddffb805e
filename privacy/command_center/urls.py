"""The addresses of what staff do about a person's data."""

from django.urls import path

from privacy.command_center import pages

urlpatterns = [
    path("users/<uuid:uid>/data/", pages.SendCopy.as_view(), name="desk-user-data"),
    path("users/<uuid:uid>/erase/", pages.Erase.as_view(), name="desk-user-erase"),
]
