"""Of one price the soonest comes first: each kind of ticket knows when its event starts, so that one index has both.

The database keeps it, whoever writes the event or the kind. Selling touches neither column, and so no trigger.
"""

from django.db import migrations, models

KEEP = """
UPDATE bookings_tickettype SET event_starts_at = event.starts_at
    FROM events_event AS event WHERE event.id = bookings_tickettype.event_id;

CREATE FUNCTION types_know_start() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.event_starts_at := (SELECT starts_at FROM events_event WHERE id = NEW.event_id);
    RETURN NEW;
END $$;

CREATE FUNCTION events_tell_start() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE bookings_tickettype SET event_starts_at = NEW.starts_at WHERE event_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER types_know_start BEFORE INSERT OR UPDATE OF event_id, event_starts_at ON bookings_tickettype
    FOR EACH ROW EXECUTE FUNCTION types_know_start();
CREATE TRIGGER events_tell_start AFTER UPDATE OF starts_at ON events_event
    FOR EACH ROW WHEN (OLD.starts_at IS DISTINCT FROM NEW.starts_at) EXECUTE FUNCTION events_tell_start();
"""
FORGET = """
DROP TRIGGER events_tell_start ON events_event;
DROP TRIGGER types_know_start ON bookings_tickettype;
DROP FUNCTION events_tell_start();
DROP FUNCTION types_know_start();
"""


class Migration(migrations.Migration):
    dependencies = [("bookings", "0013_pages_looked_for"), ("events", "0002_search")]

    operations = [
        migrations.AddField(
            model_name="tickettype",
            name="event_starts_at",
            field=models.DateTimeField(
                editable=False,
                help_text="The event's starts_at. Triggers keep it, for the index of prices.",
                null=True,
            ),
        ),
        migrations.RunSQL(KEEP, FORGET),
        migrations.RemoveIndex(model_name="tickettype", name="type_by_price"),
        migrations.AddIndex(
            model_name="tickettype",
            index=models.Index(
                condition=models.Q(("status", "active")),
                fields=["price", "event_starts_at", "event"],
                name="type_by_price",
            ),
        ),
    ]
