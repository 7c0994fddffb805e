"""The plan of an event, its people and lists as this contract writes them. Ids are ULIDs; empty texts are null."""

from crew.models import (
    Assignment,
    CrowdList,
    IdentityMatch,
    Location,
    Person,
    Section,
    Shift,
    TimeSlot,
)
from eventify.contracts.crewli import shapes
from eventify.contracts.crewli.conventions import clock, day, text, ulid
from eventify.lib.ids import to_ulid
from eventify.lib.wire import moment
from events.models import Event

_WITH_PARTS = (Event.Kind.FESTIVAL, Event.Kind.SERIES)


# --- The plan -----------------------------------------------------------------------------------------


def section(row: Section) -> dict:
    """A part of the terrain or of the work. Reads the event."""
    return {
        "id": ulid(row),
        "event_id": ulid(row.event),
        "name": row.name,
        "category": text(row.category),
        "type": row.type,
        "sort_order": row.sort_order,
        "crew_need": row.crew_need,
        "is_gate": row.is_gate,
        "created_at": moment(row.created_at),
    }


def time_slot(row: TimeSlot) -> dict:
    """A stretch of a day, local to its event. Reads the event."""
    return {
        "id": ulid(row),
        "event_id": ulid(row.event),
        "event_name": row.event.name,
        "source": _source(row.event),
        "name": row.name,
        "person_type": row.person_type,
        "date": day(row.date),
        "start_time": clock(row.start_time),
        "end_time": clock(row.end_time),
        "duration_hours": row.duration_hours,
        "created_at": moment(row.created_at),
    }


def _source(event: Event) -> str | None:
    """Whose time slot it is; null for an event that neither is a festival (or series) nor part of one."""
    if event.parent_id:
        return "sub_event"
    return "festival" if event.kind in _WITH_PARTS else None


def shift(row: Shift) -> dict:
    """Work in a section during a time slot. Reads section, slot and location."""
    return {
        "id": ulid(row),
        "section_id": ulid(row.section),
        "time_slot_id": ulid(row.time_slot),
        "location_id": ulid(row.location),
        "title": text(row.title),
        "description": text(row.description),
        "instructions": text(row.instructions),
        "slots_total": row.slots_total,
        "slots_open_for_claiming": row.slots_open_for_claiming,
        "claimable_slots": row.claimable_slots,
        "report_time": clock(row.report_time),
        "status": row.status,
        "filled_slots": row.filled_slots,
        "fill_rate": row.fill_rate,
        "is_lead_role": row.is_lead_role,
        "allow_overlap": row.allow_overlap,
        "created_at": moment(row.created_at),
    }


def assignment(row: Assignment) -> dict:
    """Who has which shift. Reads shift, person, and the accounts that acted."""
    return {
        "id": ulid(row),
        "shift_id": ulid(row.shift),
        "person_id": ulid(row.person),
        "status": row.status,
        "assigned_by": ulid(row.assigned_by),
        "cancelled_by": ulid(row.cancelled_by),
        "cancellation_source": text(row.cancellation_source),
        "reason": text(row.reason),
        "created_at": moment(row.created_at),
    }


def location(row: Location) -> dict:
    """A place on the terrain; degrees are numbers. Reads the event."""
    return {
        "id": ulid(row),
        "event_id": ulid(row.event),
        "name": row.name,
        "address": text(row.address),
        "latitude": _degrees(row.latitude),
        "longitude": _degrees(row.longitude),
        "instructions": text(row.instructions),
        "created_at": moment(row.created_at),
    }


def _degrees(value) -> float | None:
    return None if value is None else float(value)


# --- People -------------------------------------------------------------------------------------------


def person(row: Person) -> dict:
    """Somebody's part in an event, as crew/persons.py lists them."""
    return {
        "id": ulid(row),
        "event_id": ulid(row.event),
        "crowd_type_id": ulid(row.crowd_type),
        "company_id": ulid(row.company),
        "user_id": ulid(row.user),
        "name": row.name,
        "email": text(row.email),
        "phone": text(row.phone),
        "status": row.status,
        "is_blacklisted": row.is_blacklisted,
        "notes": text(row.notes),
        "tags": [shapes.person_tag(tag) for tag in row.tags_here],
        "pending_identity_match": row.waiting_match and pending_match(row.waiting_match),
        "created_at": moment(row.created_at),
    }


def pending_match(row: IdentityMatch) -> dict:
    """The account that a person may be, inside the person. Reads the user."""
    return {
        "match_id": ulid(row),
        "matched_user": shapes.user(row.user),
        "matched_on": row.matched_on,
        "confidence": row.confidence,
    }


def match(row: IdentityMatch) -> dict:
    """That a person may be the same human as an account. Reads the user, the person and the person's event."""
    return {
        "id": ulid(row),
        **pending_match(row),
        "status": row.status,
        "person": {
            "id": ulid(row.person),
            "event_id": ulid(row.person.event),
            "event_name": row.person.event.name,
            "user_id": ulid(row.person.user),
            "name": row.person.name,
            "email": text(row.person.email),
        },
        "created_at": moment(row.created_at),
    }


# --- Lists of people ----------------------------------------------------------------------------------


def crowd_list(row: CrowdList) -> dict:
    """A list of people, as crew/crowd_lists.py lists them. Reads event, crowd type and company."""
    return {
        "id": ulid(row),
        "event_id": ulid(row.event),
        "crowd_type_id": ulid(row.crowd_type),
        "name": row.name,
        "type": row.type,
        "recipient_company_id": ulid(row.recipient_company),
        "auto_approve": row.auto_approve,
        "max_persons": row.max_persons,
        "is_full": row.is_full,
        "created_at": moment(row.created_at),
        "persons_count": row.persons_count,
    }


def listed_person(row: Person) -> dict:
    """A person on a list, with when they came onto it and by whom (`added_at`, `added_by_uid`)."""
    pivot = {"added_at": moment(row.added_at), "added_by_user_id": row.added_by_uid and to_ulid(row.added_by_uid)}
    return {**person(row), "crowd_list_pivot": pivot}
