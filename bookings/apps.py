from django.apps import AppConfig
from django.utils.module_loading import import_module


class BookingsConfig(AppConfig):
    name = "bookings"

    def ready(self):
        import_module("bookings.checks")
        import_module("bookings.receivers")
        import_module("bookings.papers.attaching")
