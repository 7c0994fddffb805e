"""What must hold of events."""

from eventify.lib.checks import Check, among

CHECKS = (
    Check(
        "families of events",
        f"SELECT count(*) FROM events_event e WHERE parent_id IS NOT NULL AND {among('e.id')}",
        f"""
        SELECT e.id, e.partner_id, p.id AS parent, p.kind, p.partner_id AS its_partner
        FROM events_event e JOIN events_event p ON p.id = e.parent_id
        WHERE {among("e.id")}
            AND (p.partner_id <> e.partner_id OR p.parent_id IS NOT NULL OR p.kind NOT IN ('festival', 'series'))
        """,
        "event {id} of partner {partner_id} is a part of event {parent}, a {kind} of partner {its_partner}",
        "Take it out of that family on the event's page.",
    ),
)
