from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0008_has_waiting_room")]

    operations = [
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                condition=models.Q(("licensed_capacity__isnull", False)), fields=["starts_at"], name="event_licensed"
            ),
        ),
    ]
