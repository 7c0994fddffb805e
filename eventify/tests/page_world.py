"""The world of the tests that walk every page: three owners with one of everything each, and every kind of visitor.

Names carry the word of their owner (`WORDS`), so that a page that shows what it must not is seen by reading it.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from django.test import Client
from django.utils import timezone

from accounts import audit, bans, notify, roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role, User
from accounts.permissions import DEFAULT_ROLES, IDS
from accounts.tests.coming_in import log_in
from analytics.models import Export, Subscription
from analytics.reports import exports, schedules
from bookings import cancelling, promos, refunds
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Device, DoubleAdmission, Order, Refund, Scan, TicketType, WebhookDelivery
from bookings.papers import invoices
from bookings.providers.base import RefundReport
from bookings.tests.doors import device_of, doubled
from bookings.tests.scenes import buy, pay, scene, wait
from crew import assignments
from crew import factories as crew
from crew.models import Assignment, CrowdList, CrowdListEntry, IdentityMatch, Person, Swap
from eventify.lib import sealed
from events.factories import EventImageFactory
from events.models import Event
from integrations import signing
from integrations.models import ApiKey, Attempt, Delivery, Endpoint, Fact, Listener
from partners import contacts, inviting, members, payouts
from partners.models import Contact, Document, Invitation, Member, Partner, Payout, Transfer
from partners.tests.money import rich_partner
from partners.tests.papers import uploaded

A, B, HOUSE = "A", "B", "house"
WORDS = {A: "Quokka", B: "Wombat", HOUSE: "Ibexine"}
BOTH = f"{A}+{B}"  # what belongs to both: an order over events of the two, a batch that pays the two
M = Member.Role
NOTHING, CAREFUL = "Nothing", "Careful"  # roles: without permissions; with all, and it demands two-factor
HELD = {name: permissions for name, (_about, permissions, _system) in DEFAULT_ROLES.items()} | {CAREFUL: IDS}


@dataclass(frozen=True)
class Caller:
    """A kind of visitor, and what it holds by the catalogue of roles and grants (the code under test is not asked)."""

    name: str
    role: str = ""
    works_for: dict = field(default_factory=dict, hash=False)  # owner -> role of a member
    volunteers_at: str = ""  # the owner at whose event the visitor has a part, with a shift
    is_in: bool = True  # False: the site sends it to log in
    is_waiting: bool = False  # the role demands two-factor, which is not set up

    def has(self, permission: str, owner: str = "") -> bool:
        """Whether the visitor holds the permission everywhere, or on what is the owner's."""
        everywhere = HELD.get(self.role, ()) if self.is_in and not self.is_waiting else ()
        on_it = members.GRANTS[self.works_for[owner]] if self.is_in and owner in self.works_for else ()
        return permission in everywhere or permission in on_it

    def has_somewhere(self, permission: str) -> bool:
        return any(self.has(permission, owner) for owner in ("", *self.works_for))

    @property
    def strangers(self) -> list[str]:
        """The owners of whom this visitor may read nothing. Staff whose role sees something are not judged so."""
        if any(self.has(permission) for permission in IDS):
            return []
        known = {A} if self.name == "buyer" else {*self.works_for, self.volunteers_at}
        return [owner for owner in WORDS if owner not in known]


CALLERS = {
    one.name: one
    for one in (
        *(Caller(name, role=name) for name in DEFAULT_ROLES),
        Caller("role without permissions", role=NOTHING),
        Caller("two-factor is lacking", role=CAREFUL, is_waiting=True),
        *(Caller(f"{role} of A", works_for={A: role}) for role in M.values),
        Caller("org_admin of B", works_for={B: M.ADMIN}),
        Caller("org_admin of A, org_member of B", works_for={A: M.ADMIN, B: M.MEMBER}),
        Caller("Support, org_admin of A", role="Support", works_for={A: M.ADMIN}),
        Caller("outsider"),
        Caller("crew of A", volunteers_at=A),
        Caller("buyer"),
        Caller("banned", works_for={A: M.ADMIN}, is_in=False),
        Caller("nobody", is_in=False),
    )
}


def refund_that_failed(kind: TicketType, buyer: User) -> Refund:
    """The refund of a cancelled order that the provider could not pay out."""
    order = pay(buy(buyer, kind))
    cancelling.cancel(order, by=buyer)
    refund = Refund.objects.get(payment__order=order)
    return refunds.heard(RefundReport(refund.uid, refund.attempt, "The card is closed.", "evt"))


