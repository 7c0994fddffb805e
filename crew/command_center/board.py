"""The planner's board: a festival's day at a glance, and the people who are free to be given its shifts."""

from datetime import date
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from crew import board, candidates, clashes, swaps
from crew.command_center.base import OfEvent, managed_events
from crew.command_center.board_forms import NARROWED, LookForm, WantedForm
from crew.command_center.fields import OfUid
from crew.locking import humans
from crew.models import Assignment, Person, Shift
from eventify.lib.dates import date_format
from eventify.lib.desk.lists import EmptyState
from eventify.lib.desk.pages import Action, Page, is_htmx
from events.models import Event


class Board(OfEvent, Page):
    """`desk-crew-board`."""

    template_name = "command_center/crew/board.html"
    has_days = False

    def get_title(self):
        return self.event.name

    def shown_actions(self) -> list[Action]:
        return [Action(_("New shift"), self.at("desk-crew-shift-new"))] if self.has_days else []

    def get_context_data(self, **context) -> dict:
        look = LookForm(self.request.GET, event=self.event)
        look.is_valid()
        chosen = look.cleaned_data
        days = board.days_of(self.event)
        self.has_days = bool(days)
        totals = self._totals(days, chosen.get("day"), look)
        shown = totals and board.of_day(
            self.event, totals, part=chosen.get("part"), only=chosen.get("only") or "", section=chosen.get("section")
        )
        return super().get_context_data(
            title_pills=[self.event.state],
            warnings=look.sentences,
            board=shown,
            strip=totals and Strip(self.event, days, totals, shown.clashes),
            look=chosen,
            narrowed=NARROWED,
            parts=self._parts(),
            shift_path=shift_path(),
            empty=None if totals else self._empty(),
            steps=None if totals else self._steps(),
            **context,
        )

    def _totals(self, days: list[board.Totals], wanted: date | None, look: LookForm) -> board.Totals | None:
        """The day to show: the one that is asked for, if the event has it."""
        by_day = {totals.day: totals for totals in days}
        if wanted and wanted not in by_day:
            look.add_error("day", _("Nothing is planned on this day. Here is another one."))
        opened = board.day_to_open(by_day, self.event)
        return by_day.get(wanted) or by_day.get(opened)

    def _parts(self) -> list[Event]:
        """The festival and its sub-events; nothing to choose where there are none."""
        children = list(Event.objects.filter(parent=self.event.pk).order_by("starts_at", "pk"))
        return [self.event, *children] if children else []

    def _empty(self) -> EmptyState:
        step = Action(_("Add a time slot"), self.at("desk-crew-slot-new"))
        text = _("A plan needs time slots, sections, and shifts in them. Begin with the time slots of the first day.")
        return EmptyState(_("Nothing is planned yet"), text, step)

    def _steps(self) -> list[tuple]:
        """What makes a plan, with the way there."""
        return [
            (_("Time slots"), _("the stretches of the day"), self.at("desk-crew-slots")),
            (_("Sections"), _("the parts of the terrain and of the work"), self.at("desk-crew-sections")),
            (_("Shifts"), _("how many people, where and when"), self.at("desk-crew-shift-new")),
        ]


