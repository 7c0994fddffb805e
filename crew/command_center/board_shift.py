"""A shift: who has it, who waits for it, who could take it; and what is done to the people in it, from here or by the
board. A refusal is said beside it, with "assign anyway" where a planner may insist.
"""

from dataclasses import dataclass, field

from django import forms
from django.contrib import messages
from django.db.models import F, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import explaining
from crew import assignments, candidates, clashes
from crew.command_center import board as board_page
from crew.command_center.base import OfRow
from crew.command_center.board_forms import WantedForm
from crew.command_center.fields import OfUid
from crew.command_center.persons_cells import SYSTEM_WORDS
from crew.models import Assignment, Person, Shift
from eventify.lib.dates import date_format
from eventify.lib.desk import say
from eventify.lib.desk.pages import Action, DetailPage, is_htmx
from eventify.lib.desk.words import INFORMATION, NEGATIVE, PLAIN, POSITIVE, Word
from eventify.lib.errors import DomainError, Invalid, Missing

SHIFT_WORDS = {
    Shift.Status.DRAFT.value: Word(gettext_lazy("Draft"), PLAIN),
    Shift.Status.OPEN.value: Word(gettext_lazy("Open"), INFORMATION),
    Shift.Status.FULL.value: Word(gettext_lazy("Full"), POSITIVE),
    Shift.Status.COMPLETED.value: Word(gettext_lazy("Completed"), PLAIN),
    Shift.Status.CANCELLED.value: Word(gettext_lazy("Cancelled"), NEGATIVE),
}
ORIGIN_WORDS = {
    Assignment.Origin.ASSIGNED.value: gettext_lazy("Assigned"),
    Assignment.Origin.CLAIMED.value: gettext_lazy("Claimed"),
    Assignment.Origin.SWAPPED.value: gettext_lazy("Swapped"),
}
# the code of a refusal -> what a planner may insist on
ANYWAY = {"full": "overbook", "overlap": "allow_clash", "rest": "allow_clash"}
PAST = 20  # people who are no longer in it, that are shown
ELSEWHERE = 60  # shifts to choose from
FRAGMENTS = {"people": "board_shift_panel.html", "candidates": "board_candidates.html"}
A = Assignment.Status


@dataclass
class Done:
    """What an act has done: whom and which shifts it touched, and how it is taken back (the values of a form)."""

    sentence: str
    person: Person
    shifts: list[Shift] = field(default_factory=list)
    undo: list[tuple] = field(default_factory=list)
    undo_url: str = ""


