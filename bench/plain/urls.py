"""The same addresses as the real ones."""

from django.urls import path

from bench.plain import views

urlpatterns = [
    path("healthz", views.Health.as_view()),
    path("events", views.Events.as_view()),
    path("events/<int:pk>", views.OneEvent.as_view()),
    path("events/<int:pk>/book", views.Book.as_view()),
    path("api/admin/scanners/checkin", views.Checkin.as_view()),
    path("", views.home),
    path("e/<slug:slug>/", views.event_page),
]
