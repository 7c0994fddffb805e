"""Room in the pages of what changes with every booking and every scan, so that a change stays in its page."""

from django.db import migrations

_ROOM = {"bookings_tickettype": 70, "bookings_ticket": 85}


def _sql(change: str) -> str:
    return "; ".join(f"ALTER TABLE {table} {change.format(share)}" for table, share in _ROOM.items())


class Migration(migrations.Migration):
    dependencies = [("bookings", "0015_tickets_that_ended")]

    operations = [migrations.RunSQL(_sql("SET (fillfactor = {})"), _sql("RESET (fillfactor)"))]
