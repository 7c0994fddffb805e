"""Nothing new becomes an erased account's. Whoever books in the moment of the erasure waits for it here, and is refused;
whoever was faster is seen by it.
"""

from django.db import migrations

# FOR KEY SHARE, as a foreign key asks it: it waits for the erasure, which holds the row FOR UPDATE, and for nobody else.
GUARD = """
CREATE FUNCTION privacy_refuse_the_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM accounts_user WHERE id = NEW.user_id AND erased_at IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user_is_erased: % of %', TG_TABLE_NAME, NEW.user_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""
NO_GUARD = "DROP FUNCTION privacy_refuse_the_erased();"
# name -> table, when
TRIGGERS = {
    "order_of_nobody": ("bookings_order", "INSERT", ""),
    "order_to_nobody": ("bookings_order", "UPDATE OF user_id", "WHEN (NEW.user_id <> OLD.user_id)"),
    "booking_of_nobody": ("bookings_booking", "INSERT", "WHEN (NEW.order_id IS NULL)"),  # the others have an order
    "ticket_to_nobody": ("bookings_ticket", "UPDATE OF user_id", "WHEN (NEW.user_id <> OLD.user_id)"),
    "person_of_nobody": ("crew_person", "INSERT", "WHEN (NEW.user_id IS NOT NULL)"),
    "person_to_nobody": (
        "crew_person", "UPDATE OF user_id", "WHEN (NEW.user_id IS NOT NULL AND NEW.user_id IS DISTINCT FROM OLD.user_id)",
    ),
    "member_of_nobody": ("partners_member", "INSERT", ""),
    "copy_of_nobody": ("privacy_copy", "INSERT", ""),
}  # fmt: skip


def made(name: str) -> str:
    table, moment, condition = TRIGGERS[name]
    return (
        f"CREATE TRIGGER {name} BEFORE {moment} ON {table} FOR EACH ROW {condition} "
        "EXECUTE FUNCTION privacy_refuse_the_erased();"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0001_initial"),
        ("accounts", "0007_user_erased_at"),
        ("partners", "0007_entries_of_bookings"),
        ("bookings", "0018_webhooks_by_moment"),
        ("crew", "0002_claim_handed_on"),
    ]
    operations = [
        migrations.RunSQL(GUARD, NO_GUARD),
        *[migrations.RunSQL(made(name), f"DROP TRIGGER {name} ON {TRIGGERS[name][0]};") for name in TRIGGERS],
    ]
