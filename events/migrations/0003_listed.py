"""Indexes for the lists of everything public, and room in the pages for counters that change with every booking."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower

LISTED = ~models.Q(state="draft")


class Migration(migrations.Migration):
    atomic = False  # an index that is made beside sales cannot be made in a transaction

    dependencies = [("events", "0002_search")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE events_event SET (fillfactor = 80)", "ALTER TABLE events_event RESET (fillfactor)"
        ),
        AddIndexConcurrently("event", models.Index(fields=["starts_at", "id"], name="event_listed", condition=LISTED)),
        AddIndexConcurrently("event", models.Index(Lower("name"), "id", name="event_listed_by_name", condition=LISTED)),
    ]
