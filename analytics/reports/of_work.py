"""Reports about the day itself: who works, and what happened at the door."""

from django.db.models import CharField, Count, ExpressionWrapper, F, Q, QuerySet, Sum, fields
from django.db.models.functions import Coalesce, Right
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.reports.columns import DAY, MOMENT, TIME, WORD, YESNO, Column
from analytics.reports.of_sales import narrowed
from bookings.command_center.door_words import VERDICTS
from bookings.door.paper import LETTERS
from bookings.models import Scan
from crew import board
from crew.command_center.persons_cells import ASSIGNMENT_WORDS
from crew.models import Assignment, Shift
from events.models import Event
from partners.models import Partner

ROSTERS = (
    Column("person__name", gettext_lazy("Person"), share=6),
    Column("person__email", gettext_lazy("E-mail"), share=0),
    Column("person__phone", gettext_lazy("Phone"), share=5),
    Column("person__crowd_type__name", gettext_lazy("Crowd type")),
    Column("person__company__name", gettext_lazy("Company"), share=0),
    Column("shift__section__event__name", gettext_lazy("Event"), share=5),
    Column("shift__time_slot__date", gettext_lazy("Day"), DAY, share=3),
    Column("shift__time_slot__start_time", gettext_lazy("Starts"), TIME, share=2),
    Column("shift__time_slot__end_time", gettext_lazy("Ends"), TIME, share=2),
    Column("shift__section__name", gettext_lazy("Section"), share=5),
    Column("shift__title", gettext_lazy("Job"), share=5),
    Column("shift__location__name", gettext_lazy("Where to report")),
    Column("shift__report_time", gettext_lazy("Be there at"), TIME, share=3),
    Column("shift__is_lead_role", gettext_lazy("Leads the section"), YESNO, share=2),
    Column("status", gettext_lazy("Status"), WORD, ASSIGNMENT_WORDS),
)
SCANS = (
    Column("scanned_at", gettext_lazy("When"), MOMENT, share=5),
    Column("event__name", gettext_lazy("Event"), share=5),
    Column("verdict", gettext_lazy("Verdict"), WORD, VERDICTS),
    Column("gate", gettext_lazy("Gate")),
    Column("scanner", gettext_lazy("By"), share=5),
    Column("ticket__ticket_type__name", gettext_lazy("Ticket type")),
    Column("code", gettext_lazy("End of the code"), share=3),
    Column("is_offline", gettext_lazy("Without network"), YESNO, share=3),
    Column("was_let_in", gettext_lazy("Let in though the code was not good"), YESNO, share=0),
    Column("undone_at", gettext_lazy("Taken back"), MOMENT, share=5),
    Column("undo_reason", gettext_lazy("Reason"), share=5),
)
_HELD = (Assignment.Status.PENDING, Assignment.Status.APPROVED, Assignment.Status.COMPLETED)


# --- Rosters ------------------------------------------------------------------------------------------


def rosters(partner: Partner | None, event: Event | None) -> QuerySet[Assignment]:
    """Who has a shift, by its start; of an event with those of its sub-events, as on the planner's page."""
    rows = Assignment.objects.filter(status__in=_HELD, shift__deleted_at=None)
    rows = rows.exclude(shift__status=Shift.Status.CANCELLED)
    if event is not None:
        rows = rows.filter(shift__section__in=board.own_sections(event))
    elif partner is not None:
        rows = rows.filter(shift__section__event__partner=partner)
    return rows.order_by("shift__time_slot__starts_at", "pk")


def rosters_totals(rows: QuerySet[Assignment]) -> list[tuple]:
    """How many persons have how many shifts, and the hours that these last."""
    slot = F("shift__time_slot__ends_at") - F("shift__time_slot__starts_at")
    length = ExpressionWrapper(slot, output_field=fields.DurationField())
    found = rows.order_by().aggregate(persons=Count("person", distinct=True), shifts=Count("pk"), time=Sum(length))
    hours = round(found["time"].total_seconds() / 3600) if found["time"] else 0
    return [(_("Persons"), found["persons"], ""), (_("Shifts"), found["shifts"], ""), (_("Hours"), hours, "")]


# --- Scans --------------------------------------------------------------------------------------------


def scans(partner: Partner | None, event: Event | None) -> QuerySet[Scan]:
    """Every scan; of the code only its end, too little to come in with."""
    rows = narrowed(Scan.objects.all(), partner, event)
    scanner = Coalesce("device__name", "by__full_name", output_field=CharField())
    return rows.annotate(scanner=scanner, code=Right("ticket__ticket_code", LETTERS)).order_by("pk")


def scans_totals(rows: QuerySet[Scan]) -> list[tuple]:
    """How many scans let somebody in, how many refused, and how many were taken back."""
    admitted = Q(verdict=Scan.Verdict.ADMITTED)
    found = rows.order_by().aggregate(
        let_in=Count("pk", filter=admitted),
        refused=Count("pk", filter=~admitted),
        undone=Count("pk", filter=Q(undone_at__isnull=False)),
    )
    return [
        (_("Let in"), found["let_in"], ""),
        (_("Refused"), found["refused"], ""),
        (_("Taken back"), found["undone"], ""),
    ]
