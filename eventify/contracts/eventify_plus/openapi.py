"""What contract 003 reads and answers, for its OpenAPI document. Beside this all is read from CONTRACT.md."""

from accounts.models import User
from eventify.contracts.described import Contract, Conventions
from eventify.contracts.eventify_plus import conventions, profile, urls
from eventify.contracts.eventify_plus.body import MONTHS
from eventify.contracts.kinds import (
    COUNT,
    DAY,
    EMAIL,
    LINK,
    SENTENCES,
    TEXT,
    TRUE_OR_FALSE,
    WHOLE,
    Thing,
    example,
    many,
    maybe,
    op,
    thing,
    words,
)

ID = {"type": "integer", "minimum": 1, "examples": [10]}
TIME = {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$", "examples": ["18:30:00"]}
DEGREES = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["28.6304"]}
TOKEN = {"type": "string", "pattern": "^[0-9a-f]{40}$", "examples": ["e990781c511f601d3419319e12a984c2331e3cd7"]}
SUCCESS = words("success")

_ERROR = thing("Error", status={"const": "error", "examples": ["error"]}, message=TEXT)
_FIELDS = thing("FieldErrors", errors=SENTENCES)
_DEAD = thing("InvalidToken", status={"const": "invalid_token", "examples": ["invalid_token"]})
CONVENTIONS = Conventions(
    envelope=lambda operation: operation.answer,
    errors=lambda status: {"anyOf": {400: [_ERROR, _FIELDS], 401: [_DEAD, _ERROR, _FIELDS]}.get(status, [_ERROR])},
    id=WHOLE,
    refusal=400,
)

# --- What is asked ------------------------------------------------------------------------------------

_GIVEN = {"type": "string", "minLength": 1, "pattern": r"\S"}
_USERNAME = example("asha", _GIVEN)
_DEGREES_ASKED = {"type": ["string", "number", "null"], "examples": ["28.6304"]}
_WHOLE_ASKED = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]{1,100}$"}], "examples": [10]}
_MONTH_NAMES = [month.capitalize() for month in MONTHS]
_CREDENTIALS = {"token": {"type": "string", "minLength": 1, **TOKEN}, "username": _USERNAME}


def _text(name: str, most: int | None = None) -> dict:
    return {"type": ["string", "null"], "maxLength": most or User._meta.get_field(name).max_length, "examples": [name]}


REGISTRATION = thing(
    "Registration", [*profile.NAMES, *profile.PLACE, *profile.COORDINATES],
    email=example("asha@example.com", _GIVEN), phone_number=example("98765 43210", _GIVEN),
    password=example("a long one, please", _GIVEN), username=_text("username"),
    **{name: _text(name, profile.NAME_MAX) for name in ("first_name", "last_name")},
    **{name: _text(name) for name in profile.PLACE}, **dict.fromkeys(profile.COORDINATES, _DEGREES_ASKED),
)  # fmt: skip
CREDENTIALS = thing(
    "Credentials", ["otp"], username=_USERNAME, password=example("a long one, please", _GIVEN),
    otp={"type": ["string", "null"], "maxLength": profile.OTP_MAX, "examples": ["123456"]},
)  # fmt: skip


def _with_token(name: str, optional=(), /, **more) -> Thing:
    return thing(name, optional, **_CREDENTIALS, **more)


DEVICE = _with_token("Device")
OF_PINCODE = _with_token(
    "OfPincode", ["pincode"], pincode={"type": ["string", "null"], "examples": ["110001"]}
)  # fmt: skip
OF_EVENT = _with_token("OfEvent", event_id=_WHOLE_ASKED)
OF_CATEGORY = _with_token("OfCategory", category_id=_WHOLE_ASKED)
OF_MONTH = _with_token(
    "OfMonth", month={"type": "string", "enum": [*_MONTH_NAMES, *(name[:3] for name in _MONTH_NAMES if len(name) > 3)],
                      "examples": ["August"]},
    year={"anyOf": [{"type": "integer", "minimum": 1, "maximum": 9999}, _WHOLE_ASKED["anyOf"][1]], "examples": [2026]},
)  # fmt: skip
OF_DAY = _with_token("OfDay", date_of_event=DAY)

