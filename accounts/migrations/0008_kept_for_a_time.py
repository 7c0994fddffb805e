"""What is kept for a time only is found without reading all, made while people log in and mails leave."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Index, Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0007_user_erased_at")]
    operations = [
        AddIndexConcurrently(
            "session", Index(fields=["ended_at"], name="session_ended", condition=Q(ended_at__isnull=False))
        ),
        AddIndexConcurrently("notification", Index(fields=["created_at"], name="notification_oldest")),
        AddIndexConcurrently(
            "outgoingmail", Index(fields=["sent_at"], name="mail_sent", condition=Q(sent_at__isnull=False))
        ),
    ]
