"""One row of every model, for the tests of the raw admin."""

from decimal import Decimal

from django.utils import timezone
from guardian.shortcuts import assign_perm

from accounts import mail, notify, sessions
from accounts.factories import UserFactory
from accounts.models import LoginLock, Role, SavedFilter, User
from analytics.models import Correction, Counted, Export, FsckRun, Subscription, Tally
from bookings import cancelling, orders, payments
from bookings.factories import TicketTypeFactory
from bookings.models import (
    Device,
    DoubleAdmission,
    Hall,
    Invoice,
    InvoiceSeries,
    MassRefund,
    Order,
    PromoCode,
    Resale,
    RevokedCode,
    SandboxCharge,
    Scan,
    TicketTransfer,
    WaitingRoom,
    WebhookDelivery,
)
from bookings.providers import sandbox
from crew import factories as crew
from crew.models import (
    Assignment,
    CrewPlan,
    CrowdListEntry,
    IdentityMatch,
    RosterFeed,
    Swap,
    UserTag,
)
from eventify.tests.page_world import more_integrations
from events.factories import CategoryFactory, EventFactory, EventImageFactory
from events.models import Banner, Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import (
    BankAccount,
    Contact,
    Document,
    Invitation,
    Member,
    Partner,
    Payout,
    PayoutBatch,
    SandboxTransfer,
)
from privacy.models import Copy


def address(model, page="", *args) -> str:
    """The path of a page of this model in the raw admin."""
    parts = [model._meta.app_label, model._meta.model_name, *args, page]
    return "/django-admin/" + "/".join(str(part) for part in parts if part != "") + "/"


def one_of_each() -> None:
    """One more row of every model, each related to rows of its own, so that an N+1 cannot hide."""
    user, partner = UserFactory(), PartnerFactory()
    sessions.start(user)
    sessions.new_device_token(user)
    notify.notify(user, "Hello")
    mail.queue("tickets", user.email, order="1", event="A", qty=1)
    members.add(partner, user, Member.Role.ADMIN, by=user)
    role = Role.objects.create(name=f"Role of {user.pk}")
    assign_perm("view_events", role.group_ptr, partner)
    event = EventFactory(partner=partner, category=CategoryFactory(), seating=Event.Seating.AUTOMATIC)
    EventImageFactory(event=event)
    Banner.objects.create(title="Soon", image_url="/a.png", event=event)
    order = orders.place([orders.Line(TicketTypeFactory(event=event, price=Decimal(100)).pk, 1)], by=user)
    sandbox.decide(SandboxCharge.objects.get(reference=order.payments.get().uid), "paid")
    cancelling.cancel(payments.refresh(order), by=user)
    now = timezone.now()
    WebhookDelivery.objects.create(provider="sandbox", delivery_id=f"e{user.pk}", body={}, processed_at=now)
    MassRefund.objects.create(event=event, reason="Postponed", requested_by=user, newest_booking=1)
    _of_accounts(user)
    _of_partners(partner, user)
    _of_sales(order, user)
    _of_the_door(event, user)
    Hall.objects.create(event=event)
    _of_crew(event, user)
    _of_analytics(user)
    more_integrations(PartnerFactory(), f"w{user.pk}")


def _of_analytics(user: User) -> None:
    Tally.objects.create(what=f"{user.pk}", at=timezone.now(), number=1)
    Counted.objects.create(what=f"{user.pk}")
    Correction.objects.create(what="tickets", row_id=1, at=timezone.now(), number=-1)
    FsckRun.objects.create(requested_by=user, finished_at=timezone.now())
    event = EventFactory()
    about = {"user": user, "report": "orders", "form": "csv", "event": event, "partner": event.partner}
    weekly = Subscription.objects.create(**about, every="week", hour=7, time_zone="UTC", next_at=timezone.now())
    Export.objects.create(**about, subscription=weekly)


