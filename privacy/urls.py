"""Everybody's own data."""

from django.urls import path

from privacy import views

urlpatterns = [
    path("account/data/", views.MyData.as_view(), name="account-data"),
    path("account/data/erase/", views.EraseMe.as_view(), name="account-erase"),
    path("data/<str:token>/", views.fetch, name="data-copy"),
]
