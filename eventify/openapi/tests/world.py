"""One of everything that an address or a body of the contracts can name, and people who may ask."""

from typing import Any

from accounts import notify, roles, sessions
from accounts.factories import UserFactory
from accounts.models import Notification, Role, User
from bookings.factories import TicketTypeFactory
from bookings.tests.scenes import buy
from eventify.contracts.crewli.tests import world as crewli
from eventify.lib.ids import to_ulid
from eventify.tests.page_world import more_integrations
from events.factories import CategoryFactory, EventFactory
from events.models import Banner
from partners import contacts, members, payouts
from partners.tests.money import rich_partner, sell
from partners.tests.papers import uploaded

# what a parameter is called in contract 004 -> the name of the row in its world
_OF_PATHS = ("org", "event", "section", "slot", "shift", "person", "crowd_list", "assignment", "match", "location")
_OF_PATHS += ("crowd_type", "company", "tag", "user", "user_tag")
# a field of a body of contract 004 -> the name of the row
_OF_FIELDS = {"section_id": "section", "time_slot_id": "slot", "location_id": "location", "person_id": "newcomer",
              "crowd_type_id": "crowd_type", "company_id": "company", "recipient_company_id": "company",
              "person_tag_id": "tag", "organisation_id": "org"}  # fmt: skip


class World:
    """`real(case)` puts ids of rows that exist into a generated case; `tokens` are bearer tokens by kind of caller."""

    def __init__(self):
        self.admin = roles.assign(UserFactory(), Role.objects.get(name="Super Admin"), by=None)
        self.crew = crewli.organisation()
        self.partner = rich_partner()
        self.event = EventFactory(partner=self.partner, capacity=50)
        self.kind = TicketTypeFactory(event=self.event, price=0)
        self.buyer = UserFactory()
        self.order = buy(self.buyer, self.kind)
        self.device = sessions.new_device_token(self.buyer)
        self._make_the_rest()
        self.hooks = more_integrations(self.partner, "Blue")
        self.tokens = {name: sessions.start(user)[1] for name, user in self._people().items()}
        self._rows = self._rows_by_path()
        self._fields = self._rows_by_field()

    def _make_the_rest(self) -> None:
        self.contact = contacts.add(self.partner, name="Bo", email="bo@example.com", by=self.admin)
        self.document = uploaded(self.partner, by=self.admin)
        sell(self.partner, 100)
        self.batch = payouts.create(partners=None, key="", by=self.admin)
        self.category = CategoryFactory()
        self.banner = Banner.objects.create(title="Come", image_url="/x.png", event=self.event)
        for user in (self.admin, self.buyer):
            notify.notify(user, "Your bell.", url="/orders/")

    def _people(self) -> dict[str, User]:
        organiser = UserFactory()
        for partner in (self.partner, self.crew.org):
            members.add(partner, organiser, "org_admin", by=None)
        return {"admin": self.admin, "buyer": self.buyer, "organiser": organiser}

    def _rows_by_path(self) -> dict[str, Any]:
        """Beginning of a path -> what its {id} is; the longest that fits counts."""
        uids = {
            "/api/v1/partners": self.partner, "/api/v1/admin/users": self.buyer, "/api/v1/users": self.buyer,
            "/api/v1/admin/roles": Role.objects.get(name="Support"), "/api/v1/financials/payouts": self.batch,
            "/api/v1/notifications": Notification.objects.filter(recipient=self.admin).latest("pk"),
            "/api/notifications": Notification.objects.filter(recipient=self.admin).latest("pk"),
            "/api/v1/webhooks": self.hooks[0], "/api/v1/deliveries": self.hooks[1], "/api/v1/api-keys": self.hooks[2],
            "/api/v1/orders": self.order, "/api/events": self.event, "/api/orders": self.order,
            "/api/admin/events": self.event,
            "/api/admin/orders": self.order, "/api/admin/users": self.buyer,
            "/api/admin/tickets": self.order.tickets.get(),
        }  # fmt: skip
        numbers = {"/api/admin/banners": self.banner, "/events": self.event, "/admin/events": self.event,
                   "/bookings": self.order.bookings.get(), "/admin/users": self.buyer}  # fmt: skip
        found = {start: str(row.uid) for start, row in uids.items()}
        return {**found, **{start: row.pk for start, row in numbers.items()}}

    def _rows_by_field(self) -> dict[str, Any]:
        uids = {"ticket_type_id": self.kind, "role_id": Role.objects.get(name="Support"), "document_id": self.document}
        found: dict[str, Any] = {name: str(row.uid) for name, row in uids.items()}
        found |= {name: to_ulid(getattr(self.crew, row).uid) for name, row in _OF_FIELDS.items()}
        found |= {"token": self.device, "username": self.buyer.username, "category_id": self.category.pk}
        return {**found, "code": self.order.tickets.get().ticket_code}

    # --- Ids into cases -------------------------------------------------------------------------------

    def real(self, case) -> None:
        """Put ids that exist into the path and the body of a case."""
        path = case.operation.path
        for name in list(case.path_parameters or {}):
            case.path_parameters[name] = self._id(path, name)
        if isinstance(case.body, dict):
            self._into(case.body, path)

    def _id(self, path: str, name: str):
        if name in ("contact_id", "type_id", "token"):
            return {"contact_id": str(self.contact.uid), "type_id": str(self.kind.uid), "token": self.crew.token}[name]
        if name in _OF_PATHS:
            return to_ulid(getattr(self.crew, name).uid)
        fitting = [start for start in self._rows if path.startswith(start)]
        return self._rows[max(fitting, key=len)]

    def _into(self, body: dict, path: str) -> None:
        for name, value in body.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                self._into(value[0], path)
            if name in self._fields:
                body[name] = self._fields[name]
            elif name == "event_id" and value is not None:
                body[name] = self._event_id(path)

    def _event_id(self, path: str):
        if path.startswith("/api/v1/"):
            return to_ulid(self.crew.event.uid)
        return self.event.pk if path.startswith("/api/events/") else str(self.event.uid)
