"""The plan of an event: sections, slots, shifts, persons, matches, lists, locations."""

from eventify.contracts.crewli import (
    assignments,
    crowd_lists,
    locations,
    matches,
    persons,
    sections,
    shifts,
    time_slots,
)
from eventify.lib.routes import route

_ORG = "api/v1/organisations/<org>"
_EVENT = "api/v1/events/<event>"
_SHIFTS = f"{_EVENT}/sections/<section>/shifts"
_SHIFT = f"{_SHIFTS}/<shift>"
_MATCHES = f"{_ORG}/identity-matches"
_LISTS = f"{_EVENT}/crowd-lists"


def _decisions(prefix: str) -> list:
    """What becomes of an assignment, at the event's address and at its shift's."""
    path = f"{prefix}/shift-assignments/<assignment>"
    return [
        route(f"{path}/approve", assignments.Approve.as_view()),
        route(f"{path}/reject", assignments.Reject.as_view()),
        route(f"{path}/cancel", assignments.Cancel.as_view()),
    ]


urlpatterns = [
    route(f"{_EVENT}/sections", sections.Sections.as_view()),
    route(f"{_EVENT}/sections/reorder", sections.Reorder.as_view()),
    route(f"{_EVENT}/sections/<section>", sections.SectionDetail.as_view()),
    route(f"{_EVENT}/time-slots", time_slots.TimeSlots.as_view()),
    route(f"{_EVENT}/time-slots/<slot>", time_slots.TimeSlotDetail.as_view()),
    route(_SHIFTS, shifts.Shifts.as_view()),
    route(_SHIFT, shifts.ShiftDetail.as_view()),
    route(f"{_SHIFT}/assign", assignments.Assign.as_view()),
    route(f"{_SHIFT}/claim", assignments.Claims.as_view()),
    route(f"{_EVENT}/shift-assignments", assignments.ShiftAssignments.as_view()),
    *_decisions(_EVENT),
    *_decisions(_SHIFT),
    route(f"{_EVENT}/persons", persons.Persons.as_view()),
    route(f"{_EVENT}/persons/<person>", persons.PersonDetail.as_view()),
    route(f"{_EVENT}/persons/<person>/approve", persons.Approve.as_view()),
    route(_MATCHES, matches.Matches.as_view()),
    route(f"{_MATCHES}/bulk-confirm", matches.BulkConfirm.as_view()),
    route(f"{_MATCHES}/<match>/confirm", matches.Confirm.as_view()),
    route(f"{_MATCHES}/<match>/dismiss", matches.Dismiss.as_view()),
    route(f"{_ORG}/persons/<person>/identity-match", matches.OfPerson.as_view()),
    route(_LISTS, crowd_lists.CrowdLists.as_view()),
    route(f"{_LISTS}/<crowd_list>", crowd_lists.CrowdListDetail.as_view()),
    route(f"{_LISTS}/<crowd_list>/persons", crowd_lists.Listed.as_view()),
    route(f"{_LISTS}/<crowd_list>/persons/<person>", crowd_lists.ListedDetail.as_view()),
    route(f"{_EVENT}/locations", locations.Locations.as_view()),
    route(f"{_EVENT}/locations/<location>", locations.LocationDetail.as_view()),
]
