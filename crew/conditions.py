"""On what conditions somebody may have a shift. Each refusal is a sentence that names the shift, and a code."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crew import telling
from crew.clashes import Diary, Kind
from crew.models import Assignment, Person, Section, Shift
from eventify.lib.errors import Because, Invalid
from events.models import Event

_STILL = (Event.State.DRAFT, Event.State.CLOSED, Event.State.CANCELLED)  # nobody claims shifts of such an event
# code -> what stands in the way, where it is no rule
_KINDS = {
    **dict.fromkeys(("not_open", "already", "not_approved", "blacklisted"), "state"),
    **dict.fromkeys(("no_slots", "full"), "limit"),
    "wrong_event": "role",
}
_ENDED = (Event.State.CLOSED, Event.State.CANCELLED)


class Refused(Invalid):
    """Somebody cannot have a shift (422).

    `code` is not_open, no_slots, full, overlap, rest, already, not_approved, blacklisted or wrong_event.
    """

    def __init__(self, code: str, sentence: str, field: str = "shift"):
        super().__init__(sentence, errors={field: [sentence]})
        self.code, self.kind = code, _KINDS.get(code, self.kind)


def check_person(person: Person, shift: Shift) -> None:
    """Refused unless the person is approved, not blacklisted, and of the shift's event, its festival or its parts."""
    words = {"shift": telling.spoken(shift), "person": person.name, "event": shift.section.event.name}
    if not works_at(person, shift.section):
        raise Refused("wrong_event", _("%(shift)s: %(person)s has no part in %(event)s.") % words, "person")
    if person.is_blacklisted:
        raise Refused("blacklisted", _("%(shift)s: %(person)s cannot be given shifts.") % words, "person")
    if not person.may_work:
        sentence = _("%(shift)s: %(person)s has to be approved first.") % words
        raise Refused("not_approved", sentence, "person")


def works_at(person: Person, section: Section) -> bool:
    """Whether a part in the person's event is one in the section: of its event, of its festival, or, where a section
    of the festival serves the sub-events, of one of those."""
    if person.event_id in (section.event_id, section.event.parent_id):
        return True
    return section.type == Section.Type.CROSS_EVENT and person.event.parent_id == section.event_id


def check_claimable(shift: Shift) -> None:
    """Refused unless the shift is open, of an event that takes people, and has not begun."""
    _check_event(shift, _STILL)
    sentences = {
        Shift.Status.DRAFT: _("%(shift)s is not open yet."),
        Shift.Status.CANCELLED: _("%(shift)s was cancelled."),
        Shift.Status.COMPLETED: _("%(shift)s is over."),
    }
    sentence = sentences.get(shift.status)
    if not sentence and shift.time_slot.starts_at <= timezone.now():
        sentence = _("%(shift)s has begun already.")
    if sentence:
        raise Refused("not_open", sentence % {"shift": telling.spoken(shift)})


def check_assignable(shift: Shift) -> None:
    """Refused when the shift was cancelled or is completed, or its event is over or cancelled."""
    _check_event(shift, _ENDED)
    if shift.status == Shift.Status.CANCELLED:
        raise Refused("not_open", _("%(shift)s was cancelled.") % {"shift": telling.spoken(shift)})
    if shift.status == Shift.Status.COMPLETED:
        raise Refused("not_open", _("%(shift)s is over.") % {"shift": telling.spoken(shift)})


def _check_event(shift: Shift, states: tuple) -> None:
    event = shift.section.event
    if event.state in states:
        words = {"shift": telling.spoken(shift), "event": event.name}
        raise Refused("not_open", _("%(shift)s: %(event)s does not take people now.") % words)


def check_claimable_slot(shift: Shift) -> None:
    """Refused when none of the places that people may claim is left."""
    if shift.status == Shift.Status.FULL or not shift.claimable_slots:
        sentence = _("%(shift)s: no place is left to claim.") % {"shift": telling.spoken(shift)}
        claims = {"limit": shift.slots_open_for_claiming, "claimed": shift.claimed_slots, "filled": shift.filled_slots}
        raise Refused("no_slots", Because("no_slots", sentence, **claims))


def check_slot(shift: Shift) -> None:
    """Refused when all its places are filled (those who wait for approval do not count)."""
    if shift.filled_slots >= shift.slots_total:
        words = {"shift": telling.spoken(shift), "total": shift.slots_total}
        sentence = ngettext(
            "%(shift)s: its only place is filled.", "%(shift)s: all %(total)s places are filled.", shift.slots_total
        )
        facts = {"limit": shift.slots_total, "filled": shift.filled_slots}
        raise Refused("full", Because("full", sentence % words, **facts))


def check_not_held(shift: Shift, diary: Diary, ignore: Assignment | None = None) -> None:
    """Refused when the human has this shift already."""
    if diary.place_in(shift, ignore):
        raise Refused("already", _("%(shift)s: this person has it already.") % {"shift": telling.spoken(shift)})


def check_time(shift: Shift, diary: Diary, ignore: Assignment | None = None) -> None:
    """Refused when the shift is at the same time as another of the human's, or too close to it."""
    for kind, other in diary.clashes_with(shift, ignore):
        words = {"shift": telling.spoken(shift), "other": telling.spoken(other.shift)}
        if kind == Kind.OVERLAP:
            sentence = _("%(shift)s is at the same time as %(other)s.") % words
            raise Refused("overlap", Because("overlap", sentence, other=words["other"]))
        words["hours"] = f"{diary.rest_between(shift, other.shift).total_seconds() / 3600:g}"
        sentence = _("%(shift)s is too close to %(other)s: there have to be %(hours)s hours of rest between them.")
        raise Refused("rest", Because("rest", sentence % words, hours=words["hours"], other=words["other"]))
