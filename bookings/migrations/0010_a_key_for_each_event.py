from django.db import migrations

from bookings.door.keys import new_pair

AT_ONCE = 500


def make_keys(apps, schema_editor):
    """Events that have ticket types and no key get their first one; from now on the first ticket type makes it."""
    event, key = apps.get_model("events", "Event"), apps.get_model("bookings", "DoorKey")
    without = event.objects.filter(door_keys=None, ticket_types__isnull=False).distinct().order_by("pk")
    made = [key(event_id=pk, number=1, **new_pair(pk)) for pk in without.values_list("pk", flat=True)]
    key.objects.bulk_create(made, batch_size=AT_ONCE, ignore_conflicts=True)


class Migration(migrations.Migration):
    """The codes of all tickets are signed, also of events that were on sale before."""

    dependencies = [("bookings", "0009_halls_and_areas")]

    operations = [migrations.RunPython(make_keys, migrations.RunPython.noop)]
