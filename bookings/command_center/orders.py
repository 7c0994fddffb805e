"""The orders: the list, and one order with its places, tickets, payments, refunds and lines in the ledger."""

import re
from collections.abc import Iterator
from uuid import UUID

import django_filters
from django.db.models import Exists, OuterRef, Prefetch, Q, Sum
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditLog, User
from bookings import queries, refunds
from bookings.command_center import papers
from bookings.models import Booking, Order, Payment, Refund, Ticket
from bookings.templatetags.sale import order_word
from eventify.lib.desk import nav, say, search
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import DayFilter, Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Action, Crumb, DetailPage, NotNow, names_of
from partners import books
from partners.models import Entry

SEES_ORDERS = ("view_events", "view_financials")
LINES = 10
CODE_SHOWN = 4  # characters of a ticket's code: enough to recognise it, too few to come in with
_CODE = re.compile(r"([A-Z2-7]{26})(\.[A-Z2-7]+)?")  # typed, or with its signature when a ticket is scanned
_SHORT = re.compile(r"(?=.*\d)[0-9a-f]{8}")
ENDING = (Order.Status.PENDING, Order.Status.PAID)


def address_of(order: Order) -> str:
    """The order's page."""
    return reverse("desk-order", args=[order.uid])


def short(order: Order) -> str:
    """The end of the order's uid, as people read it out: the beginning is the time."""
    return f"{order.uid.hex[-8:]}".upper()


def buyer_name(order: Order) -> str:
    """Who bought: the name on the order, else that of the account."""
    return order.buyer_name or str(order.user)


def event_names(order: Order) -> str:
    """The events of an order, in its order; uses prefetched bookings."""
    return ", ".join(dict.fromkeys(one.event.name for one in order.bookings.all()))


class OrderFilters(Filters):
    """By state, event, days and refunds; searched by buyer, ticket code and the provider's reference."""

    search = ("user__email", "user__full_name", "buyer_email", "buyer_name", "payment_transaction_id__istartswith")

    status = django_filters.MultipleChoiceFilter(label=gettext_lazy("Status"), choices=Order.Status.choices)
    event = django_filters.UUIDFilter(label=gettext_lazy("Event"), method="of_event")
    first_day = DayFilter(label=gettext_lazy("From"), method="since")
    last_day = DayFilter(label=gettext_lazy("To"), method="until")
    refund = django_filters.BooleanFilter(label=gettext_lazy("Refund asked for"), method="with_refund")
    refund_failed = django_filters.BooleanFilter(label=gettext_lazy("Refund failed"), method="with_failed_refund")

    def search_words(self, rows, name, words):
        """Also by the whole uid, its last eight letters, or a ticket's whole code."""
        found = _named_by(words.strip())
        return super().search_words(rows, name, words) if found is None else rows.filter(found)

    def of_event(self, orders, _name, uid):
        return orders.filter(Exists(Booking.objects.filter(order=OuterRef("pk"), event__uid=uid)))

    def since(self, orders, _name, day):
        return orders.filter(created_at__gte=say.day_starts_at(day))

    def until(self, orders, _name, day):
        return orders.filter(created_at__lt=say.day_ends_at(day))

    def with_refund(self, orders, _name, wanted):
        asked = Exists(Refund.objects.filter(payment__order=OuterRef("pk")))
        return orders.filter(asked if wanted else ~asked)

    def with_failed_refund(self, orders, _name, wanted):
        return queries.with_failed_refunds(orders).filter(has_failed_refund=wanted)


def _named_by(text: str) -> Q | None:
    """What names one order: its uid, the end of it, or the code of one of its tickets; None when the text does not."""
    try:
        return Q(uid=UUID(text))
    except ValueError:
        pass
    if code := _CODE.fullmatch(text.upper()):
        return Q(Exists(Ticket.objects.filter(order=OuterRef("pk"), ticket_code=code[1])))
    return Q(uid__endswith=text.lower()) if _SHORT.fullmatch(text.lower()) else None


class Orders(ListPage):
    """`desk-orders`."""

    permission, scoped = SEES_ORDERS, True
    title = gettext_lazy("Orders")
    filters, search_hint = OrderFilters, gettext_lazy("Buyer, order or ticket code")
    default_sort = "-created_at"
    empty = EmptyState(gettext_lazy("No orders yet"), gettext_lazy("They stand here as soon as somebody books."))
    columns = (
        Column("uid", gettext_lazy("Order"), value=short, link=address_of, below=event_names),
        Column("user", gettext_lazy("Buyer"), value=buyer_name, below=lambda row: row.mail_to),
        Column("places", gettext_lazy("Places"), kind="number", sort="places"),
        Column("total_amount", gettext_lazy("Total"), kind="money", sort="total_amount"),
        Column("status", gettext_lazy("Status"), kind="pill", value=order_word, sort="status"),
        Column("created_at", gettext_lazy("Ordered"), kind="moment", sort="created_at"),
        Column("paid_at", gettext_lazy("Paid"), kind="moment", sort="paid_at"),
    )

    def rows(self):
        seen = queries.orders_of(self.request.user, *SEES_ORDERS)
        mine = Booking.objects.filter(order=OuterRef("pk")).order_by().values("order")
        places = mine.annotate(places=Sum("qty")).values("places")
        bookings = Prefetch("bookings", Booking.objects.select_related("event").order_by("pk"))
        seen = queries.with_failed_refunds(seen.annotate(places=places))
        return seen.select_related("user").prefetch_related(bookings)


