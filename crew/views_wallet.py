"""The wallet: what one person has ahead of them, tickets and shifts together. Crew serves it, for it knows of both."""

from django.core.paginator import Paginator
from django.db.models import CharField, F, QuerySet, Value
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.pages import members_only
from bookings import queries
from bookings.models import Ticket
from crew import roster
from crew.models import Assignment

PER_PAGE = 50
TICKET, SHIFT = "ticket", "shift"


@members_only
@require_safe
@never_cache
def wallet(request):
    """`/wallet/`: the valid tickets, each with its code, and the shifts to come, soonest first."""
    page = Paginator(_lines(request.user), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = _rows(list(page.object_list))
    has_shifts = any(isinstance(one, Assignment) for one in page.object_list)
    return render(request, "crew/wallet.html", {"page": page, "has_shifts": has_shifts})


def _lines(user: User) -> QuerySet:
    """(when, kind, id) of everything ahead, soonest first; what has no date yet comes last."""
    tickets = _keys(queries.tickets_ahead(user), "event__starts_at", TICKET)
    return tickets.union(_keys(roster.of_user(user), "shift__time_slot__starts_at", SHIFT), all=True).order_by(
        "at", "kind", "pk"
    )


def _keys(rows: QuerySet, at: str, kind: str) -> QuerySet:
    keyed = rows.order_by().annotate(at=F(at), kind=Value(kind, output_field=CharField()))
    return keyed.values_list("at", "kind", "pk")


def _rows(keys: list[tuple]) -> list[Ticket | Assignment]:
    """The rows of these keys, in their order. Three queries: the tickets' codes are signed."""
    tickets = queries.with_ways(Ticket.objects.select_related("event", "ticket_type", "seat", "order"))
    tickets = tickets.prefetch_related("event__door_keys")
    held = roster.joined(Assignment.objects.all())
    found = {
        TICKET: tickets.in_bulk([pk for _at, kind, pk in keys if kind == TICKET]),
        SHIFT: held.in_bulk([pk for _at, kind, pk in keys if kind == SHIFT]),
    }
    return [found[kind][pk] for _at, kind, pk in keys if pk in found[kind]]
