from django.apps import AppConfig
from django.utils.module_loading import import_module


class CrewConfig(AppConfig):
    name = "crew"

    def ready(self):
        import_module("crew.receivers")
