"""Rows of an organisation as this contract writes them. Ids are ULIDs; an optional text that is empty is null."""

from accounts.models import User
from crew.models import Company, CrewPlan, CrowdType, PersonTag, UserTag
from eventify.contracts.crewli.conventions import day, text, ulid
from eventify.lib.wire import moment
from events.models import Event
from events.states import TRANSITIONS
from partners.models import Invitation, Member, Partner


def organisation(row: Partner) -> dict:
    """An organisation."""
    return {
        "id": ulid(row),
        "name": row.name,
        "slug": row.slug,
        "contact_email": text(row.contact_email),
        "phone": text(row.phone),
        "website": text(row.website),
        "created_at": moment(row.created_at),
    }


def member(row: Member) -> dict:
    """Somebody who works for an organisation; the id is the user's. Reads the user."""
    return {**user(row.user), "role": row.role, "created_at": moment(row.created_at)}


def invitation(row: Invitation) -> dict:
    """That somebody was asked to join. The token is in their mail, and nowhere else."""
    return {
        "id": ulid(row),
        "email": row.email,
        "role": row.role,
        "expires_at": moment(row.expires_at),
        "created_at": moment(row.created_at),
    }


def user(row: User | None) -> dict | None:
    """An account inside something else."""
    return row and {"id": ulid(row), "name": row.full_name, "email": row.email}


# --- Events -------------------------------------------------------------------------------------------


def event(row: Event) -> dict:
    """An event. Reads partner and parent."""
    return {
        "id": ulid(row),
        "organisation_id": ulid(row.partner),
        "parent_event_id": ulid(row.parent),
        "name": row.name,
        "slug": row.slug,
        "event_type": row.kind,
        "sub_event_label": text(row.sub_event_label),
        "status": row.state,
        "allowed_transitions": [str(state) for state in TRANSITIONS[Event.State(row.state)]],
        "start_date": day(row.local(row.starts_at)[0]),
        "end_date": day(row.local(row.ends_at)[0]),
        "timezone": row.timezone,
        "created_at": moment(row.created_at),
    }


def event_with_children(row: Event) -> dict:
    """An event with its sub-events; `shown_children` are those that the caller may see."""
    return {**event(row), "children": [event(child) for child in row.shown_children]}


def event_detail(row: Event, parent: Event | None, plan: CrewPlan) -> dict:
    """An event with its sub-events, its festival or series, and how long people rest between shifts there."""
    return {
        **event_with_children(row),
        "parent": parent and event(parent),
        "minimum_rest_minutes": plan.minimum_rest_minutes,
    }


# --- Settings -----------------------------------------------------------------------------------------


def crowd_type(row: CrowdType) -> dict:
    """A kind of people."""
    return {
        "id": ulid(row),
        "name": row.name,
        "system_type": row.system_type,
        "color": row.color,
        "icon": text(row.icon),
        "is_active": row.is_active,
        "created_at": moment(row.created_at),
    }


def company(row: Company) -> dict:
    """A business that people come with."""
    return {
        "id": ulid(row),
        "name": row.name,
        "type": row.type,
        "contact_name": text(row.contact_name),
        "contact_email": text(row.contact_email),
        "contact_phone": text(row.contact_phone),
        "created_at": moment(row.created_at),
    }


def person_tag(row: PersonTag) -> dict:
    """Something that a person can or is."""
    return {
        "id": ulid(row),
        "name": row.name,
        "category": text(row.category),
        "icon": text(row.icon),
        "color": row.color,
        "is_active": row.is_active,
        "sort_order": row.sort_order,
        "created_at": moment(row.created_at),
    }


def user_tag(row: UserTag) -> dict:
    """That an account has a tag. Reads the tag, and who gave it."""
    return {
        "id": ulid(row),
        "person_tag": person_tag(row.tag),
        "source": row.source,
        "proficiency": text(row.proficiency),
        "notes": text(row.notes),
        "assigned_by": user(row.assigned_by),
        "assigned_at": moment(row.updated_at),
        "created_at": moment(row.created_at),
    }
