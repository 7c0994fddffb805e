"""Facts are written by triggers, in the statement that makes them true: no verb can forget one, and the statements of a
sale or an admission stay as many as they are. Each begins with one look at a table that is empty while nobody listens.

An order that is inserted as paid is looked at when its transaction ends, for its bookings may follow in a second
statement (seats). What kinds there are, and what their data means: integrations/kinds.py.
"""

from django.db import migrations

# `moment`: ISO 8601 in UTC, whatever the session's zone is. `listener_of`: the event's organisation, when it listens.
TOOLS = """
CREATE FUNCTION integrations_moment(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
CREATE FUNCTION integrations_record(listener bigint, kind text, data jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO integrations_fact (uid, partner_id, kind, occurred_at, data)
    VALUES (gen_random_uuid(), listener, kind, clock_timestamp(), data)
$$;
CREATE FUNCTION integrations_listener_of(event bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT l.partner_id FROM events_event e JOIN integrations_listener l ON l.partner_id = e.partner_id AND l.is_on
    WHERE e.id = event
$$;
"""
NO_TOOLS = """
DROP FUNCTION integrations_listener_of(bigint);
DROP FUNCTION integrations_record(bigint, text, jsonb);
DROP FUNCTION integrations_moment(timestamptz);
"""
NOBODY_LISTENS = "IF NOT EXISTS (SELECT FROM integrations_listener WHERE is_on) THEN RETURN NULL; END IF;"