class ShiftPage(OfRow, DetailPage):
    """`desk-crew-shift`. POST takes `act`: assign (`person`), approve, reject or cancel (`assignment`), move (an
    `assignment` of another shift comes here) or send (one of this shift goes `to` another).
    """

    rows, path, tab = Shift.objects.live(), "section__event", "desk-crew-shifts"
    template_name = "command_center/crew/shift.html"

    def visible(self):
        return super().visible().select_related("time_slot__event", "location")

    def get_title(self):
        return self.object.title or _("Shift")

    def get(self, request, *args, **kwargs):
        target = request.headers.get("HX-Target", "")
        if is_htmx(request) and target in FRAGMENTS:
            self.template_name = f"command_center/crew/{FRAGMENTS[target]}"
        return self.render()

    # --- What is done here ---

    def post(self, request, *args, **kwargs):
        acts = {
            "assign": self.assign, "approve": self.approve, "reject": self.reject, "cancel": self.cancel,
            "move": self.move, "send": self.send,
        }  # fmt: skip
        act = acts.get(request.POST.get("act", ""))
        if act is None:
            raise Invalid(_("Choose what to do."))
        return self._answer(act())

    def assign(self) -> Done:
        assignment = assignments.assign(self.object, self._person(), by=self.request.user, **self._insisted())
        return self._given(assignment, _("%(person)s has the shift now."))

    def approve(self) -> Done:
        assignment = assignments.approve(self._assignment(), by=self.request.user, **self._insisted())
        return self._given(assignment, _("Approved: %(person)s has the shift now."))

    def reject(self) -> Done:
        assignment = assignments.reject(self._assignment(), by=self.request.user, reason=self._reason())
        return self._taken(assignment, _("Rejected: %(person)s is told."))

    def cancel(self) -> Done:
        assignment = assignments.cancel(self._assignment(), by=self.request.user, reason=self._reason())
        done = self._taken(assignment, _("%(person)s no longer has the shift."))
        done.undo = [("act", "assign"), ("person", assignment.person.uid), ("overbook", "1"), ("allow_clash", "1")]
        return done

    def move(self) -> Done:
        """Here, from the shift that the person has now."""
        source = self._assignment(anywhere=True)
        assignment = assignments.move(source, self.object, by=self.request.user, **self._insisted())
        done = self._given(assignment, _("%(person)s is moved here."))
        done.shifts.append(source.shift)
        back = [("act", "move"), ("assignment", assignment.uid), ("overbook", "1"), ("allow_clash", "1")]
        done.undo, done.undo_url = back, address_of(source.shift)
        return done

    def send(self) -> Done:
        """From here to another shift of the organisation."""
        others = Shift.objects.live().filter(section__event__partner=self.event.partner_id)
        joined = others.select_related("section__event__partner", "time_slot__event")
        target = named(joined, self.request.POST.get("to", ""))
        assignment = assignments.move(self._assignment(), target, by=self.request.user, **self._insisted())
        words = {"person": assignment.person.name, "shift": spoken_slot(target)}
        return Done(_("%(person)s is moved to %(shift)s.") % words, assignment.person, [self.object, target])

    def _given(self, assignment: Assignment, sentence: str) -> Done:
        undo = [("act", "cancel"), ("assignment", assignment.uid)]
        return Done(sentence % {"person": assignment.person.name}, assignment.person, [self.object], undo)

    def _taken(self, assignment: Assignment, sentence: str) -> Done:
        return Done(sentence % {"person": assignment.person.name}, assignment.person, [self.object])

    def _insisted(self) -> dict:
        return {name: self.request.POST.get(name) == "1" for name in ("overbook", "allow_clash")}

    def _reason(self) -> str:
        return self.request.POST.get("reason", "")

    def _person(self) -> Person:
        mine = Person.objects.filter(event__partner=self.event.partner_id)
        return named(mine.select_related("event__partner", "crowd_type"), self.request.POST.get("person", ""))

    def _assignment(self, anywhere: bool = False) -> Assignment:
        mine = Assignment.objects.filter(shift__section__event__partner=self.event.partner_id)
        mine = mine if anywhere else mine.filter(shift=self.object)
        joined = mine.select_related("person__event__partner", "shift__section__event__partner", "shift__time_slot")
        return named(joined, self.request.POST.get("assignment", ""))

    def _answer(self, done: Done) -> HttpResponse:
        if board_page.is_from_board(self.request):
            note = {
                "tone": "positive", "sentence": done.sentence, "at": self.object.uid, "again": done.undo,
                "url": done.undo_url or address_of(self.object), "label": _("Undo"),
            }  # fmt: skip
            return HttpResponse(board_page.changes(self.request, [done.person], done.shifts, **note))
        messages.success(self.request, done.sentence)
        return redirect(self.next_url(address_of(self.object)))

    def refused(self, refusal: DomainError) -> HttpResponse:
        if self.request.method != "POST" or self.object is None:
            return super().refused(refusal)
        sentence, again = str(refusal.message), self._anyway(refusal)
        why = "" if refusal.status == 404 else self._question()
        if board_page.is_from_board(self.request):
            note = {
                "tone": "negative", "sentence": sentence, "at": self.object.uid, "again": again,
                "url": address_of(self.object), "label": _("Assign anyway"), "why": why,
            }  # fmt: skip
            return HttpResponse(board_page.changes(self.request, [], [self.object], **note), status=refusal.status)
        return self.render(status=refusal.status, refusal_here=sentence, again=again, why_url=why)

    def _question(self) -> str:
        """Why not? what was pressed; empty for what is no act."""
        act, assignment = self.request.POST.get("act", ""), self.request.POST.get("assignment", "")
        questions = {
            "assign": ("assign_shift", self.object.uid, {"person": self.request.POST.get("person", "")}),
            "approve": ("approve_claim", assignment, {}),
            "reject": ("reject_claim", assignment, {}),
            "cancel": ("move_assignment", assignment, {}),
            "move": ("move_assignment", assignment, {"shift": self.object.uid}),
            "send": ("move_assignment", assignment, {"shift": self.request.POST.get("to", "")}),
        }
        if act not in questions:
            return ""
        asks, about, said = questions[act]
        return explaining.link(asks, about, **said)

    def _anyway(self, refusal: DomainError) -> list[tuple]:
        """The form that insists on the same; empty where nobody may."""
        flag = ANYWAY.get(refusal.code)
        if flag is None:
            return []
        kept = ("act", "person", "assignment", "to", "overbook", "allow_clash")
        sent = [(name, self.request.POST[name]) for name in kept if name != flag and name in self.request.POST]
        return [*sent, (flag, "1")]

    # --- What is shown ---

    def shown_actions(self) -> list[Action]:
        at = [self.object.uid]
        pages = (
            ("desk-crew-shift-edit", _("Edit"), "secondary"),
            ("desk-crew-shift-copy", _("Copy to other slots"), "secondary"),
            ("desk-crew-shift-delete", _("Delete"), "danger"),
        )
        return [Action(label, reverse(page, args=at), style=style) for page, label, style in pages]

    def get_context_data(self, **context) -> dict:
        shift = self.object
        shift.refresh_from_db(fields=["status", "filled_slots", "pending_slots", "claimed_slots", "slots_total"])
        held = self._held()
        self._mark_clashes(held)
        form = WantedForm(self.request.GET, event=self.event)
        return super().get_context_data(
            shift=shift,
            shift_url=address_of(shift),
            lead=spoken_slot(shift),
            facts=self.facts(),
            waiting=[one for one in held if one.status == A.PENDING],
            held=[one for one in held if one.status in (A.APPROVED, A.COMPLETED)],
            past=self._past(),
            wanted=form,
            found=candidates.for_shift(shift, form.wanted()),
            elsewhere=self._elsewhere() if held else [],
            is_full=shift.filled_slots >= shift.slots_total,
            is_live=shift.status not in (Shift.Status.CANCELLED, Shift.Status.COMPLETED),
            board_url=board_page.board_url(self.event, shift.time_slot.date),
            **context,
        )

    def facts(self) -> list[tuple]:
        shift, slot = self.object, self.object.time_slot
        return [
            (_("Status"), say.pill(shift.status, SHIFT_WORDS)),
            (_("Section"), shift.section.name),
            (_("Time slot"), slot.name),
            (_("For"), SYSTEM_WORDS[slot.person_type]),
            (_("Be there at"), f"{shift.report_time:%H:%M}" if shift.report_time else None),
            (_("Where to report"), shift.location and shift.location.name),
            (_("Places that people may claim themselves"), shift.slots_open_for_claiming),
            (_("Leads the section"), _("Yes") if shift.is_lead_role else _("No")),
            (_("May be held beside another shift"), _("Yes") if shift.allow_overlap else _("No")),
        ]

    def _elsewhere(self) -> list[tuple[Shift, str]]:
        """The shifts of the event that still want people that day, to which somebody could be moved."""
        wants = Q(slots_total__gt=F("filled_slots")) & ~Q(status__in=(Shift.Status.CANCELLED, Shift.Status.COMPLETED))
        rows = Shift.objects.live().filter(wants, time_slot__date=self.object.time_slot.date, section__event=self.event)
        joined = rows.exclude(pk=self.object.pk).select_related("section", "time_slot")
        in_order = joined.order_by("section__sort_order", "section", "time_slot__starts_at", "pk")
        return [(shift, label_of(shift)) for shift in in_order[:ELSEWHERE]]

    def _held(self) -> list[Assignment]:
        rows = self.object.assignments.filter(status__in=Assignment.ALIVE)
        return list(rows.select_related("person__crowd_type", "person__event").order_by("person__name", "pk"))

    def _past(self) -> list[Assignment]:
        rows = self.object.assignments.exclude(status__in=Assignment.ALIVE)
        return list(rows.select_related("person").order_by("-updated_at", "pk")[:PAST])

    def _mark_clashes(self, held: list[Assignment]) -> None:
        """Each gets `against`: the other shift that it clashes with, or None."""
        against = {}
        for clash in clashes.of_event(self.event, self.object.time_slot.date):
            against |= {clash.first.pk: clash.second.shift, clash.second.pk: clash.first.shift}
        for one in held:
            one.against = against.get(one.pk)


def named(rows, uid: str):
    """The row of this uid; Missing for none, or for what is no uid."""
    try:
        return OfUid(rows).clean(uid)
    except forms.ValidationError:
        raise Missing(_("It is not here any more. Somebody may have removed it just now.")) from None


def address_of(shift: Shift) -> str:
    """The shift's page."""
    return reverse("desk-crew-shift", args=[shift.uid])


def label_of(shift: Shift) -> str:
    """`Bartender, Main bar · Fri 12 Jun, 18:00–22:00 (2 free)`."""
    free = shift.slots_total - shift.filled_slots
    words = {"title": shift.title or _("Shift"), "slot": spoken_slot(shift), "free": free}
    return _("%(title)s, %(slot)s (%(free)s free)") % words


def spoken_slot(shift: Shift) -> str:
    """`Main bar · Fri 12 Jun, 18:00–22:00`."""
    slot = shift.time_slot
    words = {
        "section": shift.section.name,
        "day": date_format(slot.date, "D j M"),
        "start": f"{slot.start_time:%H:%M}",
        "end": f"{slot.end_time:%H:%M}",
    }
    return _("%(section)s · %(day)s, %(start)s–%(end)s") % words
