from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """Old rows are looked at while people buy."""

    dependencies = [("bookings", "0022_min_per_order")]

    operations = [ValidateConstraint("tickettype", "type_least_within_most")]
