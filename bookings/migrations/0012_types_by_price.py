"""Events are found by the price of their tickets."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0011_scans_looked_into")]

    operations = [
        migrations.AddIndex(
            model_name="tickettype",
            index=models.Index(
                condition=models.Q(("status", "active")), fields=["price", "event"], name="type_by_price"
            ),
        ),
    ]
