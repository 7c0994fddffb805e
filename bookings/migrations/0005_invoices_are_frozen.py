"""The database keeps what was issued: no invoice is changed or deleted, and a series counts up one by one."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION invoices_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('eventify.may_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'Invoices stay as they were issued: % is refused. A credit note corrects one.', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION invoices_count_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.partner_id <> OLD.partner_id OR NEW.year <> OLD.year OR NEW.last_number <> OLD.last_number + 1 THEN
        RAISE EXCEPTION 'The numbers of invoices are given one by one.' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER invoices_frozen BEFORE UPDATE OR DELETE ON bookings_invoice
    FOR EACH ROW EXECUTE FUNCTION invoices_refuse_change();
CREATE TRIGGER invoices_kept BEFORE TRUNCATE ON bookings_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION invoices_refuse_change();
CREATE TRIGGER invoices_count_up BEFORE UPDATE ON bookings_invoiceseries
    FOR EACH ROW EXECUTE FUNCTION invoices_count_up();
"""
NO_GUARDS = """
DROP TRIGGER invoices_count_up ON bookings_invoiceseries;
DROP TRIGGER invoices_kept ON bookings_invoice;
DROP TRIGGER invoices_frozen ON bookings_invoice;
DROP FUNCTION invoices_count_up();
DROP FUNCTION invoices_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("bookings", "0004_refunds_and_splits")]
    operations = [migrations.RunSQL(GUARDS, NO_GUARDS)]
