"""The audit log is append-only, and each line is chained to the one before it at the moment of its commit.

The chaining trigger is deferred, so that its lock is held only while a transaction commits and cannot deadlock with
the row locks that the transaction took before.
"""

from django.db import migrations

GUARDS = """
CREATE FUNCTION audit_line_hash(line accounts_auditlog) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_array(
        line.sequence, line.previous_hash, line.id, line.uid, line.actor_id, line.action, line.target_resource,
        line.target_uid, line.target_label, line.details, line.created_at AT TIME ZONE 'UTC'
    )::text, 'UTF8')), 'hex')
$$;

CREATE FUNCTION audit_unchained() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.sequence := NULL; NEW.previous_hash := ''; NEW.hash := '';
    RETURN NEW;
END $$;

CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line accounts_auditlog;
BEGIN
    PERFORM pg_advisory_xact_lock(722816050);
    SELECT * INTO line FROM accounts_auditlog WHERE id = NEW.id;
    SELECT coalesce(max(newest.sequence), 0) + 1, coalesce(max(newest.hash), repeat('0', 64))
        INTO line.sequence, line.previous_hash
        FROM (SELECT sequence, hash FROM accounts_auditlog WHERE sequence IS NOT NULL
              ORDER BY sequence DESC LIMIT 1) AS newest;
    UPDATE accounts_auditlog
        SET sequence = line.sequence, previous_hash = line.previous_hash, hash = audit_line_hash(line)
        WHERE id = NEW.id;
    RETURN NULL;
END $$;

CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.sequence IS NULL AND NEW.sequence IS NOT NULL
        AND to_jsonb(OLD) - ARRAY['sequence', 'previous_hash', 'hash']
          = to_jsonb(NEW) - ARRAY['sequence', 'previous_hash', 'hash'] THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'TRUNCATE' AND current_setting('eventify.may_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The audit log is append-only: % is refused.', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""
LINES_SO_FAR = """
DO $$
DECLARE
    line accounts_auditlog;
    number bigint := 0;
    last text := repeat('0', 64);
BEGIN
    FOR line IN SELECT * FROM accounts_auditlog ORDER BY id LOOP
        number := number + 1;
        line.sequence := number;
        line.previous_hash := last;
        last := audit_line_hash(line);
        UPDATE accounts_auditlog SET sequence = number, previous_hash = line.previous_hash, hash = last
            WHERE id = line.id;
    END LOOP;
END $$;
"""
TRIGGERS = """
CREATE TRIGGER audit_unchained BEFORE INSERT ON accounts_auditlog
    FOR EACH ROW EXECUTE FUNCTION audit_unchained();
CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON accounts_auditlog DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_chain();
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON accounts_auditlog
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON accounts_auditlog
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""
BACK = """
DROP TRIGGER audit_no_truncate ON accounts_auditlog;
DROP TRIGGER audit_append_only ON accounts_auditlog;
DROP TRIGGER audit_chain ON accounts_auditlog;
DROP TRIGGER audit_unchained ON accounts_auditlog;
DROP FUNCTION audit_refuse_change;
DROP FUNCTION audit_chain;
DROP FUNCTION audit_unchained;
DROP FUNCTION audit_line_hash;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_command_center")]
    operations = [
        migrations.RunSQL(GUARDS, BACK),
        migrations.RunSQL(LINES_SO_FAR, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
    ]