# --- What is answered ---------------------------------------------------------------------------------

TOKEN_MADE = thing("TokenMade", message=example("User registered successfully"), token=TOKEN)
ACCOUNT = TOKEN_MADE.with_(
    "Account", username=example("asha"), email=EMAIL, phone_number=example("+919876543210"), first_name=example("Asha"),
    last_name=TEXT, role=words("user", "staff", "admin"), **dict.fromkeys(profile.PLACE, TEXT),
    **dict.fromkeys(profile.COORDINATES, maybe(DEGREES)),
)  # fmt: skip
STATUS = thing("LoggedIn", status=words("logged_in"), username=example("asha"), email=EMAIL)
LOGGED_OUT = thing("LoggedOut", status=words("logged_out"), message=example("Logout successful"))
TYPES = thing(
    "EventTypes", status=SUCCESS,
    event_types=many(thing("EventType", id=ID, event_type=example("Music"), event_type_icon=maybe(LINK))),
)  # fmt: skip
EVENT = thing(
    "Event", id=ID, name=example("PyDelhi Conference"), description=TEXT, start_date=DAY, end_date=DAY,
    start_time=TIME, end_time=TIME, latitude=maybe(DEGREES), longitude=maybe(DEGREES), pincode=example("110001"),
    district=TEXT, state=example("Delhi"), place=example("New Delhi"), is_bookable=TRUE_OR_FALSE,
    is_eventify_event=TRUE_OR_FALSE, outside_event_url=example("NA"), event_type=maybe(ID),
    event_status=words("pending", "completed", "cancelled"), cancelled_reason=example("NA"), title=TEXT,
    important_information=TEXT, venue_name=TEXT,
)  # fmt: skip
LISTED = EVENT.with_("ListedEvent", thumb_img=LINK)
DATED = LISTED.with_("DatedEvent", created_date=DAY)
SHORT = thing(
    "ShortEvent", id=ID, name=TEXT, description=TEXT, start_date=DAY, end_date=DAY, event_type=maybe(ID),
    event_image=LINK,
)  # fmt: skip
DETAILS = EVENT.with_("EventDetails", status=SUCCESS, images=many(thing("Image", is_primary=TRUE_OR_FALSE, image=LINK)))
MONTH = thing(
    "Month", status=SUCCESS, dates=many(DAY), total_number_of_events=COUNT,
    date_events=many(thing("DayOfEvents", date_of_event=DAY, events_of_date=WHOLE)),
)  # fmt: skip


def _events(name: str, of: Thing) -> Thing:
    return thing(name, status=SUCCESS, events=many(of))


CONTRACT = Contract(
    name="eventify_plus",
    title="Eventify Plus",
    urls=urls.urlpatterns,
    conventions=CONVENTIONS,
    handler=conventions.on_error,
    plain_error=conventions.plain_error,
    operations={
        "POST /api/user/register": op("Make an account", TOKEN_MADE, body=REGISTRATION, status=201),
        "POST /api/user/login": op("Log in", ACCOUNT, body=CREDENTIALS),
        "POST /api/user/status": op("Ask whose token it is", STATUS, body=DEVICE),
        "POST /api/user/logout": op("Log out", LOGGED_OUT, body=DEVICE),
        "POST /api/events/type-list": op("List kinds of events", TYPES, body=DEVICE),
        "POST /api/events/pincode-events": op("List events by pincode", _events("Events", LISTED), body=OF_PINCODE),
        "POST /api/events/event-details": op("Read an event", DETAILS, body=OF_EVENT),
        "POST /api/events/event-images": op(
            "List the images of an event", thing("Images", status=SUCCESS, images=many(LINK)), body=OF_EVENT
        ),
        "POST /api/events/events-by-category": op(
            "List events of a kind", _events("EventsOfCategory", SHORT), body=OF_CATEGORY
        ),
        "POST /api/events/events-by-month-year": op("Count the events of a month", MONTH, body=OF_MONTH),
        "POST /api/events/events-by-date": op("List the events of a day", _events("EventsOfDay", DATED), body=OF_DAY),
    },
)
