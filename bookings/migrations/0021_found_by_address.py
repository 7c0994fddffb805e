"""Whose an order or ticket is by an e-mail address: copies of people's data and erasures ask for it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("bookings", "0020_waiting_rooms")]

    operations = [
        AddIndexConcurrently(
            "order",
            models.Index(Lower("buyer_email"), name="order_by_buyer", condition=models.Q(buyer_email__gt="")),
        ),
        AddIndexConcurrently(
            "ticket",
            models.Index(Lower("attendee_email"), name="ticket_by_attendee", condition=models.Q(attendee_email__gt="")),
        ),
    ]
