"""The words in which a contract's `openapi.py` tells what its answers look like: JSON Schema, with an example each."""

from dataclasses import dataclass, field

TEXT = {"type": "string", "examples": ["text"]}
WHOLE = {"type": "integer", "examples": [3]}
COUNT = {"type": "integer", "minimum": 0, "examples": [3]}
NUMBER = {"type": "number", "examples": [499.5]}
TRUE_OR_FALSE = {"type": "boolean", "examples": [True]}
ANYTHING: dict = {"examples": [{"name": "Blue Hall"}]}
NOTHING = {"type": "null", "examples": [None]}
UID = {"type": "string", "format": "uuid", "examples": ["01a1fba0-441f-7090-9f64-b7d596a35e5a"]}
ULID = {"type": "string", "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$", "examples": ["01M7Y2MYMMFZ0R6NVG1R25C34W"]}
MOMENT = {"type": "string", "format": "date-time", "examples": ["2027-06-01T12:30:00Z"]}
DAY = {"type": "string", "format": "date", "examples": ["2027-06-01"]}
SENTENCES = {"type": "object", "additionalProperties": {"type": "array", "items": TEXT},
             "examples": [{"name": ["This field is required."]}]}  # fmt: skip
ULID_OR_UUID = {
    "type": "string",
    "pattern": "^([0-7][0-9A-Za-z]{25}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$",
    "examples": ["01M7Y2MYMMFZ0R6NVG1R25C34W"],
}
CLOCK = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["18:30"]}
CURRENCY = {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["INR"]}
EMAIL = {"type": "string", "examples": ["ann@bluehall.example"]}
LINK = {"type": "string", "examples": ["https://bluehall.example/"]}


@dataclass(frozen=True)
class Thing:
    """An object that has a name in the documents. Every field is there, but those of `optional`."""

    name: str
    fields: dict
    optional: frozenset[str] = frozenset()

    def __hash__(self):
        return hash(self.name)

    def with_(self, name: str, optional=(), /, **more) -> "Thing":
        """The same with more fields, under its own name."""
        return Thing(name, {**self.fields, **more}, self.optional | set(optional))


def thing(name: str, optional=(), /, **fields) -> Thing:
    """An object with these fields."""
    return Thing(name, fields, frozenset(optional))


@dataclass(frozen=True)
class Maybe:
    """This, or null."""

    of: dict | Thing


def bare(**fields) -> dict:
    """An object without a name of its own, such as an envelope."""
    return {"type": "object", "properties": fields, "required": list(fields)}


def maybe(of: dict | Thing) -> Maybe:
    """This, or null."""
    return Maybe(of)


def words(*choices: str) -> dict:
    """One of these words."""
    return {"type": "string", "enum": [str(word) for word in choices], "examples": [str(choices[0])]}


def many(of: dict | Thing | Maybe) -> dict:
    """An array of these."""
    return {"type": "array", "items": of}


def example(text, kind: dict = TEXT) -> dict:
    """The kind, with an example of its own."""
    return {**kind, "examples": [text]}


@dataclass(frozen=True)
class Body:
    """What a request carries: a serializer (`partial`: some of its fields; `nullable`: null leaves one) or a thing."""

    of: type | Thing
    partial: bool = False
    nullable: bool = False
    media_type: str = "application/json"


@dataclass(frozen=True)
class Operation:
    """What the code of a view does not tell about one of its methods; beside it everything is read from the code.

    `answer` is what stands in the contract's envelope, `paged` whether it is a page of such. `query` are the classes
    that judge the query (filters, serializers), `also` more statuses with what they answer (or None: an error body).
    """

    summary: str
    answer: dict | Thing | Maybe | None = None
    body: Body | type | Thing | None = None
    query: tuple = ()
    status: int = 200
    paged: bool = False
    per_page: int | None = None
    key: str = ""  # Idempotency-Key: "", "optional" or "required"
    also: dict = field(default_factory=dict)
    beside: Thing | None = None  # what stands beside the data in the envelope
    token: str = ""  # "optional": a public route that looks at a token
    media_type: str = "application/json"


def op(summary: str, answer=None, *query, **options) -> Operation:
    """One operation; `query` are the classes that judge its query."""
    return Operation(summary, answer, query=query, **options)


def page(summary: str, of, *query, **options) -> Operation:
    """An operation that answers a page of such things."""
    return Operation(summary, of, query=query, paged=True, **options)


def made(summary: str, answer, body=None, **options) -> Operation:
    """An operation that makes something (201)."""
    return Operation(summary, answer, body=body, **{"status": 201, **options})


def some(body: type, **options) -> Body:
    """Some of a serializer's fields."""
    return Body(body, partial=True, **options)