class AboutOrder:
    """A page about `self.object`, an order that the person may see: theirs is what is wholly of their partners."""

    place = "desk-orders"

    def may(self, permission, on=None) -> bool:
        if not isinstance(on, Order):
            return super().may(permission, on)
        return queries.orders_of(self.request.user, *names_of(permission)).filter(pk=on.pk).exists()

    def visible(self):
        seen = queries.orders_of(self.request.user, *SEES_ORDERS)
        return queries.with_failed_refunds(seen).select_related("user")

    def get_crumbs(self):
        return (Crumb(_("Orders"), reverse("desk-orders")), Crumb(short(self.object), address_of(self.object)))


class OrderPage(AboutOrder, DetailPage):
    """`desk-order`."""

    permission, scoped = SEES_ORDERS, True
    template_name = "command_center/bookings/order.html"

    def get_title(self):
        return _("Order %(number)s") % {"number": short(self.object)}

    def get_crumbs(self):
        return (Crumb(_("Orders"), reverse("desk-orders")),)

    def shown_actions(self) -> list[Action | NotNow]:
        order = self.object
        if not self.may("refund_orders", order):
            return []
        return [self._end(order), *([self._give(order)] if order.total_amount else [])]

    def _end(self, order: Order) -> Action | NotNow:
        if order.status not in ENDING:
            return NotNow(_("Cancel"), "cancel", order.uid)
        label = _("Cancel and refund") if order.status == Order.Status.PAID and order.total_amount else _("Cancel")
        return Action(label, reverse("desk-order-refund", args=[order.uid]), style="danger")

    def _give(self, order: Order) -> Action | NotNow:
        label = _("Give money back")
        if not refunds.most(order):
            return NotNow(label, "refund", order.uid)
        return Action(label, reverse("desk-order-give", args=[order.uid]), style="secondary")

    def get_context_data(self, **context) -> dict:
        order = self.object
        self.tickets = list(order.tickets.select_related("ticket_type", "seat", "event").order_by("pk"))
        has_good = any(one.status == Ticket.Status.VALID for one in self.tickets)
        return super().get_context_data(
            title_pills=[order_word(order)],
            facts=[(what, value) for what, value in self.facts() if value is not None],
            bookings=list(order.bookings.select_related("event", "ticket_type").order_by("pk")),
            tickets=[{"row": one, "code": masked(one)} for one in self.tickets],
            may_mail=has_good,
            may_cancel=has_good and order.status == Order.Status.PAID and self.may("refund_orders", order),
            payments=self.payments(),
            may_refund=self.may("refund_orders", order),
            invoices=papers.invoices_of(self.request.user, order),
            entries=self.entries(),
            lines=self.lines(),
            history_url=f"{nav.link('desk-audit')}?target={order.uid}",
            **context,
        )

    def facts(self) -> list[tuple]:
        order = self.object
        return [
            (_("Buyer"), self.buyer()),
            (_("E-mail"), order.mail_to),
            (_("Total"), say.money(order.total_amount, order.currency)),
            (_("Ordered"), say.moment(order.created_at)),
            (_("Held until"), say.moment(order.expires_at) if order.status == Order.Status.PENDING else None),
            (_("Paid"), say.moment(order.paid_at) if order.paid_at else None),
            (_("Paid with"), order.payment_method or None),
            (_("Ended"), say.moment(order.cancelled_at) if order.cancelled_at else None),
            (_("Order id"), format_html('<span class="figures">{}</span>', order.uid)),
        ]

    def buyer(self) -> str:
        user = self.object.user
        url = nav.link("desk-user", user.uid) if self.may("view_users") else ""
        return format_html('<a href="{}">{}</a>', url, user) if url else str(user)

    def payments(self) -> list[Payment]:
        """With their refunds, for who may see money."""
        if not self.may("view_financials", self.object):
            return []
        refunds = Prefetch("refunds", Refund.objects.order_by("pk"))
        return list(self.object.payments.prefetch_related(refunds).order_by("pk"))

    def entries(self) -> list[Entry]:
        """The lines of the ledger that name the order, as far as the person may see them."""
        mine = books.entries_visible_to(self.request.user).filter(order_uid=self.object.uid)
        return list(mine.select_related("transfer", "partner").order_by("transfer_id", "pk"))

    def lines(self) -> list[AuditLog]:
        if not self.may("view_audit"):
            return []
        return list(AuditLog.objects.filter(target_uid=self.object.uid).select_related("actor")[:LINES])


def masked(ticket: Ticket) -> str:
    """The end of the ticket's code."""
    return f"…{ticket.ticket_code[-CODE_SHOWN:]}"


@search.register("orders", gettext_lazy("Orders"), *SEES_ORDERS, scoped=True)
def find_orders(user: User, text: str) -> Iterator[search.Hit]:
    """Orders by their id or its end, a ticket's code, or the buyer."""
    wanted = _named_by(text.strip())
    if wanted is None:
        wanted = Q(user__email__icontains=text) | Q(user__full_name__icontains=text)
    found = queries.orders_of(user, *SEES_ORDERS).filter(wanted).select_related("user").order_by("-pk")
    for order in found[: search.PER_KIND]:
        yield search.Hit(_("Order %(number)s") % {"number": short(order)}, str(order.user), address_of(order))
