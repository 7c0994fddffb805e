"""What exists from the start: the house organisation and the default roles."""

from django.db import transaction

from accounts import roles
from partners import members
from partners.models import Partner


def ensure(**_signal) -> None:
    """Make what is missing; runs after every `migrate`, safe to run again."""
    with transaction.atomic():
        Partner.objects.get_or_create(
            is_house=True,
            defaults={
                "name": "Eventify",
                "slug": "eventify",
                "status": Partner.Status.ACTIVE,
                "verification_status": Partner.Verification.VERIFIED,
            },
        )
        roles.ensure_defaults()
        members.grant_missing()
