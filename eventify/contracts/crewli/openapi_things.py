"""What things of contract 004 look like on the wire, as shapes.py and planning_shapes.py write them."""

from crew.models import Assignment, Company, CrowdList, IdentityMatch, Person, Section, Shift, SystemType, UserTag
from eventify.contracts.kinds import (
    CLOCK,
    COUNT,
    DAY,
    EMAIL,
    LINK,
    MOMENT,
    NUMBER,
    TEXT,
    TRUE_OR_FALSE,
    ULID,
    WHOLE,
    example,
    many,
    maybe,
    thing,
    words,
)
from events.models import Event
from partners.models import Member

STATUS = words(*Event.State.values)
COLOR = {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$", "examples": ["#16a34a"]}
_PHONE = maybe(example("+31201234567"))

# --- Organisations and their events -------------------------------------------------------------------

USER = thing("User", id=ULID, name=example("Mara Manager"), email=EMAIL)
ORGANISATION = thing(
    "Organisation", id=ULID, name=example("Green Hill"), slug=example("green-hill"), contact_email=maybe(EMAIL),
    phone=_PHONE, website=maybe(LINK), created_at=MOMENT,
)  # fmt: skip
MEMBER = USER.with_("Member", role=words(*Member.Role.values), created_at=MOMENT)
INVITATION = thing(
    "Invitation", id=ULID, email=EMAIL, role=words(*Member.Role.values), expires_at=MOMENT, created_at=MOMENT
)
JOINED = thing("Joined", member=MEMBER, organisation=ORGANISATION)
EVENT = thing(
    "Event", id=ULID, organisation_id=ULID, parent_event_id=maybe(ULID), name=example("Hill Fest"),
    slug=example("hill-fest"), event_type=words(*Event.Kind.values), sub_event_label=maybe(example("Day")),
    status=STATUS, allowed_transitions=many(STATUS), start_date=maybe(DAY), end_date=maybe(DAY),
    timezone=example("Europe/Amsterdam"), created_at=MOMENT,
)  # fmt: skip
LISTED_EVENT = EVENT.with_("ListedEvent", ["children"], children=many(EVENT))
EVENT_DETAIL = EVENT.with_(
    "EventDetail", children=many(EVENT), parent=maybe(EVENT), minimum_rest_minutes=example(480, COUNT)
)

# --- Settings -----------------------------------------------------------------------------------------

CROWD_TYPE = thing(
    "CrowdType", id=ULID, name=example("Volunteers"), system_type=words(*SystemType.values), color=COLOR,
    icon=maybe(example("star")), is_active=TRUE_OR_FALSE, created_at=MOMENT,
)  # fmt: skip
COMPANY = thing(
    "Company", id=ULID, name=example("Sound Ltd"), type=words(*Company.Type.values),
    contact_name=maybe(example("Ann Lee")), contact_email=maybe(EMAIL), contact_phone=_PHONE, created_at=MOMENT,
)  # fmt: skip
PERSON_TAG = thing(
    "PersonTag", id=ULID, name=example("First aid"), category=maybe(example("Safety")), icon=maybe(example("plus")),
    color=COLOR, is_active=TRUE_OR_FALSE, sort_order=COUNT, created_at=MOMENT,
)  # fmt: skip
USER_TAG = thing(
    "UserTag", id=ULID, person_tag=PERSON_TAG, source=words(*UserTag.Source.values),
    proficiency=maybe(words(*UserTag.Proficiency.values)), notes=maybe(TEXT), assigned_by=maybe(USER),
    assigned_at=MOMENT, created_at=MOMENT,
)  # fmt: skip

# --- The plan -----------------------------------------------------------------------------------------

SECTION = thing(
    "Section", id=ULID, event_id=ULID, name=example("Main gate"), category=maybe(example("Entrance")),
    type=words(*Section.Type.values), sort_order=COUNT, crew_need=maybe(COUNT), is_gate=TRUE_OR_FALSE,
    created_at=MOMENT,
)  # fmt: skip
TIME_SLOT = thing(
    "TimeSlot", id=ULID, event_id=ULID, event_name=example("Hill Fest"), source=maybe(words("festival", "sub_event")),
    name=example("Evening"), person_type=words(*SystemType.values), date=DAY, start_time=CLOCK, end_time=CLOCK,
    duration_hours=example(4.5, NUMBER), created_at=MOMENT,
)  # fmt: skip
SHIFT = thing(
    "Shift", id=ULID, section_id=ULID, time_slot_id=ULID, location_id=maybe(ULID), title=maybe(example("Scanning")),
    description=maybe(TEXT), instructions=maybe(TEXT), slots_total=COUNT, slots_open_for_claiming=COUNT,
    claimable_slots=COUNT, report_time=maybe(CLOCK), status=words(*Shift.Status.values), filled_slots=COUNT,
    fill_rate=example(0.5, NUMBER), is_lead_role=TRUE_OR_FALSE, allow_overlap=TRUE_OR_FALSE, created_at=MOMENT,
)  # fmt: skip
ASSIGNMENT = thing(
    "Assignment", id=ULID, shift_id=ULID, person_id=ULID, status=words(*Assignment.Status.values),
    assigned_by=maybe(ULID), cancelled_by=maybe(ULID),
    cancellation_source=maybe(words(*Assignment.CancelledBy.values)), reason=maybe(TEXT), created_at=MOMENT,
)  # fmt: skip
LOCATION = thing(
    "Location", id=ULID, event_id=ULID, name=example("Gate South"), address=maybe(TEXT),
    latitude=maybe(example(52.370216, NUMBER)), longitude=maybe(example(4.895168, NUMBER)), instructions=maybe(TEXT),
    created_at=MOMENT,
)  # fmt: skip

# --- People and lists ---------------------------------------------------------------------------------

WAITING = thing(
    "WaitingMatch", match_id=ULID, matched_user=USER, matched_on=example("email"), confidence=example("exact")
)
PERSON = thing(
    "Person", id=ULID, event_id=ULID, crowd_type_id=ULID, company_id=maybe(ULID), user_id=maybe(ULID),
    name=example("Vera Volunteer"), email=maybe(EMAIL), phone=_PHONE, status=words(*Person.Status.values),
    is_blacklisted=TRUE_OR_FALSE, notes=maybe(TEXT), tags=many(PERSON_TAG), pending_identity_match=maybe(WAITING),
    created_at=MOMENT,
)  # fmt: skip
MATCH = WAITING.with_(
    "Match", id=ULID, status=words(*IdentityMatch.Status.values), created_at=MOMENT,
    person=thing(
        "MatchedPerson", id=ULID, event_id=ULID, event_name=example("Hill Fest"), user_id=maybe(ULID),
        name=example("Vera Volunteer"), email=maybe(EMAIL),
    ),
)  # fmt: skip
CONFIRMED = thing(
    "BulkResult", confirmed=COUNT, errors=many(thing("MatchError", match_id=ULID, error=TEXT)),
)  # fmt: skip
CROWD_LIST = thing(
    "CrowdList", id=ULID, event_id=ULID, crowd_type_id=ULID, name=example("Guests of the band"),
    type=words(*CrowdList.Type.values), recipient_company_id=maybe(ULID), auto_approve=TRUE_OR_FALSE,
    max_persons=maybe(WHOLE), is_full=TRUE_OR_FALSE, created_at=MOMENT, persons_count=COUNT,
)  # fmt: skip
LISTED_PERSON = PERSON.with_(
    "ListedPerson", crowd_list_pivot=thing("CrowdListPivot", added_at=MOMENT, added_by_user_id=maybe(ULID))
)