class World:
    """One of everything: `objects[model][owner]`. The visitors are there too, their browsers are made by each test."""

    def __init__(self):
        self.objects: dict[type, dict[str, object]] = {}
        self.admin = SuperAdminFactory(full_name="Boss")
        self._make_roles()
        self.users = {name: self._person(one) for name, one in CALLERS.items() if name != "nobody"}
        self._make_owners()
        self._make_sales()
        self._make_doors()
        self._make_payouts()
        self._make_papers()
        self._make_integrations()
        self._make_crews()
        self._make_team()
        self._join()

    def _make_roles(self):
        roles.create(NOTHING, by=None)
        careful = roles.create(CAREFUL, by=None)
        roles.set_permissions(careful, list(IDS), by=None)
        roles.change(careful, requires_two_factor=True, by=None)

    def _person(self, caller: Caller) -> User:
        words = [WORDS[owner] for owner in caller.works_for]
        user = UserFactory(full_name=f"{words[0] if len(words) == 1 else 'Somebody'} {caller.name}")
        if caller.role:
            roles.assign(user, Role.objects.get(name=caller.role), by=None)
        notify.notify(user, f"Bell of {caller.name}.", url="/command-center/")
        self._put(caller.name, user.notifications.get())
        return user

    def _make_owners(self):
        for owner in (A, B):
            self._put(owner, rich_partner(name=f"{WORDS[owner]} Ltd", slug=WORDS[owner].lower()))
        self._put(HOUSE, Partner.objects.get(is_house=True))

    def _make_sales(self):
        for owner, word in WORDS.items():
            buyer = self.users["buyer"] if owner == A else UserFactory(full_name=f"{word} Buyer")
            event, kind = scene(price=99, partner=self.of(Partner, owner), name=f"{word} Night")
            self._put(owner, event)
            self._put(owner, kind)
            self._put(owner, promos.create(event, by=None, code=f"{word}10", percent_off=Decimal(10)))
            self._put(owner, EventImageFactory(event=event))
            order = pay(buy(buyer, kind))
            for row in (order, order.tickets.get(), *invoices.issue_for(order)):
                self._put(owner, row)
        both = [TicketTypeFactory(event=self.of(Event, owner), name="Balcony", price=5) for owner in (A, B)]
        self._put(BOTH, pay(buy(UserFactory(), *both)))
        self._put(A, WebhookDelivery.objects.order_by("pk")[0])
        self._put(A, refund_that_failed(self.of(TicketType, A), UserFactory(full_name=f"{WORDS[A]} Canceller")))
        full, kind = scene(capacity=1, partner=self.of(Partner, A), name=f"{WORDS[A]} Full")
        buy(UserFactory(full_name=f"{WORDS[A]} Guest"), kind)
        self._put(A, wait(full, self.users["buyer"]))

    def _make_doors(self):
        """At two events a ticket that let in two people."""
        for owner in (A, B):
            for row in more_doors(self.of(Event, owner), WORDS[owner], self.admin):
                self._put(owner, row)

    def _make_payouts(self):
        batch = payouts.create(partners=[self.of(Partner, A), self.of(Partner, B)], by=self.admin)
        self._put(BOTH, batch)
        for owner in (A, B):
            partner = self.of(Partner, owner)
            self._put(owner, batch.payouts.get(partner=partner))
            self._put(owner, partner.entries.earliest("pk").transfer)

    def _make_papers(self):
        for owner in (A, B):
            for row in more_papers(self.of(Partner, owner), WORDS[owner]):
                self._put(owner, row)

    def _make_integrations(self):
        """Two owners with an endpoint that was sent something, and a key."""
        for owner in (A, B):
            for row in more_integrations(self.of(Partner, owner), WORDS[owner]):
                self._put(owner, row)

    def _make_crews(self):
        """A plan for the events of two owners; A's shift is of the visitor who has a part in it."""
        for owner in (A, B):
            user = self.users["crew of A"] if owner == A else UserFactory(full_name=f"{WORDS[owner]} Helper")
            for row in more_crew(self.of(Event, owner), WORDS[owner], user):
                self._put(owner, row)

    def _make_team(self):
        clerk = roles.assign(UserFactory(full_name="Clerk"), Role.objects.get(name="Support"), by=None)
        for row in (clerk, roles.create("Spare", by=None), AuditLog.objects.first()):
            self._put("", row)

    def _join(self):
        """The visitors become members last: what was made before told nobody of them."""
        for caller in CALLERS.values():
            for owner, role in caller.works_for.items():
                self._put(owner, members.add(self.of(Partner, owner), self.users[caller.name], role, by=None))
        own = {"report": "orders", "form": "csv", "partner": self.of(Partner, A)}
        one = self.users["org_admin of A"]
        self._put("org_admin of A", exports.request(Export(user=one, **own)))
        self._put("org_admin of A", schedules.subscribe(Subscription(user=one, every="week", hour=7, **own)))

    def _put(self, owner: str, row) -> None:
        self.objects.setdefault(type(row), {})[owner] = row

    def of(self, model: type, owner: str):
        """The owner's row of this kind."""
        return self.objects[model][owner]

    def traces_of(self, owner: str) -> list[str]:
        """What tells that a page shows something of the owner: its word, and the uids of what is its own."""
        kinds = (Partner, Event, Order, Document, Contact, Invitation, Payout, Transfer, Booking, Person, Assignment)
        found = [self.objects[kind].get(owner) for kind in kinds]
        return [WORDS[owner], *(str(row.uid) for row in found if row is not None)]

    def client(self, name: str, **options) -> Client:
        """A browser of this visitor, who proved just now who they are; the banned one came in before the ban."""
        client = Client(raise_request_exception=False, **options)
        if name != "nobody":
            log_in(client, self.users[name])
        if name == "banned":
            bans.ban(self.users[name], reason="spam", by=self.admin)
        return client

    def more(self) -> None:
        """One row more of everything that a list shows, of a partner for which A's administrator works, too."""
        new = rich_partner()
        members.add(new, self.users["org_admin of A"], M.ADMIN, by=None)
        more_papers(new, "More")
        more_integrations(new, f"More{new.pk}")
        payouts.create(partners=[new], by=self.admin)
        for partner in (new, self.of(Partner, A)):
            pay(buy(UserFactory(), scene(price=7, partner=partner)[1]))
        user = roles.assign(UserFactory(), roles.create(f"Role {new.pk}", by=None), by=None)
        audit.record("BANNED_USER", user, by=UserFactory())
        for row in more_crew(self.of(Event, A), f"More {user.pk}", UserFactory()):
            if isinstance(row, Person):
                CrowdListEntry.objects.create(crowd_list=self.of(CrowdList, A), person=row)
        promos.create(self.of(Event, A), by=None, code=f"MORE{user.pk}", percent_off=Decimal(10))
        more_doors(self.of(Event, A), f"More {user.pk}", self.admin)
        for one in self.users.values():
            notify.notify(one, "More.")


