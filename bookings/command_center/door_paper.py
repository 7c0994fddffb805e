"""The paper list of an event's door: to print, or as CSV."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import queries
from bookings.command_center.door import AboutDoor
from bookings.door import paper
from bookings.papers import says
from eventify.lib.desk import export
from eventify.lib.desk.columns import Column
from eventify.lib.desk.pages import DetailPage


class PaperPage(AboutDoor, DetailPage):
    """`desk-event-door-paper`: the names come by POST, for each time leaves a line in the audit log.

    For who may check in there and see the event's people.
    """

    template_name = "command_center/bookings/door_paper.html"
    title = gettext_lazy("Paper list")

    def visible(self):
        seen = queries.events_of(self.request.user, "view_events").values("pk")
        return super().visible().filter(pk__in=seen)

    def post(self, request, *args, **kwargs):
        form = "csv" if request.POST.get("form") == "csv" else "page"
        tickets = paper.handed_out(self.object, by=request.user, form=form)
        if form == "csv":
            return export.as_csv(f"door-{self.object.slug}", self.columns(), tickets)
        rows = [(one, paper.short(one.ticket_code)) for one in tickets]
        printed = says.moment(timezone.now(), self.object)
        return self.render(rows=rows, is_shown=True, when=says.when(self.object), printed=printed)

    def columns(self) -> list[Column]:
        return [
            Column("person", _("Name")),
            Column("ticket_type.shown_name", _("Type")),
            Column("seat.label", _("Seat")),
            Column("code", _("Code"), value=lambda row: paper.short(row.ticket_code)),
            Column("used_at", _("Inside since"), kind="moment"),
            Column("used_gate", _("Gate")),
        ]
