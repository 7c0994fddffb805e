"""The database keeps the ledger: balanced at commit, never changed, balances by trigger."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('eventify.may_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The ledger is append-only: % of % is refused. Post a transfer that corrects it.',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION ledger_note_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.xact := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;

-- Entries come with their transfer, in one transaction, and are of its moment.
CREATE FUNCTION ledger_entry_belongs() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION ledger_check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION ledger_keep_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO partners_balance (partner_id, kind, currency, amount, entries)
        SELECT NEW.partner_id, kind, currency, NEW.credit - NEW.debit, 1
        FROM partners_transfer WHERE id = NEW.transfer_id
        ON CONFLICT (partner_id, kind, currency) DO UPDATE
        SET amount = partners_balance.amount + excluded.amount, entries = partners_balance.entries + 1;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_only_by_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'Balances follow the entries: % by hand is refused.', TG_OP
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;

CREATE TRIGGER ledger_note_transaction BEFORE INSERT ON partners_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_note_transaction();
CREATE CONSTRAINT TRIGGER ledger_check_balanced AFTER INSERT ON partners_transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_check_balanced();
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON partners_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON partners_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

CREATE TRIGGER ledger_entry_belongs BEFORE INSERT ON partners_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_belongs();
CREATE TRIGGER ledger_keep_balance AFTER INSERT ON partners_entry
    FOR EACH ROW WHEN (NEW.partner_id IS NOT NULL) EXECUTE FUNCTION ledger_keep_balance();
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON partners_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON partners_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

CREATE TRIGGER ledger_only_by_trigger BEFORE INSERT OR UPDATE OR DELETE ON partners_balance
    FOR EACH ROW EXECUTE FUNCTION ledger_only_by_trigger();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON partners_balance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""
BACK = """
DROP TRIGGER ledger_no_truncate ON partners_balance;
DROP TRIGGER ledger_only_by_trigger ON partners_balance;
DROP TRIGGER ledger_no_truncate ON partners_entry;
DROP TRIGGER ledger_append_only ON partners_entry;
DROP TRIGGER ledger_keep_balance ON partners_entry;
DROP TRIGGER ledger_entry_belongs ON partners_entry;
DROP TRIGGER ledger_no_truncate ON partners_transfer;
DROP TRIGGER ledger_append_only ON partners_transfer;
DROP TRIGGER ledger_check_balanced ON partners_transfer;
DROP TRIGGER ledger_note_transaction ON partners_transfer;
DROP FUNCTION ledger_only_by_trigger;
DROP FUNCTION ledger_keep_balance;
DROP FUNCTION ledger_check_balanced;
DROP FUNCTION ledger_entry_belongs;
DROP FUNCTION ledger_note_transaction;
DROP FUNCTION ledger_refuse_change;
"""


class Migration(migrations.Migration):
    dependencies = [("partners", "0002_command_center")]
    operations = [migrations.RunSQL(GUARDS, BACK)]
