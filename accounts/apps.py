from django.apps import AppConfig
from django.utils.module_loading import import_module

from eventify.celery import app as app  # tasks are sent through it, by whichever process


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self):
        import_module("accounts.checks")
