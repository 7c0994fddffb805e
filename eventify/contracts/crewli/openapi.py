"""What contract 004 answers, for its OpenAPI document. Beside this all is read from the code and from CONTRACT.md."""

from eventify.contracts import api_v1
from eventify.contracts.crewli import (
    assignments,
    companies,
    crowd_lists,
    crowd_types,
    events,
    locations,
    matches,
    organisations,
    persons,
    sections,
    shifts,
    tags,
    time_slots,
    urls,
)
from eventify.contracts.crewli import openapi_things as things
from eventify.contracts.described import CREWLI, Contract
from eventify.contracts.kinds import NOTHING, Operation, example, made, many, maybe, op, page, some

_O = "/api/v1/organisations/{org}"
_OE = f"{_O}/events/{{event}}"
_U = f"{_O}/users/{{user}}/tags"
_E = "/api/v1/events/{event}"
_S = f"{_E}/sections/{{section}}"
_SH = f"{_S}/shifts/{{shift}}"
_M = f"{_O}/identity-matches"
_L = f"{_E}/crowd-lists/{{crowd_list}}"
_TEXTS = many(example("Entrance"))


def _settings(path: str, one: str, name: str, of, body: type) -> dict[str, Operation]:
    """The four operations of a thing that is listed, made, changed and deleted; `one` is the parameter of its id."""
    return {
        f"GET {path}": page(f"List {name}s", of),
        f"POST {path}": made(f"Make a {name}", of, body),
        f"PUT {path}/{{{one}}}": op(f"Change a {name}", of, body=some(body)),
        f"DELETE {path}/{{{one}}}": op(f"Delete a {name}", NOTHING),
    }


def _decisions(prefix: str, below: str = "") -> dict[str, Operation]:
    """What becomes of an assignment, at the event's address and at its shift's."""
    path = f"POST {prefix}/shift-assignments/{{assignment}}"
    return {
        f"{path}/approve": op(f"Approve a claim{below}", things.ASSIGNMENT, body=assignments.Approval),
        f"{path}/reject": op(f"Reject a claim{below}", things.ASSIGNMENT, body=assignments.Reason),
        f"{path}/cancel": op(f"Cancel an assignment{below}", things.ASSIGNMENT, body=assignments.Reason),
    }


