from django.db import migrations

# Tickets are counted for their event as well, so a ticket that changes says so twice.
CORRECT = """
CREATE OR REPLACE FUNCTION analytics_correct() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> TG_ARGV[1] THEN
        INSERT INTO analytics_correction (what, row_id, at, number) VALUES (TG_ARGV[0], OLD.id, OLD.created_at, -1);
        IF TG_ARGV[0] = 'tickets' THEN
            INSERT INTO analytics_correction (what, row_id, at, number, detail)
                VALUES ('events', OLD.id, OLD.created_at, -1, OLD.event_id::text);
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.status <> TG_ARGV[1] THEN
        INSERT INTO analytics_correction (what, row_id, at, number) VALUES (TG_ARGV[0], NEW.id, NEW.created_at, 1);
        IF TG_ARGV[0] = 'tickets' THEN
            INSERT INTO analytics_correction (what, row_id, at, number, detail)
                VALUES ('events', NEW.id, NEW.created_at, 1, NEW.event_id::text);
        END IF;
    END IF;
    RETURN NULL;
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION analytics_correct() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> TG_ARGV[1] THEN
        INSERT INTO analytics_correction (what, row_id, at, number) VALUES (TG_ARGV[0], OLD.id, OLD.created_at, -1);
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.status <> TG_ARGV[1] THEN
        INSERT INTO analytics_correction (what, row_id, at, number) VALUES (TG_ARGV[0], NEW.id, NEW.created_at, 1);
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0004_tally_by_detail"), ("bookings", "0016_room_for_counters")]

    operations = [migrations.RunSQL(CORRECT, BEFORE)]
