"""Organisations, their people and settings, and their events."""

urlpatterns = []
