"""The sections of an event, in the order in which the board shows them."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Least
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from crew import sections
from crew.command_center.base import OfEvent, OfRow, Unmoved, managed_events
from crew.command_center.board_forms import SectionForm
from crew.command_center.persons_cells import Fullness
from crew.models import Section, Shift
from eventify.lib.desk import search
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage
from eventify.lib.desk.lists import EmptyState
from eventify.lib.desk.pages import Action, FormPage, ObjectFormPage, Page
from eventify.lib.errors import DomainError, Invalid

STEPS = {"up": -1, "down": 1}


def with_counts(rows):
    """The sections with how many shifts they have, and how full these are."""
    counted = Shift.objects.live().filter(section=OuterRef("pk")).exclude(status=Shift.Status.CANCELLED)
    by_section = counted.order_by().values("section")

    def subquery(what):
        return Coalesce(Subquery(by_section.annotate(n=what).values("n")), 0)

    filled = Sum(Least("filled_slots", "slots_total"))
    return rows.annotate(
        shifts_count=subquery(Count("pk")), places=subquery(Sum(F("slots_total"))), filled=subquery(filled)
    )


class Sections(OfEvent, Page):
    """`desk-crew-sections`. POST puts them in order: all their uids as `section`, or one as `up` or `down`.

    The order is the board's. A sub-event also shows the festival's sections that serve it; they are changed there.
    """

    title = gettext_lazy("Sections")
    lead = gettext_lazy("The parts of the terrain and of the work, in the order in which the board shows them.")
    template_name = "command_center/crew/sections.html"

    def post(self, request, *args, **kwargs):
        sections.reorder(self.event, self._wanted(), by=request.user)
        if request.headers.get("X-Board") == "1":
            return self.render_rows()
        messages.success(request, _("The order is changed."))
        step = next((one for one in STEPS if one in request.POST), "")
        return redirect(self.at("desk-crew-sections") + (f"?{step}={request.POST[step]}" if step else ""))

    @property
    def moved(self) -> tuple[str, str]:
        """(up or down, the uid of the section that was just moved so): its button has the focus again."""
        asked = self.request.POST or self.request.GET
        return next(((step, asked[step]) for step in STEPS if step in asked), ("", ""))

    def render_rows(self):
        """The rows alone, for the script that let one be dragged."""
        self.template_name = "command_center/crew/sections_rows.html"
        return self.render()

    def refused(self, refusal: DomainError):
        if self.request.headers.get("X-Board") != "1":
            return super().refused(refusal)
        self.template_name = "command_center/crew/sections_rows.html"
        return self.render(status=refusal.status, refusal=str(refusal.message), is_fragment=True)

    def _wanted(self) -> list[UUID]:
        sent = self.request.POST
        if step := next((one for one in STEPS if one in sent), ""):
            return self._stepped(sent[step], STEPS[step])
        try:
            return [UUID(text) for text in sent.getlist("section")]
        except ValueError:
            raise Invalid(_("Name sections of this event, each at most once.")) from None

    def _stepped(self, text: str, step: int) -> list[UUID]:
        """The order with one section a place up or down; at the end it stays where it is."""
        uids = list(self.event.sections.values_list("uid", flat=True))
        place = next((n for n, uid in enumerate(uids) if str(uid) == text), None)
        if place is None:
            raise Invalid(_("It is not here any more. Somebody may have removed it just now."))
        to = min(max(place + step, 0), len(uids) - 1)
        uids.insert(to, uids.pop(place))
        return uids

    def shown_actions(self) -> list[Action]:
        return [Action(_("New section"), self.at("desk-crew-section-new"))]

    def get_context_data(self, **context) -> dict:
        event = self.event
        own = list(with_counts(event.sections.all()))
        shared = Section.objects.filter(event=event.parent_id, type=Section.Type.CROSS_EVENT)
        step, moved = self.moved
        sentence = ""
        for place, section in enumerate(own):
            section.fullness = Fullness(section.filled, section.places)
            if str(section.uid) == moved:
                section.focus = _focus(step, place, len(own))
                words = {"section": section.name, "place": place + 1, "count": len(own)}
                sentence = _("%(section)s is number %(place)s of %(count)s now.") % words
        first = Action(_("New section"), self.at("desk-crew-section-new"))
        return super().get_context_data(
            sections=own,
            moved=sentence,
            shared=list(with_counts(shared)) if event.parent_id else [],
            empty=EmptyState(_("No sections yet"), _("Add the first part of the terrain or of the work."), first),
            **context,
        )


def _focus(step: str, place: int, count: int) -> str:
    """Which button of a section that was moved by `step` has the focus: the same one, at an end the other."""
    if place == 0:
        return "down"
    return "up" if place == count - 1 else step


class NewSection(OfEvent, FormPage):
    """`desk-crew-section-new`."""

    tab, title, form_class = "desk-crew-sections", gettext_lazy("New section"), SectionForm
    template_name = "command_center/crew/section_form.html"
    submit = gettext_lazy("Make the section")

    def get_form(self, data=None, files=None):
        return SectionForm(data, files, event=self.event)

    def act(self, form):
        section = sections.create(self.event, by=self.request.user, **form.cleaned_data)
        return self.done(_("%(section)s is there.") % {"section": section.name}, self.at("desk-crew-sections"))


class EditSection(Unmoved, OfRow, ObjectFormPage):
    """`desk-crew-section`."""

    rows, tab, form_class = Section.objects.all(), "desk-crew-sections", SectionForm
    template_name = "command_center/crew/section_form.html"

    def get_form(self, data=None, files=None):
        return SectionForm(data, files, initial=self.get_initial(), event=self.event)

    def get_initial(self) -> dict:
        return {name: getattr(self.object, name) for name in ("name", "category", "crew_need", "is_gate", "type")}

    def shown_actions(self) -> list[Action]:
        return [Action(_("Delete"), reverse("desk-crew-section-delete", args=[self.object.uid]), style="danger")]

    def act(self, form):
        self.check_unmoved()
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        section = sections.change(self.object, by=self.request.user, **changes)
        return self.done(_("%(section)s is changed.") % {"section": section.name}, self.at("desk-crew-sections"))


class DeleteSection(OfRow, ObjectConfirmPage):
    """`desk-crew-section-delete`."""

    rows, tab, title = Section.objects.all(), "desk-crew-sections", gettext_lazy("Delete the section")
    asks = "delete_from_plan"

    def change(self, values: dict) -> dict:
        sections.delete(self.object, by=self.request.user)
        return {}

    def explain(self, facts: dict) -> Explained:
        sentence = _("%(section)s goes from the plan of %(event)s. It has no shifts.")
        words = {"section": self.object.name, "event": self.event.name}
        return Explained(sentence % words, submit=_("Delete the section"))

    def finished(self, facts: dict):
        return self.done(_("The section is deleted."), self.at("desk-crew-sections"))


@search.register("sections", gettext_lazy("Sections"), "manage_crew", scoped=True)
def find_sections(user: User, text: str):
    """Sections by name or category, those of the latest events first."""
    mine = Section.objects.filter(event__in=managed_events(user).values("pk"))
    found = mine.filter(Q(name__icontains=text) | Q(category__icontains=text)).select_related("event")
    for section in found.order_by("-event__starts_at", "sort_order", "pk")[: search.PER_KIND]:
        yield search.Hit(section.name, section.event.name, reverse("desk-crew-section", args=[section.uid]))
