"""One of everything that a page of the command center, or of a partner, can be about."""

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Notification, Role
from accounts.roles import assign
from bookings.tests.scenes import buy, pay, scene
from partners import contacts, inviting, members, payouts
from partners.models import Document, Member, PayoutBatch, Transfer
from partners.tests import money
from partners.tests.papers import T, pdf, uploaded


class World:
    """The rows; `chief` may do everything, `admin` runs the partner."""

    def __init__(self):
        self.chief = SuperAdminFactory(full_name="Vera Chief")
        self.partner = money.rich_partner(5000, name="Alpha Hall", slug="alpha")
        self.admin, self.buyer = UserFactory(full_name="Ada Admin"), UserFactory(full_name="Asha Buyer")
        members.add(self.partner, self.admin, Member.Role.ADMIN, by=self.chief)
        self.event, ticket_type = scene(name="Alpha Night", price=100, partner=self.partner)
        self.order = pay(buy(self.buyer, ticket_type))
        self.batch = payouts.create(partners=[self.partner], by=SuperAdminFactory())
        self.invitation = inviting.invite(self.partner, "new@example.com", Member.Role.MEMBER, by=self.chief)
        self.contact = contacts.add(self.partner, name="Ann", email="ann@example.com", by=self.chief)
        self.document = uploaded(self.partner, T.PAN, pdf(2), by=self.admin)
        self.staff = assign(UserFactory(full_name="Sam Support"), Role.objects.get(name="Support"), by=None)
        self.note = Notification.objects.create(recipient=self.chief, title="For Vera", message="Look.")

    def uid(self, name: str):
        """The uid for the route of this name, by the beginning of the name; StopIteration: say here which."""
        about = {
            "desk-audit-line": AuditLog.objects.first(),
            "desk-notification-read": self.note,
            "desk-staff": self.staff,
            "desk-role": Role.objects.get(name="Gate"),
            "desk-statement": self.partner,
            "desk-partner": self.partner,
            "desk-invitation": self.invitation,
            "desk-document": self.document,
            "desk-transfer": Transfer.objects.first(),
            "desk-payout-refused": self.batch.payouts.get(),
            "desk-payout": PayoutBatch.objects.get(),
            "desk-event": self.event,
            "desk-order": self.order,
            "desk-user": self.buyer,
            "partner-contact": self.contact,
            "partner-document": Document.objects.get(pk=self.document.pk),
            "partner-member": Member.objects.get(user=self.admin),
            "partner-invitation": self.invitation,
        }
        return next(about[start] for start in about if name.startswith(start)).uid
