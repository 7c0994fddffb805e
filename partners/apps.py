from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PartnersConfig(AppConfig):
    name = "partners"

    def ready(self):
        from partners import house  # the models are loaded only now

        post_migrate.connect(house.ensure, sender=self)
