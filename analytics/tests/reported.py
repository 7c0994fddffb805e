"""What the tests of reports start from: a partner with sales of every kind, a door, a crew, and what was paid out."""

from decimal import Decimal

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import User
from analytics.models import Export
from analytics.reports import exports
from bookings import cancelling, checkin, refunds
from bookings.factories import TicketTypeFactory
from bookings.tests.scenes import buy, pay, scene
from crew import assignments
from crew import factories as crew
from partners import members, payouts
from partners.models import Member, Partner
from partners.tests.money import rich_partner

NAMES = ("नमस्ते कुमार", "Nguyễn Thị Hồng", "=HYPERLINK(1)", "Wim de Vries")


class World:
    """`partner` and `event`, whose `admin` sees all of it; `other` is somebody else's, and is called Wombat."""

    def __init__(self):
        self.chief = SuperAdminFactory()
        self.partner = rich_partner(500, name="Quokka Ltd", slug="quokka")
        self.other = rich_partner(300, name="Wombat Ltd", slug="wombat")
        self.admin, self.member = UserFactory(full_name="Ada"), UserFactory(full_name="Mel")
        members.add(self.partner, self.admin, Member.Role.ADMIN, by=None)
        members.add(self.partner, self.member, Member.Role.MEMBER, by=None)
        self.event, self.kind = self.sale_of(self.partner, "Quokka Night")
        self.theirs, _kind = self.sale_of(self.other, "Wombat Night")
        payouts.create(partners=[self.partner, self.other], by=self.chief)

    def sale_of(self, partner: Partner, name: str):
        """Orders that were paid, cancelled, forfeited, partly given back, and not paid at all."""
        event, kind = scene(capacity=100, price=100, partner=partner, name=name)
        balcony = TicketTypeFactory(event=event, name="Balcony", price=Decimal("33.35"))
        word = name.split()[0]
        orders = [pay(buy(UserFactory(full_name=f"{word} {one}"), kind, balcony, qty=2)) for one in NAMES]
        cancelling.cancel(orders[1], by=self.chief)
        refunds.give(orders[2], Decimal(5), reason="Sorry", by=self.chief)
        lost = [orders[3].tickets.earliest("pk")]
        cancelling.cancel_tickets(orders[3], lost, by=self.chief, is_refunded=False)
        buy(UserFactory(full_name=f"{word} Waits"), kind)
        checkin.admit(orders[0].tickets.first().ticket_code, by=self.chief, gate="North", event=event)
        section = crew.SectionFactory(event=event, name=f"{word} Bar")
        shift = crew.ShiftFactory(section=section, time_slot=crew.TimeSlotFactory(event=event), title="Bar")
        person = crew.PersonFactory(event=event, name=f"{word} नमस्ते", email=f"{word}@example.com", status="approved")
        assignments.assign(shift, person, by=None)
        return event, kind


def asked(user: User, report: str, form: str = "csv", **about) -> Export:
    """The report, made at once."""
    return exports.request(Export(user=user, report=report, form=form, **about))


def read(export: Export) -> bytes:
    """The file."""
    with exports.fetch(export, by=export.user) as file:
        return file.read()
