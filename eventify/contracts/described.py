"""What a contract declares for its document, and what the conventions of each wire put around data and refusals."""

from collections.abc import Callable
from dataclasses import dataclass, field

from eventify.contracts import api_v1
from eventify.contracts.kinds import (
    COUNT,
    SENTENCES,
    TEXT,
    UID,
    ULID_OR_UUID,
    WHOLE,
    Operation,
    bare,
    example,
    many,
    thing,
)


@dataclass(frozen=True)
class Conventions:
    """How a wire looks. `envelope` makes of an operation the schema of its success, `errors` are those of refusals."""

    envelope: Callable[[Operation], object]
    errors: Callable[[int], object]  # of a status
    id: dict
    page_size: tuple[str, int, int] | None = None  # parameter, default, most
    refusal: int = 422  # the status of fields that will not do


@dataclass(frozen=True)
class Contract:
    """One published API. `operations` tells by "METHOD /path" what the code does not; `ids` whose paths have other ids.

    `handler` answers exceptions, `plain_error` makes the refusals that no view made.
    """

    name: str
    title: str
    urls: list
    conventions: Conventions
    handler: Callable
    plain_error: Callable
    operations: dict[str, Operation]
    ids: dict[str, dict] = field(default_factory=dict)  # beginning of a path -> kind of its first id

    @property
    def camel(self) -> str:
        """Its name as a part of others."""
        return "".join(word.capitalize() for word in self.name.split("_"))


# --- Contracts 000 and 004 ----------------------------------------------------------------------------

_META = thing("PageMeta", current_page=example(1, WHOLE), per_page=example(25, WHOLE), total=COUNT, last_page=WHOLE)
_ERROR = thing("Error", message=TEXT, errors=SENTENCES, code=example("invalid"))


def _v1_envelope(operation: Operation):
    if operation.paged:
        return bare(data=many(operation.answer), meta=_META)
    return bare(data=operation.answer, **(operation.beside.fields if operation.beside else {}))


V1_ERROR = {"open": _ERROR}  # with more beside: the steps that are allowed, who is left out, how long to wait
PREFIX_V1 = Conventions(
    envelope=_v1_envelope,
    errors=lambda status: V1_ERROR,
    id=UID,
    page_size=("per_page", api_v1.PER_PAGE, api_v1.PER_PAGE_MOST),
)
CREWLI = Conventions(_v1_envelope, PREFIX_V1.errors, ULID_OR_UUID, PREFIX_V1.page_size)
