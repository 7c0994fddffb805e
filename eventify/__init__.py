"""Eventify: the project that wires the applications together."""

from eventify.celery import app as celery_app

__all__ = ["celery_app"]
