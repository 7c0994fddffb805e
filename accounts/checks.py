"""What must not be true of a production database: that anybody can log in as the demo's administrator."""

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.db import DatabaseError, connections

from accounts.models import User

DEMO_ADMINISTRATOR = "admin@evient.com"


@register(Tags.database)
def no_demo_administrator(app_configs=None, databases=None, **options) -> list[Error]:
    """An error when the demo's administrator still has a password that everybody knows (production only)."""
    if not settings.PRODUCTION or "default" not in (databases or []) or not _has_table():
        return []
    user = User.objects.filter(email__lower=DEMO_ADMINISTRATOR, is_active=True).first()
    if user is None or not any(user.check_password(word) for word in sorted(settings.WELL_KNOWN_PASSWORDS)):
        return []
    way_out = f"manage.py changepassword {DEMO_ADMINISTRATOR}"
    return [Error(f"The administrator has the demo's password; give another with: {way_out}", id="accounts.E001")]


def _has_table() -> bool:
    """Whether there is something to look at: not before the first migration, nor while the database is away."""
    try:
        return User._meta.db_table in connections["default"].introspection.table_names()
    except DatabaseError:
        return False
