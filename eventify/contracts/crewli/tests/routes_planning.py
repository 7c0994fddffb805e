"""Who may call the routes of an event's plan (tests/test_routes.py)."""

from eventify.contracts.crewli.tests.callers import IN_EVENT, PLANS

_ORG = "organisations/<org>"
_EVENT = "events/<event>"
_SHIFTS = f"{_EVENT}/sections/<section>/shifts"
_SHIFT = f"{_SHIFTS}/<shift>"
_LIST = f"{_EVENT}/crowd-lists/<crowd_list>"
_DECISIONS = [f"{prefix}/shift-assignments/<assignment>" for prefix in (_EVENT, _SHIFT)]

TABLE = {
    f"GET {_EVENT}/sections": IN_EVENT,
    f"POST {_EVENT}/sections": PLANS,
    f"POST {_EVENT}/sections/reorder": PLANS,
    f"PUT {_EVENT}/sections/<section>": PLANS,
    f"DELETE {_EVENT}/sections/<section>": PLANS,
    f"GET {_EVENT}/time-slots": IN_EVENT,
    f"POST {_EVENT}/time-slots": PLANS,
    f"PUT {_EVENT}/time-slots/<slot>": PLANS,
    f"DELETE {_EVENT}/time-slots/<slot>": PLANS,
    f"GET {_SHIFTS}": IN_EVENT,
    f"POST {_SHIFTS}": PLANS,
    f"PUT {_SHIFT}": PLANS,
    f"DELETE {_SHIFT}": PLANS,
    f"POST {_SHIFT}/assign": PLANS,
    f"POST {_SHIFT}/claim": PLANS | {"person"},
    f"GET {_EVENT}/shift-assignments": IN_EVENT,
    **{f"POST {path}/{act}": PLANS for path in _DECISIONS for act in ("approve", "reject", "cancel")},
    f"GET {_EVENT}/persons": PLANS,
    f"POST {_EVENT}/persons": PLANS,
    f"GET {_EVENT}/persons/<person>": PLANS,
    f"PUT {_EVENT}/persons/<person>": PLANS,
    f"POST {_EVENT}/persons/<person>/approve": PLANS,
    f"DELETE {_EVENT}/persons/<person>": PLANS,
    f"GET {_ORG}/identity-matches": PLANS,
    f"GET {_ORG}/persons/<person>/identity-match": PLANS,
    f"POST {_ORG}/identity-matches/<match>/confirm": PLANS,
    f"POST {_ORG}/identity-matches/<match>/dismiss": PLANS,
    f"POST {_ORG}/identity-matches/bulk-confirm": PLANS,
    f"GET {_EVENT}/crowd-lists": PLANS,
    f"POST {_EVENT}/crowd-lists": PLANS,
    f"PUT {_LIST}": PLANS,
    f"DELETE {_LIST}": PLANS,
    f"GET {_LIST}/persons": PLANS,
    f"POST {_LIST}/persons": PLANS,
    f"DELETE {_LIST}/persons/<person>": PLANS,
    f"GET {_EVENT}/locations": IN_EVENT,
    f"POST {_EVENT}/locations": PLANS,
    f"PUT {_EVENT}/locations/<location>": PLANS,
    f"DELETE {_EVENT}/locations/<location>": PLANS,
}
# What people may do with what is theirs: somebody else's is not there for them (404).
THEIRS = {f"POST {path}/cancel" for path in _DECISIONS}
