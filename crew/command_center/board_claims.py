"""What waits for a planner's decision: the shifts that people claimed, and the swaps that they agreed on."""

from django import forms
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crew import assignments, board, swaps
from crew.command_center import board_acts
from crew.command_center.base import OfEvent, OfRow, managed_events
from crew.command_center.board_shift import address_of, spoken_slot
from crew.command_center.people_forms import ReasonForm
from crew.command_center.persons_cells import Fill, Fullness, person_url
from crew.command_center.shifts import SectionFilter
from crew.models import Assignment, Shift, Swap
from eventify.lib import preview
from eventify.lib.dates import date_format
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import DayFilter, Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Crumb, FormPage, ObjectActionPage
from eventify.lib.errors import Conflict, DomainError, Invalid
from events.models import Event

SWAPS = 50  # that wait, shown above the claims
NAMED = 12  # of the claims, on the page that asks


class ClaimFilters(Filters):
    """By section and day; searched by person, job and section."""

    search = ("person__name", "person__email", "shift__title", "shift__section__name")

    section = SectionFilter(field_name="shift__section")
    day = DayFilter(label=gettext_lazy("Day"), field_name="shift__time_slot__date")


def _when(shift: Shift) -> str:
    """`Fri 12 Jun, 18:00–22:00`."""
    slot = shift.time_slot
    return f"{date_format(slot.date, 'D j M')}, {slot.start_time:%H:%M}–{slot.end_time:%H:%M}"


def _fullness(row: Assignment) -> Fullness:
    return Fullness(row.shift.filled_slots, row.shift.slots_total)


def claims_of(event: Event, user):
    """The claims that wait, of the event and its sub-events as far as the user plans them, with all that is said."""
    mine = Assignment.objects.filter(
        status=Assignment.Status.PENDING,
        shift__deleted_at=None,
        shift__section__event__in=managed_events(user).values("pk"),
        shift__section__in=board.own_sections(event).values("pk"),
    )
    return mine.select_related(
        "person__event", "person__crowd_type", "shift__section__event__partner", "shift__time_slot__event"
    )


class Claims(OfEvent, ListPage):
    """`desk-crew-claims`: who waits longest comes first; the swaps stand above."""

    tab, title = "desk-crew-board", gettext_lazy("Waiting for your decision")
    template_name = "command_center/crew/claims.html"
    fragment_name = "command_center/crew/claims_table.html"
    filters, search_hint = ClaimFilters, gettext_lazy("Person, job or section")
    default_sort = "created_at"
    empty = EmptyState(gettext_lazy("Nothing waits for you"), gettext_lazy("Shifts that people claim stand here."))

    columns = (
        Column(
            "person.name",
            gettext_lazy("Person"),
            sort="person__name",
            link=lambda row: person_url(row.person, row.person.event),
            below=lambda row: row.person.crowd_type.name,
        ),
        Column(
            "shift",
            gettext_lazy("Shift"),
            value=lambda row: row.shift.title or _("Shift"),
            link=lambda row: address_of(row.shift),
            below=lambda row: row.shift.section.name,
            sort="shift__section__name",
        ),
        Column("when", gettext_lazy("When"), value=lambda row: _when(row.shift), sort="shift__time_slot__starts_at"),
        Fill("fill", gettext_lazy("Filled"), kind="link", fill_of=_fullness),
        Column("held", gettext_lazy("Shifts they have"), kind="number", sort="held"),
        Column("created_at", gettext_lazy("Claimed"), kind="relative", sort="created_at"),
    )

    def rows(self):
        """With `held`: how many shifts the person has already, so that everybody gets some."""
        given = Assignment.objects.filter(
            person=OuterRef("person"), status=Assignment.Status.APPROVED, shift__deleted_at=None
        )
        counted = given.order_by().values("person").annotate(n=Count("pk")).values("n")
        return claims_of(self.event, self.request.user).annotate(held=Coalesce(Subquery(counted), 0))

    def table(self) -> dict:
        acts = {f"{act}_url": self.at(f"desk-crew-claims-{act}") for act in ("approve", "reject")}
        return {**super().table(), "bulk": True, **acts}

    def get_crumbs(self):
        return [*super().get_crumbs(), self.to_board()]

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(swaps=[_said(one) for one in swaps.of_event(self.event)[:SWAPS]], **context)


def _said(swap: Swap) -> dict:
    """A swap as a planner reads it: who gives what to whom, and what comes back."""
    words = {"giver": swap.offered.person.name, "taker": swap.taken_by.name if swap.taken_by else _("nobody yet")}
    back = swap.in_return
    return {
        "swap": swap,
        "sentence": _("%(giver)s gives a shift to %(taker)s.") % words,
        "shift": swap.offered.shift,
        "spoken": spoken_slot(swap.offered.shift),
        "back": back and back.shift,
        "back_spoken": back and spoken_slot(back.shift),
        "day": date_format(swap.offered.shift.time_slot.date, "D j M"),
    }


