"""Kinds of ticket of which one must buy several at once."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("bookings", "0021_found_by_address")]

    operations = [
        migrations.AddField(
            "tickettype",
            "min_per_order",
            models.PositiveIntegerField(db_default=1, default=1, help_text="Fewer are not sold at once."),
        ),
        AddConstraintNotValid(
            "tickettype",
            models.CheckConstraint(
                condition=Q(min_per_order=1)
                | Q(Q(max_per_order=None) | Q(max_per_order__gte=F("min_per_order")), min_per_order__gt=1),
                name="type_least_within_most",
            ),
        ),
    ]