OF_ORGANISATION = {
    "GET /api/v1/organisations": page("List organisations", things.ORGANISATION),
    "POST /api/v1/organisations": made("Make an organisation", things.ORGANISATION, organisations.OrganisationBody),
    f"GET {_O}": op("Read an organisation", things.ORGANISATION),
    f"PUT {_O}": op("Change an organisation", things.ORGANISATION, body=some(organisations.OrganisationBody)),
    f"GET {_O}/members": page("List members", things.MEMBER),
    f"POST {_O}/invite": made("Invite a member", things.INVITATION, organisations.InvitationBody),
    "POST /api/v1/invitations/{token}/accept": op(
        "Accept an invitation", things.JOINED, body=organisations.Acceptance, token="optional"
    ),
    f"GET {_O}/events": page("List events", things.LISTED_EVENT, events.EventFilters),
    f"POST {_O}/events": made("Make an event", things.EVENT_DETAIL, events.EventBody),
    f"GET {_OE}": op("Read an event", things.EVENT_DETAIL),
    f"PUT {_OE}": op("Change an event", things.EVENT_DETAIL, body=some(events.EventBody)),
    f"POST {_OE}/transition": op("Take an event to another status", things.EVENT_DETAIL, body=events.Step),
    f"GET {_OE}/children": page("List sub-events", things.EVENT),
    **_settings(f"{_O}/crowd-types", "crowd_type", "crowd type", things.CROWD_TYPE, crowd_types.CrowdTypeBody),
    **_settings(f"{_O}/companies", "company", "company", things.COMPANY, companies.CompanyBody),
    f"GET {_O}/companies": page("List companies", things.COMPANY),
    f"GET {_O}/section-categories": op("List categories of sections", _TEXTS),
    **_settings(f"{_O}/person-tags", "tag", "person tag", things.PERSON_TAG, tags.PersonTagBody),
    f"GET {_O}/person-tag-categories": op("List categories of tags", _TEXTS),
    f"GET {_U}": page("List somebody's tags", things.USER_TAG),
    f"POST {_U}": made("Give somebody a tag", things.USER_TAG, tags.UserTagBody),
    f"PUT {_U}/sync": op("Replace somebody's tags", many(things.USER_TAG), body=tags.SyncBody),
    f"DELETE {_U}/{{user_tag}}": op("Take a tag from somebody", NOTHING),
}
OF_PLAN = {
    **_settings(f"{_E}/sections", "section", "section", things.SECTION, sections.SectionBody),
    f"POST {_E}/sections/reorder": op("Reorder sections", many(things.SECTION), body=sections.Order),
    **_settings(f"{_E}/time-slots", "slot", "time slot", things.TIME_SLOT, time_slots.TimeSlotBody),
    f"GET {_E}/time-slots": page("List time slots", things.TIME_SLOT, time_slots.TimeSlotFilters),
    f"GET {_S}/shifts": page("List shifts", things.SHIFT),
    f"POST {_S}/shifts": made("Make a shift", things.SHIFT, shifts.NewShift),
    f"PUT {_SH}": op("Change a shift", things.SHIFT, body=shifts.ShiftChanges),
    f"DELETE {_SH}": op("Delete a shift", NOTHING),
    f"POST {_SH}/assign": made("Give a person a shift", things.ASSIGNMENT, assignments.NewAssignment),
    f"POST {_SH}/claim": made("Claim a place of a shift", things.ASSIGNMENT, assignments.Claim),
    f"GET {_E}/shift-assignments": page("List assignments", things.ASSIGNMENT, assignments.AssignmentFilters),
    **_decisions(_E),
    **_decisions(_SH, " below its shift"),
    **_settings(f"{_E}/locations", "location", "location", things.LOCATION, locations.LocationBody),
}
OF_PEOPLE = {
    **_settings(f"{_E}/persons", "person", "person", things.PERSON, persons.PersonBody),
    f"GET {_E}/persons": page("List persons", things.PERSON, persons.PersonFilters),
    f"GET {_E}/persons/{{person}}": op("Read a person", things.PERSON),
    f"POST {_E}/persons/{{person}}/approve": op("Approve a person", things.PERSON),
    f"GET {_M}": page("List matches that wait", things.MATCH),
    f"GET {_O}/persons/{{person}}/identity-match": op("Read a person's match", maybe(things.MATCH)),
    f"POST {_M}/{{match}}/confirm": op("Confirm a match", things.MATCH),
    f"POST {_M}/{{match}}/dismiss": op("Dismiss a match", things.MATCH),
    f"POST {_M}/bulk-confirm": op(
        "Confirm many matches", things.CONFIRMED, body=matches.Chosen, beside=things.CONFIRMED
    ),
    **_settings(f"{_E}/crowd-lists", "crowd_list", "crowd list", things.CROWD_LIST, crowd_lists.CrowdListBody),
    f"GET {_L}/persons": page("List the people on a list", things.LISTED_PERSON, per_page=crowd_lists.PER_PAGE),
    f"POST {_L}/persons": made("Put somebody on a list", things.LISTED_PERSON, crowd_lists.Entry),
    f"DELETE {_L}/persons/{{person}}": op("Take somebody off a list", NOTHING),
}

CONTRACT = Contract(
    name="crewli",
    title="Crewli",
    urls=urls.urlpatterns,
    conventions=CREWLI,
    handler=api_v1.exception_handler,
    plain_error=api_v1.plain_error,
    ids={"/api/v1/invitations/": example("a-token-of-a-mail")},
    operations={**OF_ORGANISATION, **OF_PLAN, **OF_PEOPLE},
)
