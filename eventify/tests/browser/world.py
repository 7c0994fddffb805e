"""One of everything that a page of the command center, or of a partner, can be about."""

import re
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Notification, Role
from accounts.roles import assign
from accounts.tests.coming_in import log_in
from analytics.models import Export, Subscription
from analytics.reports import exports, schedules
from bookings import hall_text, halls, promos, ticket_types
from bookings.factories import TicketTypeFactory
from bookings.models import WebhookDelivery
from bookings.tests.rooms import a_room, begin
from bookings.tests.scenes import buy, pay, scene
from crew import assignments, tags
from crew.factories import SectionFactory, ShiftFactory
from crew.models import (
    Company,
    CrowdList,
    CrowdType,
    IdentityMatch,
    Location,
    Person,
    PersonTag,
    Section,
    Shift,
    Swap,
    TimeSlot,
)
from eventify.tests.page_world import more_crew, more_doors, more_integrations
from events import licence, states
from partners import contacts, inviting, members, payouts
from partners.models import Document, Member, PayoutBatch, Transfer
from partners.tests import money
from partners.tests.papers import T, pdf, uploaded

# What an address names: by the beginning of the url name, the longer one first
OF_CREWS = {
    "desk-crew-shift": Shift,
    "desk-crew-section": Section,
    "desk-crew-slot": TimeSlot,
    "desk-crew-location": Location,
    "desk-crew-swap": Swap,
    "desk-crew-person": Person,
    "desk-crew-list": CrowdList,
    "desk-crew-match": IdentityMatch,
    "desk-crew-type": CrowdType,
    "desk-crew-company": Company,
    "desk-crew-tag": PersonTag,
    "crew-swap-offer": Shift,
    "crew-swap": Swap,
    "crew-leave": Person,
    "crew-": Shift,
}


class World:
    """The rows; `chief` may do everything, `admin` runs the partner, `volunteer` works at its event."""

    def __init__(self):
        self.chief = SuperAdminFactory(full_name="Vera Chief")
        self.partner = money.rich_partner(5000, name="Alpha Hall", slug="alpha")
        self.admin, self.buyer = UserFactory(full_name="Ada Admin"), UserFactory(full_name="Asha Buyer")
        members.add(self.partner, self.admin, Member.Role.ADMIN, by=self.chief)
        self.event, ticket_type = scene(name="Alpha Night", price=100, partner=self.partner)
        self._make_hall(ticket_type)
        self.order = pay(buy(self.buyer, ticket_type))
        self.ticket_type = ticket_type
        self.device, self.scan, self.conflict = more_doors(self.event, "Alpha", self.chief)
        self.promo = promos.create(self.event, by=self.chief, code="ALPHA10", percent_off=Decimal(10))
        self.batch = payouts.create(partners=[self.partner], by=SuperAdminFactory())
        self.invitation = inviting.invite(self.partner, "new@example.com", Member.Role.MEMBER, by=self.chief)
        self.contact = contacts.add(self.partner, name="Ann", email="ann@example.com", by=self.chief)
        self.document = uploaded(self.partner, T.PAN, pdf(2), by=self.admin)
        self.staff = assign(UserFactory(full_name="Sam Support"), Role.objects.get(name="Support"), by=None)
        self._make_crew()
        self.integrations = more_integrations(self.partner, "Alpha")
        own = {"user": self.chief, "report": "orders", "form": "csv", "event": self.event}
        self.export = exports.request(Export(**own))
        schedules.subscribe(Subscription(every="week", hour=7, **own))
        licence.set_capacity(self.event, 10, by=self.chief)
        self.rush = begin(a_room(event=scene(name="Rush Night", partner=self.partner)[0])[0]).event
        self.note = Notification.objects.create(recipient=self.chief, title="For Vera", message="Look.")

    def _make_hall(self, ticket_type):
        """Two areas with their prices, a wheelchair place with its companion's, and seats that the house keeps."""
        plan = "[Stalls]\nA: 1-6 | 7-12\nB: W1 C2 3-10 X11 X12\n~\n[Balcony]\nC: 1-12\n"
        halls.save(self.event, hall_text.read(plan), by=self.chief)
        balcony = TicketTypeFactory(event=self.event, name="Balcony", price=80)
        ticket_types.set_areas(self.event, [(ticket_type, "Stalls"), (balcony, "Balcony")], by=self.chief)

    def _make_crew(self):
        """A plan with a gap, a clash, a claim that waits, and people who may sign up."""
        self.volunteer = UserFactory(full_name="Vik Volunteer")
        self.crew = {type(row): row for row in more_crew(self.event, "Alpha", self.volunteer)}
        person, slot, bar = self.crew[Person], self.crew[TimeSlot], SectionFactory(event=self.event, name="Main bar")
        second = ShiftFactory(section=bar, time_slot=slot, title="Bartender", slots_total=4)
        assignments.assign(second, person, by=self.chief, allow_clash=True)
        ShiftFactory(section=bar, time_slot=slot, title="Runner", status=Shift.Status.DRAFT)
        tags.give(self.volunteer, self.crew[PersonTag], source="organiser_assigned", by=self.chief)
        self.event = states.advance(self.event, self.event.State.REGISTRATION_OPEN, by=self.chief)

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
            "desk-event-room": self.rush,
            "desk-event": self.event,
            "desk-export": self.export,
            **{start: self.crew[model] for start, model in OF_CREWS.items()},
            "desk-order": self.order,
            "desk-promo": self.promo,
            "desk-ticket-type": self.ticket_type,
            "desk-device": self.device,
            "desk-scan": self.scan,
            "desk-door-conflict": self.conflict,
            "desk-webhook": WebhookDelivery.objects.first(),
            "desk-user": self.buyer,
            "desk-endpoint": self.integrations[0],
            "partner-endpoint": self.integrations[0],
            "partner-key": self.integrations[2],
            "ticket": self.order.tickets.first(),
            "partner-contact": self.contact,
            "partner-document": Document.objects.get(pk=self.document.pk),
            "partner-member": Member.objects.get(user=self.admin),
            "partner-invitation": self.invitation,
        }
        return next(about[start] for start in about if name.startswith(start)).uid

    def address(self, path: str, name: str) -> str:
        """The address of the route with this path and name."""
        known = {
            "event": lambda: self.event.uid,
            "partner": lambda: self.partner.uid,
            "slug": lambda: self.event.slug if name.startswith("crew-") else self.partner.slug,
            "uid": lambda: self.uid(name),
            "upload": self.upload,
        }
        asked = re.findall(r"<\w+:(\w+)>", path)
        return reverse(name, kwargs={parameter: known[parameter]() for parameter in asked})

    def upload(self) -> str:
        """A file of people that the chief has uploaded: two rows are good, one is not."""
        rows = "Name,E-mail,Crowd type\nAnn,ann@example.com,Alpha Kind\nBo,,Alpha Kind\nCy,no address,Nothing\n"
        file = SimpleUploadedFile("people.csv", rows.encode(), content_type="text/csv")
        client = log_in(Client(), self.chief)
        answer = client.post(reverse("desk-crew-import", args=[self.event.uid]), {"file": file})
        return answer["Location"].rstrip("/").rpartition("/")[2]
