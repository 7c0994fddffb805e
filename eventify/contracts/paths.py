"""Whose path it is: each contract's, told by how a path begins, or a page's."""

from types import ModuleType

from eventify.contracts import api_v1
from eventify.contracts.eventify_plus import conventions as eventify_plus
from eventify.contracts.evently import conventions as evently
from eventify.contracts.evient import conventions as evient
from events.editing import RESERVED_SLUGS

# path -> the conventions of the contract that has it and all below it; the first that fits counts
_CONTRACTS = (
    ("/api/v1", api_v1),
    ("/api/user", eventify_plus),
    *((f"/api/events/{word}", eventify_plus) for word in sorted(RESERVED_SLUGS - {"featured"})),
    ("/api", evient),
    ("/auth", evently),
    ("/events", evently),
    ("/bookings", evently),
    ("/me", evently),
    ("/admin", evently),
    ("/stats", evently),
    ("/healthz", evently),
    ("/readyz", evently),
    ("/metrics", evently),
)
_FIRST_PARTS = {path.split("/")[1] for path, _contract in _CONTRACTS}
_PAGES = {"/admin", "/admin/", "/api/docs", "/api/docs/"}  # leads to the command center; shows people the documents


def is_contracts(path: str) -> bool:
    """Whether a contract answers this path, also when nothing is there; cheap, for each request asks it."""
    return path[1:].partition("/")[0] in _FIRST_PARTS and path not in _PAGES


def contract_of(path: str) -> ModuleType | None:
    """The conventions of the contract that answers this path."""
    return next((contract for start, contract in _CONTRACTS if f"{path}/".startswith(f"{start}/")), None)
