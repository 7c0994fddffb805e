"""The addresses of the door."""

from django.urls import path

from bookings.door import api

urlpatterns = [
    path("door/api/enrol/", api.enrol, name="door-enrol"),
    path("door/api/event/", api.event, name="door-event"),
    path("door/api/scan/", api.scan, name="door-scan"),
    path("door/api/sync/", api.sync, name="door-sync"),
    path("door/api/undo/", api.undo, name="door-undo"),
    path("door/api/counts/", api.counts, name="door-counts"),
]
