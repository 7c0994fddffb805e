"""The people who buy: the list, and one person with orders, tickets, sessions and what staff may do for them."""

import django_filters
from django.conf import settings
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.codes import is_on
from accounts.devices import name_of
from accounts.models import AuditLog, User
from bookings import queries, spent
from bookings.models import Order, Ticket
from eventify.lib import currencies
from eventify.lib.desk import nav, say
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import DayFilter, Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Action, Crumb, DetailPage, NotNow
from eventify.lib.phones import shown

SHOWN = 10
ACTIVE, BANNED, CLOSED = "active", "banned", "closed"
STATES = ((ACTIVE, gettext_lazy("Active")), (BANNED, gettext_lazy("Banned")), (CLOSED, gettext_lazy("Closed")))
_IN_STATE = {
    ACTIVE: Q(banned_at=None, is_active=True),
    BANNED: Q(banned_at__isnull=False),
    CLOSED: Q(banned_at=None, is_active=False),
}


def address_of(user: User) -> str:
    """The person's page."""
    return reverse("desk-user", args=[user.uid])


def state_of(user: User) -> str:
    """active, banned or closed."""
    if user.is_banned:
        return BANNED
    return ACTIVE if user.is_active else CLOSED


class UserFilters(Filters):
    """By state and days; searched by name, address and phone."""

    search = ("full_name", "email", "username__istartswith", "phone__startswith")

    state = django_filters.ChoiceFilter(label=gettext_lazy("State"), choices=STATES, method="in_state")
    is_staff = django_filters.BooleanFilter(label=gettext_lazy("Staff"))
    first_day = DayFilter(label=gettext_lazy("Joined from"), method="since")
    last_day = DayFilter(label=gettext_lazy("Joined to"), method="until")

    def in_state(self, users, _name, value):
        return users.filter(_IN_STATE[value])

    def since(self, users, _name, day):
        return users.filter(created_at__gte=say.day_starts_at(day))

    def until(self, users, _name, day):
        return users.filter(created_at__lt=say.day_ends_at(day))


class Users(ListPage):
    """`desk-users`."""

    permission = "view_users"
    title = gettext_lazy("Users")
    filters, search_hint = UserFilters, gettext_lazy("Name, e-mail or phone")
    default_sort = "-created_at"
    empty = EmptyState(gettext_lazy("No users yet"), gettext_lazy("Everybody who signs up stands here."))
    columns = (
        Column("name", gettext_lazy("Name"), value=str, sort="full_name", link=address_of, below=lambda row: row.email),
        Column("state", gettext_lazy("State"), kind="pill", value=state_of),
        Column("phone", gettext_lazy("Phone")),
        Column("paid_orders", gettext_lazy("Orders"), kind="number", sort="paid_orders"),
        Column(
            "total_spent",
            gettext_lazy("Spent"),
            kind="money",
            value=lambda row: (row.total_spent, settings.EVENTIFY_CURRENCY),
            sort="total_spent",
        ),
        Column("last_active_at", gettext_lazy("Last seen"), kind="relative", sort="last_active_at"),
        Column("created_at", gettext_lazy("Joined"), kind="day", sort="created_at"),
    )

    def rows(self):
        paid = Order.objects.filter(user=OuterRef("pk"), paid_at__isnull=False).order_by().values("user")
        number = Subquery(paid.annotate(number=Count("pk")).values("number"))
        return User.objects.filter(is_guest=False).annotate(paid_orders=Coalesce(number, 0))


class AboutUser:
    """A page of staff about `self.object`, a person."""

    place = "desk-users"

    def visible(self):
        return User.objects.all()

    def get_crumbs(self):
        return (Crumb(_("Users"), reverse("desk-users")), Crumb(str(self.object), address_of(self.object)))


