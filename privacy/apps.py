from django.apps import AppConfig
from django.utils.module_loading import import_module


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self):
        import_module("privacy.copies")  # what its mails need to say
        import_module("privacy.explaining")  # what analytics, which may not import it, is asked about
