import eventify.lib.ids
from django.db import migrations, models

FILL = "UPDATE bookings_webhookdelivery SET uid = gen_random_uuid() WHERE uid IS NULL"


class Migration(migrations.Migration):
    """Every delivery gets a uid of its own, also those that are there already."""

    dependencies = [("bookings", "0006_booking_attendees")]

    operations = [
        migrations.AddField("webhookdelivery", "uid", models.UUIDField(null=True, editable=False)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            "webhookdelivery",
            "uid",
            models.UUIDField(default=eventify.lib.ids.new_uid, editable=False, unique=True),
        ),
    ]