class UserPage(AboutUser, DetailPage):
    """`desk-user`."""

    permission = "view_users"
    template_name = "command_center/bookings/user.html"

    def visible(self):
        return spent.with_currencies(super().visible())

    def get_crumbs(self):
        return (Crumb(_("Users"), reverse("desk-users")),)

    def shown_actions(self) -> list[Action]:
        user, actions = self.object, []
        if self.may("reset_2fa") and is_on(user) and user.pk != self.request.user.pk:
            actions.append(Action(_("Reset two-factor"), self._at("desk-user-reset-2fa"), style="secondary"))
        if self.may_log_out(user):
            actions.append(Action(_("Log out everywhere"), self._at("desk-user-log-out"), style="secondary"))
        if self.may("manage_privacy") and not user.is_erased:
            actions.append(Action(_("Send their data"), self._at("desk-user-data"), style="secondary"))
            actions.append(Action(_("Erase"), self._at("desk-user-erase"), style="danger"))
        if self.may("ban_users") and not user.is_banned:
            actions.append(self._ban(user))
        return actions

    def may_log_out(self, user: User) -> bool:
        """Whether there is somebody to log out, whom closing.end_sessions would not refuse."""
        by = self.request.user
        is_theirs = not user.is_staff or (by.can("manage_staff") and (by.is_superuser or not user.is_superuser))
        is_in = user.sessions.filter(ended_at=None).exists() or user.device_tokens.exists()
        return self.may("ban_users") and user.pk != by.pk and is_theirs and is_in

    def _ban(self, user: User) -> Action | NotNow:
        if user.is_superuser or user.pk == self.request.user.pk:
            return NotNow(_("Ban"), "ban_user", user.uid)
        return Action(_("Ban"), self._at("desk-user-ban"), style="danger")

    def _at(self, page: str) -> str:
        return reverse(page, args=[self.object.uid])

    def get_context_data(self, **context) -> dict:
        user = self.object
        return super().get_context_data(
            title_pills=[state_of(user)],
            facts=[(what, value) for what, value in self.facts() if value is not None],
            orders=self.orders(),
            orders_url=f"{reverse('desk-orders')}?q={user.email}",
            tickets=self.tickets(),
            waiting=list(user.bookings.filter(status="waitlisted").select_related("event").order_by("pk")[:SHOWN]),
            sessions=[(name_of(one.user_agent), one) for one in self.sessions()],
            devices=user.device_tokens.count(),
            may_unban=user.is_banned and self.may("ban_users"),
            lines=self.lines(),
            history_url=f"{nav.link('desk-audit')}?target={user.uid}",
            **context,
        )

    def sessions(self):
        return self.object.sessions.filter(ended_at=None).order_by("-pk")[:SHOWN]

    def facts(self) -> list[tuple]:
        user = self.object
        return [
            (_("E-mail"), user.email),
            (_("Username"), user.username),
            (_("Phone"), shown(user.phone or "")),
            (_("Place"), user.place or None),
            (_("Joined"), say.day(user.created_at)),
            (_("Erased"), say.day(user.erased_at) if user.erased_at else None),
            (_("Last seen"), say.relative(user.last_active_at) if user.last_active_at else None),
            (_("Spent"), self._spent()),
            (_("Two-factor"), _("On") if is_on(user) else _("Off")),
            (_("Staff role"), user.role.name if user.role else None),
        ]

    def _spent(self) -> str:
        amounts = spent.in_each(self.object) or {settings.EVENTIFY_CURRENCY: 0}
        return ", ".join(currencies.exact(amount, name) for name, amount in amounts.items())

    def orders(self) -> list[Order]:
        mine = queries.with_failed_refunds(self.object.orders.prefetch_related("bookings__event"))
        return list(mine.order_by("-pk")[:SHOWN]) if self.may(("view_events", "view_financials")) else []

    def tickets(self) -> list[Ticket]:
        """The good tickets of what is still to come."""
        good = self.object.tickets.filter(status=Ticket.Status.VALID, event__in=queries.coming_events())
        return list(good.select_related("event", "ticket_type").order_by("event__starts_at", "pk")[:SHOWN])

    def lines(self) -> list[AuditLog]:
        if not self.may("view_audit"):
            return []
        return list(AuditLog.objects.filter(target_uid=self.object.uid).select_related("actor")[:SHOWN])
