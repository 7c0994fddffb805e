"""The lifecycle of an event: one table of transitions, and the verbs that walk it."""

from collections import deque

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from eventify.lib.desk.words import within
from eventify.lib.errors import Because, DomainError
from events import locking
from events.models import Event
from events.signals import event_changed, prerequisites

S = Event.State
# state -> the states that it may go to (contracts' DECISIONS: event states)
TRANSITIONS = {
    S.DRAFT: (S.PUBLISHED, S.CANCELLED),
    S.PUBLISHED: (S.REGISTRATION_OPEN, S.BUILDUP, S.SHOWDAY, S.DRAFT, S.CANCELLED),
    S.REGISTRATION_OPEN: (S.BUILDUP, S.PUBLISHED, S.CANCELLED),
    S.BUILDUP: (S.SHOWDAY, S.REGISTRATION_OPEN, S.CANCELLED),
    S.SHOWDAY: (S.TEARDOWN, S.CANCELLED),
    S.TEARDOWN: (S.CLOSED,),
    S.CLOSED: (),
    S.CANCELLED: (S.DRAFT,),
}
ON_SALE = (S.PUBLISHED, S.REGISTRATION_OPEN, S.BUILDUP, S.SHOWDAY)
PUBLIC = tuple(state for state in S if state != S.DRAFT)
# The states that a festival takes its sub-events along to (004).
CASCADING = (S.SHOWDAY, S.TEARDOWN, S.CLOSED)
_WAY = (S.DRAFT, S.PUBLISHED, S.REGISTRATION_OPEN, S.BUILDUP, S.SHOWDAY, S.TEARDOWN, S.CLOSED)


class InvalidTransition(DomainError):
    """The state machine has no such step, or something that it needs is missing (422). Nothing has changed."""

    status = 422
    code = "invalid_transition"
    kind = "state"

    def __init__(self, event: Event, wanted: str, sentences: list[str]):
        super().__init__(
            sentences[0],
            current_status=event.state,
            requested_status=wanted,
            allowed_transitions=[str(state) for state in TRANSITIONS[S(event.state)]],
        )
        self.errors = {"status": sentences}


@transaction.atomic
def transition(event: Event, to: str, *, by: User | None, reason: str = "") -> Event:
    """Take one step. InvalidTransition when there is no such step or a prerequisite is missing.

    A festival that goes to one of CASCADING takes the sub-events along that are not so far yet. Locks the event and,
    for a cascade, its sub-events.
    """
    event, behind = _lock_with_children(event, to)
    if to not in TRANSITIONS[S(event.state)]:
        sentence = _("An event cannot go from %(a)s to %(b)s.") % {"a": within(event.state), "b": within(to)}
        raise InvalidTransition(event, to, [Because("no_such_step", sentence, state=str(event.state))])
    missing = missing_for(event, to)
    if any(child.state == S.DRAFT for child in behind) and not event.partner.may_trade:
        missing.append(_suspended())  # the step would publish it
    if missing:
        raise InvalidTransition(event, to, missing)
    for one in (event, *behind):
        _set(one, to, by=by, reason=reason)
    return event


def _lock_with_children(event: Event, to: str) -> tuple[Event, list[Event]]:
    """(the event, the sub-events that the step takes along), locked in the one order."""
    children = Event.objects.filter(parent=event.pk).values_list("pk", flat=True) if to in CASCADING else ()
    rows = locking.lock([event.pk, *children])
    event = rows.pop(event.pk)
    if event.kind != Event.Kind.FESTIVAL or to not in CASCADING:
        return event, []
    return event, [child for child in rows.values() if child.state in _WAY[: _WAY.index(S(to))]]


def _set(event: Event, to: str, *, by: User | None, reason: str) -> None:
    before, event.state = event.state, to
    event.cancelled_reason = reason if to == S.CANCELLED else ""
    event.save(update_fields=["state", "cancelled_reason", "updated_at"])
    audit.record("CHANGED_EVENT_STATE", event, by=by, before=before, after=to, reason=reason)
    transaction.on_commit(lambda: event_changed.send(Event, event=event), robust=True)


def missing_for(event: Event, to: str) -> list[str]:
    """What the event lacks for this state, as sentences."""
    asked = prerequisites.send(Event, event=event, to=to)
    missing = [sentence for _receiver, sentences in asked for sentence in sentences or ()]
    if to != S.PUBLISHED:
        return missing
    if not (event.name and event.starts_at and event.ends_at):
        missing.append(Because("event_incomplete", _("To be published an event needs a name, a start and an end.")))
    if not event.partner.may_trade:
        missing.append(_suspended())
    return missing


def _suspended() -> str:
    return Because("partner_suspended", _("The organisation is suspended and cannot publish events."))


def advance(event: Event, to: str, *, by: User | None, reason: str = "") -> Event:
    """Walk the shortest way to a state (001 and 002 know fewer states than there are).

    InvalidTransition when there is no way, or a step on it is refused; then nothing has changed.
    """
    with transaction.atomic():
        event = locking.lock_one(event)
        way = path(event.state, to)
        if way is None:
            words = {"a": within(event.state), "b": within(to)}
            sentence = _("An event that is %(a)s cannot become %(b)s.") % words
            raise InvalidTransition(event, to, [Because("no_such_step", sentence, state=str(event.state))])
        for state in way:
            event = transition(event, state, by=by, reason=reason)
    return event


def path(start: str, goal: str) -> list[str] | None:
    """The shortest way from `start` to `goal`; [] when already there, None when there is none.

    No way leads through a cancellation: buyers would be told of it.
    """
    ways = deque([(S(start), [])])
    seen = {S(start)}
    while ways:
        state, way = ways.popleft()
        if state == goal:
            return way
        if state == S.CANCELLED and way:
            continue
        for following in TRANSITIONS[state]:
            if following not in seen:
                seen.add(following)
                ways.append((following, [*way, following]))
    return None
