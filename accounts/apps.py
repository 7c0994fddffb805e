from django.apps import AppConfig
from django.utils.module_loading import import_module


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self):
        import_module("accounts.checks")
