"""The addresses of the door: the scanner's pages, and the API of its devices."""

from django.urls import path

from bookings import views_door
from bookings.door import api

urlpatterns = [
    path("door/", views_door.shell, name="door"),
    path("door/manifest.webmanifest", views_door.manifest, name="door-manifest"),
    path("door/sw.js", views_door.worker, name="door-worker"),
    path("door/mine/", views_door.mine, name="door-mine"),
    path("door/here/", views_door.here, name="door-here"),
    path("door/api/enrol/", api.enrol, name="door-enrol"),
    path("door/api/event/", api.event, name="door-event"),
    path("door/api/scan/", api.scan, name="door-scan"),
    path("door/api/sync/", api.sync, name="door-sync"),
    path("door/api/undo/", api.undo, name="door-undo"),
    path("door/api/counts/", api.counts, name="door-counts"),
]