class Strip:
    """The days of the event, and the totals of one of them; a part of the board that is drawn again after an act."""

    def __init__(self, event: Event, days: list[board.Totals], totals: board.Totals, found: int):
        self.event, self.days, self.totals, self.clashes = event, days, totals, found
        self.swaps = swaps.of_event(event).count()  # of all days: they wait for a planner, and are few

    @classmethod
    def of(cls, event: Event, day: date) -> "Strip | None":
        """Read afresh; None when the event has no such day. Seven queries."""
        days = board.days_of(event)
        totals = next((one for one in days if one.day == day), None)
        return totals and cls(event, days, totals, len(clashes.of_event(event, day)))

    @property
    def url(self) -> str:
        return board_url(self.event)

    @property
    def day(self) -> str:
        return self.totals.day.isoformat()

    @property
    def tenths(self) -> int:
        """How full the day is: 0 only when empty, 10 only when full."""
        totals = self.totals
        if not totals.filled:
            return 0
        return 10 if totals.filled >= totals.places else max(1, totals.filled * 94 // (totals.places * 10))

    @property
    def share(self) -> int:
        """How much of the places is filled, in percent."""
        return self.totals.filled * 100 // self.totals.places if self.totals.places else 0


# --- The people beside it -----------------------------------------------------------------------------


class Free(OfEvent, Page):
    """`desk-crew-free`: who may work on a day (`?day=`), those with the fewest shifts first; a part of the board."""

    tab, title = "desk-crew-board", gettext_lazy("People for the day")
    template_name = "command_center/crew/board_free.html"

    def get_context_data(self, **context) -> dict:
        look = LookForm(self.request.GET, event=self.event)
        look.is_valid()
        days = [totals.day for totals in board.days_of(self.event)]
        day = look.cleaned_data.get("day") or board.day_to_open(days, self.event)
        form = WantedForm(self.request.GET, event=self.event)
        found = candidates.on_day(self.event, day, form.wanted()) if day else None
        return super().get_context_data(
            day=day,
            warnings=look.sentences,
            wanted=form,
            found=found,
            lead=day and date_format(day, "l j F Y"),
            back=self.board_url(day),
            **context,
        )

    def get(self, request, *args, **kwargs):
        if is_htmx(request):
            self.template_name = "command_center/crew/board_free_part.html"
        return self.render()

    def board_url(self, day: date | None) -> str:
        return self.at("desk-crew-board") + (f"?day={day}" if day else "")


# --- What an act changes on it ------------------------------------------------------------------------


def is_from_board(request: HttpRequest) -> bool:
    """Whether the board's own script asks: it takes the parts of the page that changed."""
    return request.headers.get("X-Board") == "1"


def changes(request: HttpRequest, persons: list[Person], shifts: list[Shift], **note) -> str:
    """The parts of the board that an act about these persons and shifts may have changed, and what is said of it."""
    event, day = _looked_at(request.user, request.POST)
    found = clashes.of_event(event, day) if event else []
    ids = {shift.pk for shift in shifts} | set(_shifts_of(persons))
    rows = Shift.objects.live().filter(pk__in=ids, time_slot__date=day) if day else Shift.objects.none()
    cards = board.cards_of(rows.select_related("section", "time_slot").order_by("pk"), found)
    strip = Strip.of(event, day) if event else None
    context = {"cards": cards, "strip": strip, "event": event, "note": note}
    template = "command_center/crew/board_changes.html"
    return render_to_string(template, {**context, "shift_path": shift_path(), "is_change": True}, request)


def _looked_at(user: User, sent) -> tuple[Event | None, date | None]:
    """The event and the day whose board is on the screen."""
    form = LookForm({"day": sent.get("day", "")}, event=Event())
    named = OfUid(managed_events(user), required=False)
    try:
        event = named.clean(sent.get("board", ""))
    except forms.ValidationError:
        event = None
    day = form.cleaned_data.get("day") if form.is_valid() else None
    return (event, day) if event and day else (None, None)


def _shifts_of(persons: list[Person]):
    """The ids of the shifts that these humans have: other cards of theirs may clash now, or no longer."""
    for person in persons:
        alive = Assignment.objects.filter(person__in=humans(person), status__in=Assignment.ALIVE)
        yield from alive.values_list("shift", flat=True)


def shift_path() -> str:
    """What stands before the uid in the address of a shift's page: a board has a thousand of them."""
    nobody = UUID(int=0)
    return reverse("desk-crew-shift", args=[nobody]).removesuffix(f"{nobody}/")


def board_url(event: Event, day: date | None = None) -> str:
    """The board of an event on a day."""
    return reverse("desk-crew-board", args=[event.uid]) + (f"?day={day}" if day else "")
