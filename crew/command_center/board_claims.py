"""What waits for a planner's decision: the shifts that people claimed, and the swaps that they agreed on."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crew import assignments, board, swaps
from crew.command_center import board_acts
from crew.command_center.base import OfEvent, OfRow, managed_events
from crew.command_center.board_shift import address_of, spoken_slot
from crew.command_center.persons_cells import Fill, Fullness, person_url
from crew.command_center.shifts import SectionFilter
from crew.models import Assignment, Swap
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import DayFilter, Filters
from eventify.lib.desk.lists import Bulk, EmptyState, ListPage
from eventify.lib.desk.pages import ActionPage, ObjectActionPage

SWAPS = 50  # that wait, shown above the claims


class ClaimFilters(Filters):
    """By section and day; searched by person, job and section."""

    search = ("person__name", "person__email", "shift__title", "shift__section__name")

    section = SectionFilter(field_name="shift__section")
    day = DayFilter(label=gettext_lazy("Day"), field_name="shift__time_slot__date")


def _fullness(row: Assignment) -> Fullness:
    return Fullness(row.shift.filled_slots, row.shift.slots_total)


def waiting(user):
    """The claims that wait, of the events that the user plans, with all that is said of them."""
    mine = Assignment.objects.filter(
        status=Assignment.Status.PENDING,
        shift__deleted_at=None,
        shift__section__event__in=managed_events(user).values("pk"),
    )
    return mine.select_related(
        "person__event", "person__crowd_type", "shift__section__event__partner", "shift__time_slot__event"
    )


class Claims(OfEvent, ListPage):
    """`desk-crew-claims`: who waits longest comes first; the swaps stand above."""

    tab, title = "desk-crew-board", gettext_lazy("Waiting for your decision")
    template_name = "command_center/crew/board_list.html"
    intro_template = "command_center/crew/board_swaps.html"
    filters, search_hint = ClaimFilters, gettext_lazy("Person, job or section")
    default_sort = "created_at"
    bulk = (
        Bulk(gettext_lazy("Approve"), "desk-crew-claims-approve", style="primary"),
        Bulk(gettext_lazy("Reject"), "desk-crew-claims-reject", style="danger"),
    )
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
            below=lambda row: spoken_slot(row.shift),
            sort="shift__time_slot__starts_at",
        ),
        Fill("fill", gettext_lazy("Filled"), kind="link", fill_of=_fullness),
        Column("created_at", gettext_lazy("Claimed"), kind="relative", sort="created_at"),
    )

    def rows(self):
        return waiting(self.request.user).filter(shift__section__in=board.own_sections(self.event).values("pk"))

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


class DecideClaims(ActionPage):
    """The chosen claims: each is decided on its own, and what is refused is said."""

    permission, scoped, back = "manage_crew", True, "desk-crew"

    def act(self):
        chosen = board_acts.chosen(waiting(self.request.user), self.request)
        done, refusals = board_acts.each(chosen, self.decide)
        refusals += [_("%(n)s were decided already.") % {"n": gone}] if (gone := self._gone(chosen)) else []
        board_acts.say(self.request, self.sentence(done), done, refusals)

    def _gone(self, chosen: list) -> int:
        return len(set(self.request.POST.getlist("uid"))) - len(chosen)

    def decide(self, claim: Assignment) -> None:
        raise NotImplementedError

    def sentence(self, done: int) -> str:
        raise NotImplementedError


class ApproveClaims(DecideClaims):
    """`desk-crew-claims-approve`."""

    def decide(self, claim):
        assignments.approve(claim, by=self.request.user)

    def sentence(self, done):
        return ngettext("%(n)s claim is approved.", "%(n)s claims are approved.", done)


class RejectClaims(DecideClaims):
    """`desk-crew-claims-reject`."""

    def decide(self, claim):
        assignments.reject(claim, by=self.request.user, reason=self.request.POST.get("reason", ""))

    def sentence(self, done):
        return ngettext("%(n)s claim is rejected.", "%(n)s claims are rejected.", done)


class DecideSwap(OfRow, ObjectActionPage):
    """A decision over a swap."""

    rows, path, tab = Swap.objects.all(), "offered__shift__section__event", "desk-crew-board"

    def back_url(self) -> str:
        return self.next_url(self.at("desk-crew-claims"))


class ApproveSwap(DecideSwap):
    """`desk-crew-swap-approve`."""

    def act(self):
        swaps.approve_swap(self.object, by=self.request.user)
        return _("The swap is done, and both are told.")


class RefuseSwap(DecideSwap):
    """`desk-crew-swap-refuse`."""

    def act(self):
        swaps.refuse_swap(self.object, by=self.request.user, reason=self.request.POST.get("reason", ""))
        return _("The swap is refused, and both are told.")