def _of_sales(order: Order, user: User) -> None:
    """A code, a ticket that is passed on and given back to the queue, and an invoice."""
    booking, ticket = order.bookings.get(), order.tickets.get()
    PromoCode.objects.create(event=booking.event, code="EARLY")
    now = timezone.now()
    room = {"event": booking.event, "opens_at": now, "draw_at": now, "max_inside": 1, "minutes": 1, "sealed_seed": b""}
    WaitingRoom.objects.create(**room).entries.create(user=user, is_early=True)
    TicketTransfer.objects.create(
        ticket=ticket, sender=user, recipient=user, token_hash=f"{ticket.pk:064}", expires_at=timezone.now()
    )
    kind = {"event": booking.event, "ticket_type": booking.ticket_type}
    Resale.objects.create(ticket=ticket, seller=user, price=1, buyer_booking=booking, **kind)
    series = InvoiceSeries.objects.create(partner=booking.event.partner, year=2026)
    about = {"order": order, "issued_at": timezone.now(), "currency": "INR", "total": 1, "tax": 0, "data": {}}
    Invoice.objects.create(series=series, number=1, kind="invoice", key=f"{order.pk}", **about)


def _of_the_door(event: Event, user: User) -> None:
    """A key, a device, and a ticket that it let in twice."""
    ticket = event.tickets.first()
    device = Device.objects.create(
        event=event, name="A", enrolled_by=user, enrolment_hash=f"{event.pk:064}", enrolment_expires_at=timezone.now()
    )
    about = {"event": event, "ticket": ticket}
    Scan.objects.create(device=device, by=user, code_hash="a", verdict="admitted", **about)
    DoubleAdmission.objects.create(settled_by=user, **about)
    RevokedCode.objects.create(code_hash=f"{ticket.pk:064}", **about)


def _of_accounts(user: User) -> None:
    Copy.objects.create(user=user, requested_by=user, sent_to=user.email)
    LoginLock.objects.create(key_hash=f"{user.pk:064}", failures=1, window_ends_at=timezone.now())
    SavedFilter.objects.create(user=user, page="desk-orders", name="Mine", query="status=paid")


def _of_partners(partner: Partner, user: User) -> None:
    """Its papers and its money. (Transfer, Entry and Balance come with the sale and the refund.)"""
    Contact.objects.create(partner=partner, name="A", email="a@example.com", is_primary=True)
    Invitation.objects.create(
        partner=partner, email="b@example.com", token_hash=f"{partner.pk:064}", expires_at=timezone.now()
    )
    Document.objects.create(partner=partner, type="PAN", file=f"{partner.pk}", name="a.pdf", size=1, uploaded_by=user)
    account = BankAccount.objects.create(partner=partner, holder="A", number="1", country="IN", added_by=user)
    batch = PayoutBatch.objects.create(provider="sandbox", created_by=user, approved_by=user)
    about = {"amount": Decimal(1), "currency": "INR"}
    payout = Payout.objects.create(batch=batch, partner=partner, bank_account=account, **about)
    SandboxTransfer.objects.create(reference=payout.uid, account="1", **about)


def _of_crew(event: Event, user: User) -> None:
    """A plan with a shift that one person offers to another, and whoever is on a list."""
    kind, company = crew.CrowdTypeFactory(partner=event.partner), crew.CompanyFactory(partner=event.partner)
    tag = crew.PersonTagFactory(partner=event.partner)
    UserTag.objects.create(user=user, tag=tag, source=UserTag.Source.SELF, assigned_by=user)
    CrewPlan.objects.create(event=event, signup_crowd_type=kind)
    about = {"event": event, "crowd_type": kind, "company": company}
    one, other = crew.PersonFactory(user=user, **about), crew.PersonFactory(**about)
    IdentityMatch.objects.create(partner=event.partner, person=other, user=user, decided_by=user)
    shift = crew.ShiftFactory(section=crew.SectionFactory(event=event), location=crew.LocationFactory(event=event))
    given = {"shift": shift, "status": Assignment.Status.APPROVED, "origin": Assignment.Origin.ASSIGNED}
    mine, theirs = (Assignment.objects.create(person=each, assigned_by=user, **given) for each in (one, other))
    Swap.objects.create(offered=mine, in_return=theirs, to=other, taken_by=other)
    RosterFeed.objects.create(user=user, seed="a", token_hash=f"{user.pk:064}")
    guests = crew.CrowdListFactory(event=event, crowd_type=kind, recipient_company=company)
    CrowdListEntry.objects.create(crowd_list=guests, person=one, added_by=user)