def more_papers(partner: Partner, word: str) -> list:
    """A document, a contact and an invitation."""
    contact = contacts.add(partner, name=f"{word} Contact", email=f"c@{partner.slug}.example.com", by=None)
    invited = inviting.invite(partner, f"i@{partner.slug}.example.com", M.MEMBER, name=f"{word} Invited", by=None)
    return [uploaded(partner), contact, invited]


def more_doors(event: Event, word: str, by: User) -> tuple[Device, Scan, DoubleAdmission]:
    """Two devices, and a ticket that both let in while they could not reach each other."""
    ticket = pay(buy(UserFactory(full_name=f"{word} Twice"), event.ticket_types.first())).tickets.get()
    pair = [device_of(event, f"{word} {gate}", by) for gate in ("North", "South")]
    doubled(ticket, *pair)
    return pair[0], ticket.scans.earliest("pk"), ticket.double_admission


def more_crew(event: Event, word: str, user: User) -> list:
    """A plan of the event with one of everything: the user's shift, which they offer to all, and which somebody claims
    who may be another account.
    """
    about = {"partner": event.partner, "name": f"{word} Kind"}
    kind, company = crew.CrowdTypeFactory(**about), crew.CompanyFactory(**about | {"name": f"{word} Company"})
    tag = crew.PersonTagFactory(**about | {"name": f"{word} Tag"})
    section = crew.SectionFactory(event=event, name=f"{word} Section", is_gate=True)
    place = crew.LocationFactory(event=event, name=f"{word} Place")
    slot = crew.TimeSlotFactory(event=event, name=f"{word} Slot")
    shift = crew.ShiftFactory(section=section, time_slot=slot, location=place, title=f"{word} Shift")
    part = {"event": event, "crowd_type": kind, "company": company}
    strange = crew.PersonFactory(name=f"{word} Stranger", email=f"{event.pk}.{user.pk}@example.com", **part)
    match = IdentityMatch.objects.create(partner=event.partner, person=strange, user=UserFactory(full_name=f"{word} X"))
    assignments.claim(shift, strange, by=None)
    person = crew.PersonFactory(name=f"{word} Worker", user=user, email=user.email, **part)
    mine = assignments.assign(shift, person, by=None)
    swap = Swap.objects.create(offered=mine)
    guests = crew.CrowdListFactory(event=event, crowd_type=kind, name=f"{word} List", recipient_company=company)
    entry = CrowdListEntry.objects.create(crowd_list=guests, person=person)
    return [kind, company, tag, section, place, slot, shift, match, person, mine, swap, guests, entry]


def more_integrations(partner: Partner, word: str) -> list:
    """An endpoint with a delivery that failed, and a key."""
    now = timezone.now()
    about = {"partner": partner, "url": f"https://{word.lower()}.example.com/", "description": f"{word} hook"}
    endpoint = Endpoint(**about, kinds=["order.paid"])
    endpoint.secret = sealed.seal(b"secret", **signing.seal_of(endpoint))
    endpoint.save()
    Listener.objects.create(partner=partner, since=now, last_position=1)
    fact = Fact.objects.create(partner=partner, kind="order.paid", position=1, numbered_at=now, data={})
    delivery = Delivery.objects.create(
        endpoint=endpoint, fact=fact, kind=fact.kind, position=1, next_attempt_at=now, give_up_at=now, attempts_made=1
    )
    Attempt.objects.create(delivery=delivery, started_at=now, status=500, answer=f"{word} is down", error="No.")
    key = ApiKey.objects.create(
        partner=partner, name=f"{word} CRM", prefix="evk_12345678", key_hash=f"{word}", scopes=["feed:read"]
    )
    return [endpoint, delivery, key]
