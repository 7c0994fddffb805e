"""The database seals a transfer when it commits: a hash over the transfer and its entries, every column of them.

A sealed transfer takes no more entries, not even in the transaction that posted it.
"""

from django.db import migrations, models

SEALS = """
CREATE FUNCTION ledger_seal(one partners_transfer) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_array(
        one.id, one.uid, one.key, one.kind, one.currency, one.note, one.by_id,
        extract(epoch FROM one.created_at), one.xact,
        (SELECT jsonb_agg(jsonb_build_array(
            id, uid, account, partner_id, debit, credit, event_uid, order_uid, booking_uid,
            extract(epoch FROM created_at)) ORDER BY id)
        FROM partners_entry WHERE transfer_id = one.id)
    )::text, 'UTF8')), 'hex')
$$;

CREATE OR REPLACE FUNCTION ledger_note_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.xact := pg_current_xact_id()::text::bigint;
    NEW.seal := '';
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ledger_entry_belongs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole partners_transfer;
BEGIN
    SELECT * INTO whole FROM partners_transfer WHERE id = NEW.transfer_id;
    IF whole.xact IS DISTINCT FROM pg_current_xact_id()::text::bigint
        OR whole.created_at IS DISTINCT FROM NEW.created_at OR whole.seal <> '' THEN
        RAISE EXCEPTION 'Transfer % is posted already: it takes no more entries.', NEW.transfer_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ledger_check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    difference numeric;
BEGIN
    SELECT sum(debit) - sum(credit) INTO difference FROM partners_entry WHERE transfer_id = NEW.id;
    IF difference IS DISTINCT FROM 0 THEN
        RAISE EXCEPTION 'Transfer % is not balanced: debits less credits are %.', NEW.id, difference
            USING ERRCODE = 'check_violation';
    END IF;
    UPDATE partners_transfer SET seal = ledger_seal(partners_transfer) WHERE id = NEW.id;
    RETURN NULL;
END $$;

-- The one change that a transfer sees: it is sealed, once, with its true seal.
CREATE FUNCTION ledger_seal_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.seal = '' AND NEW.seal = ledger_seal(NEW) AND to_jsonb(NEW) - 'seal' = to_jsonb(OLD) - 'seal' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The ledger is append-only: UPDATE of partners_transfer is refused. '
        'Post a transfer that corrects it.' USING ERRCODE = 'restrict_violation';
END $$;

DROP TRIGGER ledger_append_only ON partners_transfer;
UPDATE partners_transfer SET seal = ledger_seal(partners_transfer);
CREATE TRIGGER ledger_append_only BEFORE DELETE ON partners_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_seal_only BEFORE UPDATE ON partners_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_seal_only();
"""
# Seals made here stay: what 0003 knew as a seal was written by the application.
BACK = """
DROP TRIGGER ledger_seal_only ON partners_transfer;
DROP TRIGGER ledger_append_only ON partners_transfer;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON partners_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE OR REPLACE FUNCTION ledger_check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    difference numeric;
BEGIN
    SELECT sum(debit) - sum(credit) INTO difference FROM partners_entry WHERE transfer_id = NEW.id;
    IF difference IS DISTINCT FROM 0 THEN
        RAISE EXCEPTION 'Transfer % is not balanced: debits less credits are %.', NEW.id, difference
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION ledger_entry_belongs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole partners_transfer;
BEGIN
    SELECT * INTO whole FROM partners_transfer WHERE id = NEW.transfer_id;
    IF whole.xact IS DISTINCT FROM pg_current_xact_id()::text::bigint
        OR whole.created_at IS DISTINCT FROM NEW.created_at THEN
        RAISE EXCEPTION 'Transfer % is posted already: it takes no more entries.', NEW.transfer_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION ledger_note_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.xact := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
DROP FUNCTION ledger_seal_only;
DROP FUNCTION ledger_seal;
"""


class Migration(migrations.Migration):
    dependencies = [("partners", "0003_ledger_guards")]
    operations = [
        migrations.AlterField("transfer", "created_at", models.DateTimeField(help_text="When the money moved.")),
        migrations.AlterField(
            "transfer",
            "seal",
            models.CharField(
                blank=True,
                default="",
                editable=False,
                help_text="SHA-256 over the transfer and its entries; the database sets it at the commit.",
                max_length=64,
            ),
        ),
        migrations.RunSQL(SEALS, BACK),
    ]
