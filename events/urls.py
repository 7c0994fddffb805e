"""The public home page. (The page of an event sells, so it is in bookings/urls.py.)"""

from django.urls import path

from events import views

urlpatterns = [path("", views.home, name="home")]