class DecideClaims(OfEvent, FormPage):
    """The chosen claims: each is decided on its own, and what is refused is said.

    `all`: those that the filters of the list show (its `query`). They are asked about first, with names and a digest:
    what is done is done to whom the page showed. What is not possible is said at the list, which keeps its filters.
    """

    tab, form_class = "desk-crew-board", forms.Form
    template_name = "command_center/crew/claims_decide.html"
    hint: object = ""

    def get(self, request, *args, **kwargs):
        return redirect(self.back_url())

    @cached_property
    def chosen(self) -> list[Assignment]:
        """Invalid for none or too many."""
        rows = claims_of(self.event, self.request.user)
        if not self.is_all:
            return board_acts.chosen(rows, self.request)
        filters = ClaimFilters(QueryDict(self.request.POST.get("query", "")), rows, request=self.request)
        if filters.form.errors:
            raise Invalid(_("A filter is not valid. Correct it and choose again."))
        return board_acts.at_most(list(filters.qs.order_by("created_at", "pk")[: board_acts.MOST + 1]))

    @property
    def is_all(self) -> bool:
        return "all" in self.request.POST

    def post(self, request, *args, **kwargs):
        if self.is_all and "go" not in request.POST:
            return self.render()
        if "go" in request.POST and request.POST.get("digest") != self.digest:
            raise Conflict(_("Something has changed since you looked. Read the list of names again, then decide."))
        return super().post(request, *args, **kwargs)

    @property
    def digest(self) -> str:
        return preview.digest_of({"claims": [claim.pk for claim in self.chosen]})

    def act(self, form):
        reason = form.cleaned_data.get("reason") or ""
        done, refusals = board_acts.each(self.chosen, lambda claim: self.decide(claim, reason))
        refusals += [(None, _("%(n)s were decided already.") % {"n": gone})] if (gone := self._gone()) else []
        board_acts.say(self.request, self.sentence(done), done, refusals, self.asks)
        return self.back_url()

    def _gone(self) -> int:
        return 0 if self.is_all else len(set(self.request.POST.getlist("uid"))) - len(self.chosen)

    def decide(self, claim: Assignment, reason: str) -> None:
        """The one domain call."""
        raise NotImplementedError

    def sentence(self, done: int) -> str:
        """What was done to so many."""
        raise NotImplementedError

    def refused(self, refusal: DomainError):
        if isinstance(refusal, Conflict):
            return self.render(status=refusal.status, refusal=str(refusal.message))
        return board_acts.back_with(self.request, refusal, self.back_url())

    def get_context_data(self, **context) -> dict:
        names = [f"{claim.person.name} ({spoken_slot(claim.shift)})" for claim in self.chosen[:NAMED]]
        return super().get_context_data(
            names=names,
            others=len(self.chosen) - len(names),
            hint=self.hint,
            digest=self.digest,
            query=self.request.POST.get("query", ""),
            back=self.back_url(),
            **context,
        )

    def get_crumbs(self):
        return [*super().get_crumbs(), self.to_board(), Crumb(Claims.title, self.at("desk-crew-claims"))]

    def get_cancel_url(self) -> str:
        return self.back_url()

    def back_url(self) -> str:
        return self.next_url(self.at("desk-crew-claims"))


class ApproveClaims(DecideClaims):
    """`desk-crew-claims-approve`."""

    title, hint = gettext_lazy("Approve"), gettext_lazy("They have these shifts then. Each of them gets a mail.")
    asks = "approve_claim"

    def decide(self, claim, reason):
        assignments.approve(claim, by=self.request.user)

    def sentence(self, done):
        return ngettext("%(n)s claim is approved.", "%(n)s claims are approved.", done)

    def get_submit(self):
        return ngettext("Approve %(n)s claim", "Approve %(n)s claims", len(self.chosen)) % {"n": len(self.chosen)}


class RejectClaims(DecideClaims):
    """`desk-crew-claims-reject`."""

    form_class, submit_style = ReasonForm, "danger"
    title, hint = gettext_lazy("Reject"), gettext_lazy("Each of them gets a mail.")
    asks = "reject_claim"

    def decide(self, claim, reason):
        assignments.reject(claim, by=self.request.user, reason=reason)

    def sentence(self, done):
        return ngettext("%(n)s claim is rejected.", "%(n)s claims are rejected.", done)

    def get_submit(self):
        return ngettext("Reject %(n)s claim", "Reject %(n)s claims", len(self.chosen)) % {"n": len(self.chosen)}


class DecideSwap(OfRow, ObjectActionPage):
    """A decision over a swap."""

    rows, path, tab = Swap.objects.all(), "offered__shift__section__event", "desk-crew-board"
    asks = "decide_swap"

    def back_url(self) -> str:
        return self.next_url(self.at("desk-crew-claims"))


class ApproveSwap(DecideSwap):
    """`desk-crew-swap-approve`."""

    says = "decision=approve"

    def act(self):
        swaps.approve_swap(self.object, by=self.request.user)
        return _("The swap is done, and both are told.")


class RefuseSwap(DecideSwap):
    """`desk-crew-swap-refuse`."""

    says = "decision=refuse"

    def act(self):
        swaps.refuse_swap(self.object, by=self.request.user, reason=self.request.POST.get("reason", ""))
        return _("The swap is refused, and both are told.")
