"""The few users who are banned or whose account is closed are found without reading all, made while people log in."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Index, Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0005_language")]
    operations = [
        AddIndexConcurrently("user", Index(fields=["-id"], name="user_banned", condition=Q(banned_at__isnull=False))),
        AddIndexConcurrently("user", Index(fields=["-id"], name="user_inactive", condition=Q(is_active=False))),
    ]
