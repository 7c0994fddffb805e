from django.apps import AppConfig
from django.utils.module_loading import import_module


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self):
        import_module("analytics.receivers")
