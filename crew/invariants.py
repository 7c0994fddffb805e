"""What must hold of every event's plan and rosters.

Not judged, for a planner may want it: more people or claims than a shift has places for, and shifts that clash.
"""

from eventify.lib.checks import Check, among

_RECOUNT = "The assignments are the truth. Assign or cancel anybody in that shift: the verb counts it afresh."
_SHIFTS = (
    "SELECT count(*) FROM crew_shift s JOIN crew_section c ON c.id = s.section_id "
    f"WHERE s.deleted_at IS NULL AND {among('c.event_id')}"
)
_LOOK = "Open it in the plan and choose again."
# (what, id, event) with the partners of both sides
_OWNED = """
    SELECT 'person' AS what, p.id, e.id AS event_id, e.partner_id, 'crowd type' AS other, t.id AS other_id,
           t.partner_id AS owner
    FROM crew_person p JOIN events_event e ON e.id = p.event_id JOIN crew_crowdtype t ON t.id = p.crowd_type_id
    UNION ALL
    SELECT 'person', p.id, e.id, e.partner_id, 'company', c.id, c.partner_id
    FROM crew_person p JOIN events_event e ON e.id = p.event_id JOIN crew_company c ON c.id = p.company_id
    UNION ALL
    SELECT 'crowd list', l.id, e.id, e.partner_id, 'crowd type', t.id, t.partner_id
    FROM crew_crowdlist l JOIN events_event e ON e.id = l.event_id JOIN crew_crowdtype t ON t.id = l.crowd_type_id
    UNION ALL
    SELECT 'crowd list', l.id, e.id, e.partner_id, 'person', p.id, pe.partner_id
    FROM crew_crowdlistentry n JOIN crew_crowdlist l ON l.id = n.crowd_list_id JOIN events_event e ON e.id = l.event_id
    JOIN crew_person p ON p.id = n.person_id JOIN events_event pe ON pe.id = p.event_id
    UNION ALL
    SELECT 'shift', s.id, e.id, e.partner_id, 'time slot', t.id, te.partner_id
    FROM crew_shift s JOIN crew_section c ON c.id = s.section_id JOIN events_event e ON e.id = c.event_id
    JOIN crew_timeslot t ON t.id = s.time_slot_id JOIN events_event te ON te.id = t.event_id
    UNION ALL
    SELECT 'shift', s.id, e.id, e.partner_id, 'person', p.id, pe.partner_id
    FROM crew_assignment a JOIN crew_shift s ON s.id = a.shift_id JOIN crew_section c ON c.id = s.section_id
    JOIN events_event e ON e.id = c.event_id JOIN crew_person p ON p.id = a.person_id
    JOIN events_event pe ON pe.id = p.event_id
    UNION ALL
    SELECT 'person', p.id, e.id, e.partner_id, 'identity match', m.id, m.partner_id
    FROM crew_identitymatch m JOIN crew_person p ON p.id = m.person_id JOIN events_event e ON e.id = p.event_id
"""

CHECKS = (
    Check(
        "places of shifts",
        _SHIFTS,
        f"""
        SELECT s.id, s.status, s.slots_total, s.filled_slots, s.pending_slots, s.claimed_slots,
               coalesce(a.filled, 0) AS filled, coalesce(a.pending, 0) AS pending, coalesce(a.claimed, 0) AS claimed
        FROM crew_shift s JOIN crew_section c ON c.id = s.section_id LEFT JOIN (
            SELECT shift_id, count(*) FILTER (WHERE status IN ('approved', 'completed')) AS filled,
                   count(*) FILTER (WHERE status = 'pending_approval') AS pending,
                   count(*) FILTER (WHERE origin = 'claimed' OR is_claim_handed_on) AS claimed
            FROM crew_assignment WHERE status IN ('pending_approval', 'approved', 'completed') GROUP BY shift_id
        ) a ON a.shift_id = s.id
        WHERE {among("c.event_id")} AND (
            (s.filled_slots, s.pending_slots, s.claimed_slots)
                <> (coalesce(a.filled, 0), coalesce(a.pending, 0), coalesce(a.claimed, 0))
            OR (s.status IN ('open', 'full') AND (s.filled_slots >= s.slots_total) <> (s.status = 'full')))
        """,
        "shift {id} ({status}, {slots_total} places): (filled, pending, claimed) is ({filled_slots}, {pending_slots}, "
        "{claimed_slots}), its assignments are ({filled}, {pending}, {claimed})",
        _RECOUNT,
    ),
    Check(
        "people of dead shifts",
        "SELECT count(*) FROM crew_shift WHERE deleted_at IS NOT NULL OR status = 'cancelled'",
        f"""
        SELECT a.id, a.status, s.id AS shift FROM crew_assignment a JOIN crew_shift s ON s.id = a.shift_id
        JOIN crew_section c ON c.id = s.section_id
        WHERE (s.deleted_at IS NOT NULL OR s.status = 'cancelled') AND a.status IN ('pending_approval', 'approved')
            AND {among("c.event_id")}
        """,
        "assignment {id} is {status}, its shift {shift} was cancelled or deleted",
        "Cancel the assignment; the person is told.",
    ),
    Check(
        "people on lists",
        f"SELECT count(*) FROM crew_crowdlist l WHERE max_persons IS NOT NULL AND {among('l.event_id')}",
        f"""
        SELECT l.id, l.name, l.max_persons, count(n.id) AS persons
        FROM crew_crowdlist l JOIN crew_crowdlistentry n ON n.crowd_list_id = l.id
        WHERE {among("l.event_id")} GROUP BY l.id HAVING count(n.id) > l.max_persons
        """,
        "list {id} ({name}) has {persons} people, at most {max_persons} may be on it",
        "Take somebody off the list, or make it larger.",
    ),
    Check(
        "rows of one organisation",
        f"SELECT count(*) FROM ({_OWNED}) pair WHERE {among('pair.event_id')}",
        f"SELECT * FROM ({_OWNED}) pair WHERE partner_id <> owner AND {among('pair.event_id')}",
        "{what} {id} is of partner {partner_id}, its {other} {other_id} of partner {owner}",
        _LOOK,
    ),
)
