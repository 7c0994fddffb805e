"""The home page, and what machines read of events. (The page of an event sells, so it is in bookings/urls.py.)"""

from django.contrib.sitemaps import views as sitemaps
from django.urls import path

from events import views
from events.sitemaps import SITEMAPS, robots

urlpatterns = [
    path("", views.home, name="home"),
    path("whats-on/", views.events_page, name="events"),
    path("near/", views.near, name="near"),
    path("e/<slug:slug>/calendar.ics", views.calendar_file, name="event-calendar"),
    path("calendar/", views.calendar, name="calendar"),
    path("calendar/<int:year>/<int:month_number>/", views.calendar, name="calendar-month"),
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", sitemaps.index, {"sitemaps": SITEMAPS, "sitemap_url_name": "sitemap"}, name="sitemap-index"),
    path("sitemap-<section>.xml", sitemaps.sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
]
