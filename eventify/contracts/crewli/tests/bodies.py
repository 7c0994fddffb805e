"""What every route reads: the class of its body, and a body that is fine in a world (tests/world.py)."""

from types import SimpleNamespace

from rest_framework import serializers

from eventify.contracts.crewli import companies, crowd_types, events, organisations, tags
from eventify.contracts.crewli.conventions import Same, Ulid, Ulids
from eventify.contracts.crewli.tests import bodies_planning
from eventify.contracts.crewli.tests.conftest import ulid

_ORG = "organisations/<org>"
BODIES = {
    "POST organisations": organisations.OrganisationBody,
    f"PUT {_ORG}": organisations.OrganisationBody,
    f"POST {_ORG}/invite": organisations.InvitationBody,
    "POST invitations/<token>/accept": organisations.Acceptance,
    f"POST {_ORG}/events": events.EventBody,
    f"PUT {_ORG}/events/<event>": events.EventBody,
    f"POST {_ORG}/events/<event>/transition": events.Step,
    f"POST {_ORG}/crowd-types": crowd_types.CrowdTypeBody,
    f"PUT {_ORG}/crowd-types/<crowd_type>": crowd_types.CrowdTypeBody,
    f"POST {_ORG}/companies": companies.CompanyBody,
    f"PUT {_ORG}/companies/<company>": companies.CompanyBody,
    f"POST {_ORG}/person-tags": tags.PersonTagBody,
    f"PUT {_ORG}/person-tags/<tag>": tags.PersonTagBody,
    f"POST {_ORG}/users/<user>/tags": tags.UserTagBody,
    f"PUT {_ORG}/users/<user>/tags/sync": tags.SyncBody,
    **bodies_planning.BODIES,
}
NO_BODY = {
    f"DELETE {_ORG}/crowd-types/<crowd_type>",
    f"DELETE {_ORG}/companies/<company>",
    f"DELETE {_ORG}/person-tags/<tag>",
    f"DELETE {_ORG}/users/<user>/tags/<user_tag>",
    *bodies_planning.NO_BODY,
}
# "METHOD path" -> {parameter of the query that names rows: the attribute of the world}
QUERIES = {**bodies_planning.QUERIES}
# "METHOD path" -> {parameter: the row of the world that can be deleted, for nothing uses it}
UNUSED = {
    f"DELETE {_ORG}/crowd-types/<crowd_type>": {"crowd_type": "unused_crowd_type"},
    **bodies_planning.UNUSED,
}
# "METHOD path" -> the references that its good body leaves out, for they exclude others
OPTIONAL = {f"PUT {_ORG}/events/<event>": {"parent_event_id"}, **bodies_planning.OPTIONAL}
# Routes that answer 200 with a refusal for each id that is not good.
ERRORS_EACH = bodies_planning.ERRORS_EACH
# a reference of a body -> the attribute of the world
REFERENCES = {
    "organisation_id": "org",
    "parent_event_id": "event",
    "person_tag_id": "tag",
    "tag_ids": "tag",
    **bodies_planning.REFERENCES,
}


def good_for(name: str, world: SimpleNamespace) -> dict:
    """A body that this route takes, with every reference that it may have, to rows of this world."""
    bodies = {
        "POST organisations": lambda: {"name": "Green Hill"},
        f"PUT {_ORG}": lambda: {"phone": "+31201234567"},
        f"POST {_ORG}/invite": lambda: {"email": "somebody@example.com", "role": "volunteer"},
        "POST invitations/<token>/accept": lambda: {"name": "Nina", "password": "secret-place-7"},
        f"POST {_ORG}/events": lambda: {
            "name": "Night",
            "organisation_id": ulid(world.org),
            "parent_event_id": ulid(world.event),
        },
        f"PUT {_ORG}/events/<event>": lambda: {"name": "Night", "organisation_id": ulid(world.org)},
        f"POST {_ORG}/events/<event>/transition": lambda: {"status": "draft"},
        f"POST {_ORG}/crowd-types": lambda: {"name": "Press", "system_type": "PRESS"},
        f"PUT {_ORG}/crowd-types/<crowd_type>": lambda: {"name": "Press"},
        f"POST {_ORG}/companies": lambda: {"name": "Sound Ltd", "type": "supplier"},
        f"PUT {_ORG}/companies/<company>": lambda: {"name": "Sound Ltd"},
        f"POST {_ORG}/person-tags": lambda: {"name": "First aid"},
        f"PUT {_ORG}/person-tags/<tag>": lambda: {"name": "First aid"},
        f"POST {_ORG}/users/<user>/tags": lambda: {"person_tag_id": ulid(world.tag), "source": "self_reported"},
        f"PUT {_ORG}/users/<user>/tags/sync": lambda: {"tag_ids": [ulid(world.tag)], "source": "self_reported"},
        **bodies_planning.good(world),
    }
    return bodies[name]() if name in bodies else {}


def references(name: str) -> list[str]:
    """The fields of the route's body that name rows."""
    return [field for field, kind in _fields(name).items() if isinstance(kind, Ulid | Ulids)]


def is_list(name: str, field: str) -> bool:
    """Whether the field takes a list of ids."""
    return isinstance(_fields(name)[field], Ulids)


def names_the_path(name: str, field: str) -> bool:
    """Whether the field repeats what the address names."""
    return isinstance(_fields(name)[field], Same)


def _fields(name: str) -> dict[str, serializers.Field]:
    return BODIES[name]().fields if name in BODIES else {}
