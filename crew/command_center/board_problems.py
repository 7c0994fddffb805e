"""The clashes of an event, each with the acts that put it right."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import F, Q
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crew import assignments, clashes, plans, shifts
from crew.command_center.base import OfEvent, managed_events
from crew.command_center.board_forms import LookForm
from crew.command_center.board_shift import address_of, label_of, named, spoken_slot
from crew.models import Assignment, Section, Shift
from eventify.lib.desk.lists import EmptyState
from eventify.lib.desk.pages import Page
from eventify.lib.errors import Invalid

SHOWN = 50  # clashes on the page; the first ones are put right first
ELSEWHERE = 6  # shifts that somebody could be moved to
S = Shift.Status


@dataclass
class Side:
    """One of the two shifts, and the free ones of its section to which the person could be moved."""

    assignment: Assignment
    spoken: str
    url: str
    is_mine: bool  # of an event that the user plans
    elsewhere: list[tuple[Shift, str]] = field(default_factory=list)


@dataclass
class Problem:
    """A clash as a planner reads it."""

    clash: clashes.Clash
    sentence: str
    sides: list[Side]


class Clashes(OfEvent, Page):
    """`desk-crew-clashes`, of a `?day=` or of all days to come.

    POST takes `act` and `assignment`: remove takes the person out of that shift; move takes them to `shift`; allow lets
    that shift be held beside others from now on.
    """

    tab, title, asks = "desk-crew-board", gettext_lazy("Clashes"), "move_assignment"
    chosen: Assignment | None = None
    lead = gettext_lazy("People who are in two places at a time, or who rest too little between two shifts.")
    template_name = "command_center/crew/board_clashes.html"

    def get_crumbs(self):
        return [*super().get_crumbs(), self.to_board()]

    def post(self, request, *args, **kwargs):
        acts = {"remove": self.remove, "move": self.move, "allow": self.allow}
        act = acts.get(request.POST.get("act", ""))
        if act is None:
            raise Invalid(_("Choose what to do."))
        self.chosen = self._assignment()
        messages.success(request, act(self.chosen))
        return redirect(self.next_url(self.at("desk-crew-clashes")))

    @property
    def about(self):
        """The question is about who is moved; none is about the plan's rule."""
        return self.chosen if self.request.POST.get("act") != "allow" else None

    @property
    def says(self) -> str:
        is_move = self.request.POST.get("act") == "move"
        return urlencode({"shift": self.request.POST.get("shift", "")}) if is_move else ""

    def remove(self, assignment: Assignment) -> str:
        assignments.cancel(assignment, by=self.request.user, reason=_("It clashed with another shift."))
        return _("%(person)s no longer has the shift.") % {"person": assignment.person.name}

    def move(self, assignment: Assignment) -> str:
        mine = Shift.objects.live().filter(section__event__in=managed_events(self.request.user).values("pk"))
        joined = mine.select_related("section__event__partner", "time_slot__event")
        assignments.move(assignment, named(joined, self.request.POST.get("shift", "")), by=self.request.user)
        return _("%(person)s is moved.") % {"person": assignment.person.name}

    def allow(self, assignment: Assignment) -> str:
        shifts.change(assignment.shift, allow_overlap=True, by=self.request.user)
        return _("%(shift)s may be held beside other shifts now.") % {"shift": spoken_slot(assignment.shift)}

    def _assignment(self) -> Assignment:
        mine = Assignment.objects.filter(shift__section__event__in=managed_events(self.request.user).values("pk"))
        joined = mine.select_related(
            "person__event__partner", "shift__section__event__partner", "shift__time_slot__event", "shift__location"
        )
        return named(joined, self.request.POST.get("assignment", ""))

    # --- What is shown ---

    def get_context_data(self, **context) -> dict:
        look = LookForm(self.request.GET, event=self.event)
        look.is_valid()
        day = look.cleaned_data.get("day")
        found = self._found(day)
        text = _("Nobody is in two places at a time, and everybody rests enough.")
        return super().get_context_data(
            day=day,
            warnings=look.sentences,
            problems=self._problems(found[:SHOWN]),
            count=len(found),
            more=max(0, len(found) - SHOWN),
            empty=EmptyState(_("No clashes"), text),
            **context,
        )

    def _found(self, day: date | None) -> list[clashes.Clash]:
        """Those of the day, else those that are to come."""
        found, now = clashes.of_event(self.event, day), timezone.now()
        return found if day else [one for one in found if one.second.shift.time_slot.ends_at > now]

    def _problems(self, found: list[clashes.Clash]) -> list[Problem]:
        free, mine = self._free(found), self._mine(found)
        events = [one.shift.section.event for clash in found for one in (clash.first, clash.second)]
        rests = plans.plans_for(events)
        return [self._problem(clash, free, mine, rests) for clash in found]

    def _problem(self, clash: clashes.Clash, free: dict, mine: set, rests: dict) -> Problem:
        first, second = clash.first, clash.second
        rest = max(rests[one.shift.section.event_id].minimum_rest_minutes for one in (first, second))
        sides = [self._side(one, other, rest, free, mine) for one, other in ((first, second), (second, first))]
        return Problem(clash, _sentence(clash, rest), sides)

    def _side(self, one: Assignment, other: Assignment, rest: int, free: dict, mine: set) -> Side:
        is_mine = one.shift.section.event_id in mine
        near = timedelta(minutes=rest)
        fitting = [
            shift
            for shift in free.get(one.shift.section_id, ())
            if is_mine
            and shift.pk not in (one.shift_id, other.shift_id)
            and shift.time_slot.date == one.shift.time_slot.date
            and (
                shift.time_slot.starts_at >= other.shift.time_slot.ends_at + near
                or shift.time_slot.ends_at <= other.shift.time_slot.starts_at - near
            )
        ]
        fitting.sort(key=lambda shift: abs(shift.time_slot.starts_at - one.shift.time_slot.starts_at))
        elsewhere = [(shift, label_of(shift)) for shift in fitting[:ELSEWHERE]]
        return Side(one, spoken_slot(one.shift), address_of(one.shift), is_mine, elsewhere)

    def _free(self, found: list[clashes.Clash]) -> dict[int, list[Shift]]:
        """Section -> its shifts of those days that still want people. One query."""
        both = [one.shift for clash in found for one in (clash.first, clash.second)]
        wants = Q(slots_total__gt=F("filled_slots")) & ~Q(status__in=(S.CANCELLED, S.COMPLETED))
        rows = Shift.objects.live().filter(
            wants,
            section__in={shift.section_id for shift in both},
            time_slot__date__in={shift.time_slot.date for shift in both},
        )
        free: dict[int, list[Shift]] = {}
        for shift in rows.select_related("section", "time_slot").order_by("time_slot__starts_at", "pk"):
            free.setdefault(shift.section_id, []).append(shift)
        return free

    def _mine(self, found: list[clashes.Clash]) -> set[int]:
        """The events of these shifts that the user plans. One query."""
        events = {one.shift.section.event_id for clash in found for one in (clash.first, clash.second)}
        sections = Section.objects.filter(event__in=managed_events(self.request.user).values("pk"), event_id__in=events)
        return set(sections.order_by().values_list("event", flat=True).distinct())


def _sentence(clash: clashes.Clash, rest: int) -> str:
    first, second = clash.first.shift.time_slot, clash.second.shift.time_slot
    if clash.kind == clashes.Kind.OVERLAP:
        both = min(first.ends_at, second.ends_at) - max(first.starts_at, second.starts_at)
        return _("Two shifts at the same time, for %(time)s.") % {"time": _hours(both.total_seconds() / 60)}
    pause = max(first.starts_at, second.starts_at) - min(first.ends_at, second.ends_at)
    words = {"time": _hours(pause.total_seconds() / 60), "rest": _hours(rest)}
    return _("%(time)s between two shifts; the rules ask %(rest)s of rest.") % words


def _hours(minutes: float) -> str:
    """`1:30 h`."""
    return _("%(hours)s:%(minutes)02d h") % {"hours": int(minutes) // 60, "minutes": int(minutes) % 60}
