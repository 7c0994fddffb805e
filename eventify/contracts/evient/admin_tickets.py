"""The administration's tickets."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext as _

from bookings import cancelling, checkin
from bookings.door import codes
from bookings.models import Ticket
from eventify.contracts.evient import rows, shapes
from eventify.contracts.evient.conventions import View, listing, ok
from eventify.contracts.fields import Body, Choice, read
from eventify.contracts.lists import filtered
from eventify.contracts.needs import organiser
from eventify.lib.desk.words import within
from eventify.lib.errors import Conflict, Forbidden


class TicketChange(Body):
    """What becomes of a ticket."""

    status = Choice(Ticket.Status.values)


class AdminTicketFilters(django_filters.FilterSet):
    """The filters of the administration's tickets."""

    status = django_filters.ChoiceFilter(choices=Ticket.Status.choices)
    code = django_filters.CharFilter(method="of_code")
    event_id = django_filters.UUIDFilter(field_name="event__uid")
    user_id = django_filters.UUIDFilter(field_name="user__uid")
    order_id = django_filters.UUIDFilter(field_name="order__uid")
    search = django_filters.CharFilter(method="search_for")

    def of_code(self, tickets, name, value):
        return tickets.filter(ticket_code=codes.letters(value))

    def search_for(self, tickets, name, value):
        return tickets.filter(Q(user__email__icontains=value) | Q(user__full_name__icontains=value))


class Tickets(View):
    """GET the tickets of the events that one checks in, newest first."""

    needs = {"GET": organiser("check_in")}

    def get(self, request):
        seen = rows.managed_tickets(request.user, "check_in").order_by("-id")
        return listing(request, filtered(AdminTicketFilters, request, seen), shapes.admin_ticket)


class TicketDetail(View):
    """GET one ticket; PUT uses it, or cancels it when it was booked alone."""

    needs = {"GET": organiser("check_in"), "PUT": organiser("check_in", "refund_orders")}

    def get(self, request, id):
        return ok(shapes.admin_ticket(rows.one(rows.managed_tickets(request.user, "check_in"), id)))

    def put(self, request, id):
        ticket = _found(request.user, id)
        asked = read(request, TicketChange)
        if asked["status"] != ticket.status:
            _VERBS[asked["status"]](ticket, request.user)
        fresh = rows.tickets(Ticket.objects).get(pk=ticket.pk)
        return ok(shapes.admin_ticket(fresh), _("The ticket is %(status)s.") % {"status": within(fresh.status)})


def _found(user, id: str) -> Ticket:
    both = rows.managed_tickets(user, "check_in") | rows.managed_tickets(user, "refund_orders")
    return rows.one(both.select_related("event__partner", "booking"), id)


def _use(ticket: Ticket, by) -> None:
    checkin.admit(ticket.ticket_code, by=by)


def _cancel(ticket: Ticket, by) -> None:
    """The places of a booking end together, so that its money goes back as it came."""
    if not by.can("refund_orders", ticket.event):
        raise Forbidden
    if ticket.booking.qty > 1:
        raise Conflict(_("This ticket was booked with others. Cancel their order instead."))
    cancelling.cancel_booking(ticket.booking, by=by)


def _make_valid(ticket: Ticket, by) -> None:
    raise Conflict(_("A ticket that is %(status)s cannot become valid again.") % {"status": within(ticket.status)})


_VERBS = {Ticket.Status.USED: _use, Ticket.Status.CANCELLED: _cancel, Ticket.Status.VALID: _make_valid}