# name -> the body of a trigger function, after that look
FUNCTIONS = {
    "order_changed": """
        INSERT INTO integrations_fact (uid, partner_id, kind, occurred_at, data)
        SELECT gen_random_uuid(), e.partner_id, 'order.' || NEW.status, clock_timestamp(), jsonb_build_object(
            'order_id', NEW.uid, 'amount', sum(b.qty * b.unit_price)::numeric(12, 2)::text, 'currency', NEW.currency,
            'quantity', sum(b.qty)
        ) || CASE NEW.status WHEN 'cancelled' THEN jsonb_build_object('expired', NEW.has_expired) ELSE '{}' END
        FROM bookings_booking b JOIN events_event e ON e.id = b.event_id
        JOIN integrations_listener l ON l.partner_id = e.partner_id AND l.is_on
        WHERE b.order_id = NEW.id GROUP BY e.partner_id;
    """,
    "money_returned": """
        INSERT INTO integrations_fact (uid, partner_id, kind, occurred_at, data)
        SELECT gen_random_uuid(), NEW.partner_id, 'order.refunded', clock_timestamp(), jsonb_build_object(
            'order_id', NEW.order_uid, 'booking_id', NEW.booking_uid, 'event_id', NEW.event_uid, 'refund_id', NEW.uid,
            'amount', NEW.debit::text, 'currency', t.currency
        )
        FROM partners_transfer t JOIN integrations_listener l ON l.partner_id = NEW.partner_id AND l.is_on
        WHERE t.id = NEW.transfer_id AND t.kind = 'refund';
    """,
    "tickets_issued": """
        INSERT INTO integrations_fact (uid, partner_id, kind, occurred_at, data)
        SELECT gen_random_uuid(), e.partner_id, 'ticket.issued', clock_timestamp(), jsonb_build_object(
            'ticket_id', t.uid, 'event_id', e.uid, 'order_id', o.uid, 'booking_id', b.uid, 'ticket_type_id', k.uid,
            'price', t.price_at_purchase::text, 'currency', o.currency, 'seat', s.label
        )
        FROM issued t JOIN events_event e ON e.id = t.event_id
        JOIN integrations_listener l ON l.partner_id = e.partner_id AND l.is_on
        JOIN bookings_order o ON o.id = t.order_id JOIN bookings_booking b ON b.id = t.booking_id
        JOIN bookings_tickettype k ON k.id = t.ticket_type_id LEFT JOIN bookings_seat s ON s.id = t.seat_id
        WHERE t.status = 'valid' ORDER BY t.id;
    """,
    "ticket_changed": """
        listener := integrations_listener_of(NEW.event_id);
        IF listener IS NULL THEN RETURN NULL; END IF;
        SELECT jsonb_build_object('ticket_id', NEW.uid, 'event_id', e.uid, 'order_id', o.uid, 'booking_id', b.uid,
            'ticket_type_id', k.uid) INTO data
        FROM events_event e, bookings_order o, bookings_booking b, bookings_tickettype k
        WHERE e.id = NEW.event_id AND o.id = NEW.order_id AND b.id = NEW.booking_id AND k.id = NEW.ticket_type_id;
        IF OLD.user_id <> NEW.user_id THEN
            PERFORM integrations_record(listener, 'ticket.transferred', data);
        END IF;
        IF OLD.used_at IS NULL AND NEW.used_at IS NOT NULL THEN
            PERFORM integrations_record(listener, 'ticket.checked_in', data || jsonb_build_object(
                'used_at', integrations_moment(NEW.used_at), 'gate', NEW.used_gate));
        ELSIF OLD.used_at IS NOT NULL AND NEW.used_at IS NULL THEN
            PERFORM integrations_record(listener, 'ticket.check_in_undone', data);
        END IF;
        IF OLD.status <> 'cancelled' AND NEW.status = 'cancelled' THEN
            PERFORM integrations_record(listener, 'ticket.cancelled', data);
        END IF;
    """,
    "booking_changed": """
        listener := integrations_listener_of(NEW.event_id);
        IF listener IS NULL THEN RETURN NULL; END IF;
        SELECT jsonb_build_object('booking_id', NEW.uid, 'event_id', e.uid, 'ticket_type_id', k.uid,
            'quantity', NEW.qty) INTO data
        FROM events_event e, bookings_tickettype k WHERE e.id = NEW.event_id AND k.id = NEW.ticket_type_id;
        IF NEW.status = 'waitlisted' THEN
            PERFORM integrations_record(listener, 'booking.waitlisted', data);
        ELSIF NEW.status = 'cancelled' THEN
            PERFORM integrations_record(listener, 'booking.cancelled', data);
        ELSE
            PERFORM integrations_record(listener, 'booking.promoted', data);
        END IF;
    """,
    "event_changed": """
        listener := integrations_listener_of(NEW.id);
        IF listener IS NULL THEN RETURN NULL; END IF;
        data := jsonb_build_object('event_id', NEW.uid, 'name', NEW.name, 'state', NEW.state,
            'starts_at', integrations_moment(NEW.starts_at), 'ends_at', integrations_moment(NEW.ends_at),
            'timezone', NEW.timezone);
        IF NEW.state = 'cancelled' THEN
            IF OLD.state <> 'cancelled' THEN PERFORM integrations_record(listener, 'event.cancelled', data); END IF;
        ELSIF OLD.state = 'draft' THEN
            PERFORM integrations_record(listener, 'event.published', data);
        ELSIF OLD.starts_at IS DISTINCT FROM NEW.starts_at OR OLD.ends_at IS DISTINCT FROM NEW.ends_at THEN
            PERFORM integrations_record(listener, 'event.rescheduled', data);
        END IF;
    """,
    "partner_changed": """
        IF NOT EXISTS (SELECT FROM integrations_listener WHERE partner_id = NEW.id AND is_on) THEN
            RETURN NULL;
        END IF;
        IF OLD.verification_status <> NEW.verification_status AND NEW.verification_status = 'Verified' THEN
            PERFORM integrations_record(NEW.id, 'partner.verified',
                jsonb_build_object('verification_status', NEW.verification_status));
        END IF;
        IF OLD.status <> 'Suspended' AND NEW.status = 'Suspended' THEN
            PERFORM integrations_record(NEW.id, 'partner.suspended', jsonb_build_object('status', NEW.status));
        ELSIF OLD.status = 'Suspended' AND NEW.status <> 'Suspended' THEN
            PERFORM integrations_record(NEW.id, 'partner.reinstated', jsonb_build_object('status', NEW.status));
        END IF;
    """,
    "payout_changed": """
        IF EXISTS (SELECT FROM integrations_listener WHERE partner_id = NEW.partner_id AND is_on) THEN
            PERFORM integrations_record(NEW.partner_id, 'payout.' || NEW.status, jsonb_build_object(
                'payout_id', NEW.uid, 'amount', NEW.amount::text, 'currency', NEW.currency));
        END IF;
    """,
    "assignment_changed": """
        SELECT l.partner_id, jsonb_build_object('assignment_id', NEW.uid, 'shift_id', h.uid, 'person_id', p.uid,
            'event_id', e.uid, 'status', NEW.status, 'origin', NEW.origin) INTO listener, data
        FROM crew_shift h JOIN crew_section c ON c.id = h.section_id JOIN events_event e ON e.id = c.event_id
        JOIN integrations_listener l ON l.partner_id = e.partner_id AND l.is_on
        JOIN crew_person p ON p.id = NEW.person_id
        WHERE h.id = NEW.shift_id;
        IF listener IS NULL THEN RETURN NULL; END IF;
        IF TG_OP = 'INSERT' AND NEW.origin = 'claimed' THEN
            PERFORM integrations_record(listener, 'shift.claimed', data);
        END IF;
        IF NEW.status = 'approved' THEN
            PERFORM integrations_record(listener, 'shift.assigned', data);
        ELSIF NEW.status IN ('rejected', 'cancelled') THEN
            PERFORM integrations_record(listener, 'shift.given_up', data);
        END IF;
    """,
    "person_approved": """
        listener := integrations_listener_of(NEW.event_id);
        IF listener IS NULL THEN RETURN NULL; END IF;
        SELECT jsonb_build_object('person_id', NEW.uid, 'event_id', e.uid, 'crowd_type_id', k.uid) INTO data
        FROM events_event e, crew_crowdtype k WHERE e.id = NEW.event_id AND k.id = NEW.crowd_type_id;
        PERFORM integrations_record(listener, 'person.approved', data);
    """,
}
_ROW = "FOR EACH ROW"
# name -> table, what is before the function's name, function. Conditions are judged without calling the function.
TRIGGERS = {
    "fact_order_made": (
        "bookings_order",
        f"AFTER INSERT ON bookings_order DEFERRABLE INITIALLY DEFERRED {_ROW} WHEN (NEW.status = 'paid')",
        "order_changed",
    ),
    "fact_order_changed": (
        "bookings_order",
        f"AFTER UPDATE OF status ON bookings_order {_ROW} "
        "WHEN (OLD.status <> NEW.status AND NEW.status IN ('paid', 'cancelled'))",
        "order_changed",
    ),
    "fact_money_returned": (
        "partners_entry",
        f"AFTER INSERT ON partners_entry {_ROW} WHEN (NEW.account = 'partner_payable' AND NEW.debit > 0)",
        "money_returned",
    ),
    "fact_tickets_issued": (
        "bookings_ticket",
        "AFTER INSERT ON bookings_ticket REFERENCING NEW TABLE AS issued FOR EACH STATEMENT",
        "tickets_issued",
    ),
    "fact_ticket_changed": (
        "bookings_ticket",
        f"AFTER UPDATE OF status, used_at, user_id ON bookings_ticket {_ROW} "
        "WHEN ((OLD.used_at IS NULL) <> (NEW.used_at IS NULL) OR OLD.user_id <> NEW.user_id "
        "OR (OLD.status <> 'cancelled' AND NEW.status = 'cancelled'))",
        "ticket_changed",
    ),
    "fact_booking_made": (
        "bookings_booking",
        f"AFTER INSERT ON bookings_booking {_ROW} WHEN (NEW.status = 'waitlisted')",
        "booking_changed",
    ),
    "fact_booking_changed": (
        "bookings_booking",
        f"AFTER UPDATE OF status ON bookings_booking {_ROW} WHEN (OLD.status <> NEW.status AND (NEW.status = "
        "'cancelled' OR NEW.status = 'waitlisted' OR OLD.status = 'waitlisted'))",
        "booking_changed",
    ),
    "fact_event_changed": (
        "events_event",
        f"AFTER UPDATE OF state, starts_at, ends_at ON events_event {_ROW} WHEN (NEW.state <> 'draft' AND "
        "(OLD.state <> NEW.state OR OLD.starts_at IS DISTINCT FROM NEW.starts_at OR OLD.ends_at IS DISTINCT FROM "
        "NEW.ends_at))",
        "event_changed",
    ),
    "fact_partner_changed": (
        "partners_partner",
        f"AFTER UPDATE OF status, verification_status ON partners_partner {_ROW} WHEN (OLD.status <> NEW.status OR "
        "OLD.verification_status <> NEW.verification_status)",
        "partner_changed",
    ),
    "fact_payout_changed": (
        "partners_payout",
        f"AFTER UPDATE OF status ON partners_payout {_ROW} "
        "WHEN (OLD.status <> NEW.status AND NEW.status IN ('paid', 'failed'))",
        "payout_changed",
    ),
    "fact_assignment_made": (
        "crew_assignment",
        f"AFTER INSERT ON crew_assignment {_ROW} WHEN (NEW.origin = 'claimed' OR NEW.status = 'approved')",
        "assignment_changed",
    ),
    "fact_assignment_changed": (
        "crew_assignment",
        f"AFTER UPDATE OF status ON crew_assignment {_ROW} "
        "WHEN (OLD.status <> NEW.status AND NEW.status IN ('approved', 'rejected', 'cancelled'))",
        "assignment_changed",
    ),
    "fact_person_made": (
        "crew_person",
        f"AFTER INSERT ON crew_person {_ROW} WHEN (NEW.status = 'approved')",
        "person_approved",
    ),
    "fact_person_changed": (
        "crew_person",
        f"AFTER UPDATE OF status ON crew_person {_ROW} WHEN (OLD.status <> NEW.status AND NEW.status = 'approved')",
        "person_approved",
    ),
}
# What was recorded is not changed: only its number is given, once.
FROZEN = """
CREATE FUNCTION integrations_fact_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.position IS NULL AND NEW.position IS NOT NULL
        AND (NEW.id, NEW.uid, NEW.partner_id, NEW.kind, NEW.version, NEW.occurred_at, NEW.data)
          = (OLD.id, OLD.uid, OLD.partner_id, OLD.kind, OLD.version, OLD.occurred_at, OLD.data) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'fact_is_frozen: %', OLD.id USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER fact_frozen BEFORE UPDATE ON integrations_fact FOR EACH ROW
EXECUTE FUNCTION integrations_fact_frozen();
"""
NOT_FROZEN = "DROP TRIGGER fact_frozen ON integrations_fact; DROP FUNCTION integrations_fact_frozen();"


def function(name: str) -> str:
    return f"""
CREATE FUNCTION integrations_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE listener bigint; data jsonb;
BEGIN
    {NOBODY_LISTENS}{FUNCTIONS[name]}    RETURN NULL;
END $$;
"""


def trigger(name: str) -> str:
    _table, moment, called = TRIGGERS[name]
    kind = "CONSTRAINT TRIGGER" if "DEFERRABLE" in moment else "TRIGGER"
    return f"CREATE {kind} {name} {moment} EXECUTE FUNCTION integrations_{called}();"


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0001_initial"),
        ("partners", "0007_entries_of_bookings"),
        ("events", "0006_searched_texts"),
        ("bookings", "0019_kept_for_a_time"),
        ("crew", "0002_claim_handed_on"),
    ]
    operations = [
        migrations.RunSQL(TOOLS, NO_TOOLS),
        migrations.RunSQL(FROZEN, NOT_FROZEN),
        *[migrations.RunSQL(function(name), f"DROP FUNCTION integrations_{name}();") for name in FUNCTIONS],
        *[migrations.RunSQL(trigger(name), f"DROP TRIGGER {name} ON {TRIGGERS[name][0]};") for name in TRIGGERS],
    ]
