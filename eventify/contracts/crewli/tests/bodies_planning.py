"""What the routes of an event's plan read (tests/bodies.py)."""

from eventify.contracts.crewli import (
    assignments,
    crowd_lists,
    locations,
    matches,
    persons,
    sections,
    shifts,
    time_slots,
)  # fmt: skip
from eventify.contracts.crewli.tests.conftest import ulid

_ORG = "organisations/<org>"
_EVENT = "events/<event>"
_SHIFT = f"{_EVENT}/sections/<section>/shifts/<shift>"
_DECISIONS = [f"{prefix}/shift-assignments/<assignment>" for prefix in (_EVENT, _SHIFT)]

BODIES = {
    f"POST {_EVENT}/sections": sections.SectionBody,
    f"PUT {_EVENT}/sections/<section>": sections.SectionBody,
    f"POST {_EVENT}/sections/reorder": sections.Order,
    f"POST {_EVENT}/time-slots": time_slots.TimeSlotBody,
    f"PUT {_EVENT}/time-slots/<slot>": time_slots.TimeSlotBody,
    f"POST {_EVENT}/sections/<section>/shifts": shifts.NewShift,
    f"PUT {_SHIFT}": shifts.ShiftChanges,
    f"POST {_SHIFT}/assign": assignments.NewAssignment,
    f"POST {_SHIFT}/claim": assignments.Claim,
    **{f"POST {path}/approve": assignments.Approval for path in _DECISIONS},
    **{f"POST {path}/{act}": assignments.Reason for path in _DECISIONS for act in ("reject", "cancel")},
    f"POST {_EVENT}/persons": persons.PersonBody,
    f"PUT {_EVENT}/persons/<person>": persons.PersonBody,
    f"POST {_ORG}/identity-matches/bulk-confirm": matches.Chosen,
    f"POST {_EVENT}/crowd-lists": crowd_lists.CrowdListBody,
    f"PUT {_EVENT}/crowd-lists/<crowd_list>": crowd_lists.CrowdListBody,
    f"POST {_EVENT}/crowd-lists/<crowd_list>/persons": crowd_lists.Entry,
    f"POST {_EVENT}/locations": locations.LocationBody,
    f"PUT {_EVENT}/locations/<location>": locations.LocationBody,
}
NO_BODY = {
    f"DELETE {_EVENT}/sections/<section>",
    f"DELETE {_EVENT}/time-slots/<slot>",
    f"DELETE {_SHIFT}",
    f"POST {_EVENT}/persons/<person>/approve",
    f"DELETE {_EVENT}/persons/<person>",
    f"POST {_ORG}/identity-matches/<match>/confirm",
    f"POST {_ORG}/identity-matches/<match>/dismiss",
    f"DELETE {_EVENT}/crowd-lists/<crowd_list>",
    f"DELETE {_EVENT}/crowd-lists/<crowd_list>/persons/<person>",
    f"DELETE {_EVENT}/locations/<location>",
}
QUERIES = {
    f"GET {_EVENT}/persons": {"tag": "tag", "tags": "tag", "crowd_type_id": "crowd_type", "company_id": "company"},
    f"GET {_EVENT}/shift-assignments": {"person_id": "claimer", "shift_id": "shift", "section_id": "section"},
}
REFERENCES = {
    "event_id": "event",
    "section_id": "section",
    "sections": "section",
    "time_slot_id": "slot",
    "location_id": "location",
    "person_id": "person",
    "crowd_type_id": "crowd_type",
    "company_id": "company",
    "recipient_company_id": "company",
    "match_ids": "match",
}
OPTIONAL = {}
UNUSED = {
    f"DELETE {_EVENT}/sections/<section>": {"section": "other_section"},
    f"DELETE {_EVENT}/time-slots/<slot>": {"slot": "other_slot"},
    f"POST {_EVENT}/persons/<person>/approve": {"person": "waiting"},
}
ERRORS_EACH = {f"POST {_ORG}/identity-matches/bulk-confirm"}


def good(world) -> dict:
    """A body that is fine, by route; as functions, so that only what is asked for is made."""
    event = {"event_id": ulid(world.event)}
    person = {**event, "name": "Pim", "crowd_type_id": ulid(world.crowd_type), "company_id": ulid(world.company)}
    guests = {**event, "name": "Guests", "type": "external", "crowd_type_id": ulid(world.crowd_type)}
    guests["recipient_company_id"] = ulid(world.company)
    shift = {name: ulid(getattr(world, name.removesuffix("_id"))) for name in ("section_id", "location_id")}
    shift["time_slot_id"] = ulid(world.slot)
    slot = {"person_type": "CREW", "date": "2030-07-01", "start_time": "18:00", "end_time": "02:00"}
    newcomer = {"person_id": ulid(world.newcomer)}
    bodies = {
        f"POST {_EVENT}/sections": {**event, "name": "Bar"},
        f"PUT {_EVENT}/sections/<section>": {**event, "name": "Bar"},
        f"POST {_EVENT}/sections/reorder": {"sections": [ulid(world.other_section), ulid(world.section)]},
        f"POST {_EVENT}/time-slots": {**event, "name": "Night", **slot},
        f"PUT {_EVENT}/time-slots/<slot>": {**event, "name": "Night"},
        f"POST {_EVENT}/sections/<section>/shifts": shift,
        f"PUT {_SHIFT}": {**shift, "title": "Bar"},
        f"POST {_SHIFT}/assign": newcomer,
        f"POST {_SHIFT}/claim": newcomer,
        f"POST {_EVENT}/persons": person,
        f"PUT {_EVENT}/persons/<person>": person,
        f"POST {_ORG}/identity-matches/bulk-confirm": {"match_ids": [ulid(world.match)]},
        f"POST {_EVENT}/crowd-lists": guests,
        f"PUT {_EVENT}/crowd-lists/<crowd_list>": guests,
        f"POST {_EVENT}/crowd-lists/<crowd_list>/persons": newcomer,
        f"POST {_EVENT}/locations": {**event, "name": "Tent"},
        f"PUT {_EVENT}/locations/<location>": {**event, "name": "Tent"},
    }
    return {name: lambda body=body: body for name, body in bodies.items()}
