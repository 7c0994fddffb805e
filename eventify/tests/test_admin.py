"""The raw admin: every model has a page that opens, searches, and asks the same number of queries for 1 and 3 rows."""

from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from guardian.models import GroupObjectPermission
from guardian.shortcuts import assign_perm

from accounts import audit, mail, notify, sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, LoginLock, Role, SavedFilter, User
from analytics.models import Correction, Counted, FsckRun, Tally
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
    TicketType,
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
from eventify.lib.errors import Conflict
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

APPS = ("accounts", "partners", "events", "bookings", "crew", "privacy")
OURS = {*APPS, "guardian"}
MODELS = sorted((m for m in admin.site._registry if m._meta.app_label in OURS), key=lambda m: m._meta.label)
EVERY = pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
EDITABLE = {
    "Banner",
    "Category",
    "Event",
    "EventImage",
    "Member",
    "Notification",
    "Partner",
    "Role",
    "TicketType",
    "User",
}

pytestmark = pytest.mark.django_db


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


def _of_analytics(user: User) -> None:
    Tally.objects.create(what=f"{user.pk}", at=timezone.now(), number=1)
    Counted.objects.create(what=f"{user.pk}")
    Correction.objects.create(what="tickets", row_id=1, at=timezone.now(), number=-1)
    FsckRun.objects.create(requested_by=user, finished_at=timezone.now())


def _of_sales(order: Order, user: User) -> None:
    """A code, a ticket that is passed on and given back to the queue, and an invoice."""
    booking, ticket = order.bookings.get(), order.tickets.get()
    PromoCode.objects.create(event=booking.event, code="EARLY")
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


def address(model, page="", *args) -> str:
    """The path of a page of this model."""
    parts = [model._meta.app_label, model._meta.model_name, *args, page]
    return "/django-admin/" + "/".join(str(part) for part in parts if part != "") + "/"


@pytest.fixture
def staff(client):
    user = SuperAdminFactory()
    client.force_login(user)
    return user


def test_every_model_of_our_apps_has_a_page():
    ours = {m for app in APPS for m in apps.get_app_config(app).get_models()}
    assert ours - set(MODELS) == set()


@EVERY
def test_a_list_asks_as_many_queries_for_3_rows_as_for_1(client, staff, model):
    one_of_each()
    assert client.get(address(model)).status_code == 200  # fills the content type cache
    with CaptureQueriesContext(connection) as few:
        client.get(address(model))
    one_of_each()
    one_of_each()
    with CaptureQueriesContext(connection) as many:
        response = client.get(address(model))
    assert response.context["cl"].result_count >= 3
    assert len(many) == len(few), [query["sql"][:200] for query in many.captured_queries]


@EVERY
@pytest.mark.parametrize(
    "words", ["x", "\x00", "é" * 5000, "99999999999999999999", "'; --", "a b c d e f"], ids=lambda text: ascii(text[:9])
)
def test_a_search_is_never_a_server_error(client, staff, model, words):
    one_of_each()
    assert client.get(address(model), {"q": words}).status_code == 200


@EVERY
def test_its_pages_open(client, staff, model):
    one_of_each()
    row = model._default_manager.first()
    assert client.get(address(model, "change", row.pk)).status_code == 200
    added = client.get(address(model, "add")).status_code
    assert added == (200 if model.__name__ in EDITABLE else 403)


@EVERY
def test_only_superusers_come_in(client, model):
    client.force_login(UserFactory())
    assert client.get(address(model)).status_code == 302
    client.force_login(UserFactory(is_staff=True))
    assert client.get(address(model)).status_code == 403


def test_the_index_opens(client, staff):
    assert client.get("/django-admin/").status_code == 200


def form_of(response) -> dict:
    """What a browser would send back from this page: the initial value of every field."""
    form, data = response.context["adminform"].form, {}
    for field in form:
        value = field.value()
        widgets = getattr(field.field.widget, "widgets", None)
        if widgets:  # date and time are two inputs
            shown = field.field.widget.decompress(value)
            data |= {f"{field.html_name}_{n}": part or "" for n, part in enumerate(shown)}
        elif value is not None and value is not False:
            data[field.html_name] = value
    for inline in response.context["inline_admin_formsets"]:
        management = inline.formset.management_form
        data |= {f.html_name: f.value() for f in management}
        for row in inline.formset.forms:
            data |= {
                f.html_name: f.value() for f in row if f.value() is not None and f.name not in ("image", "thumbnail")
            }
    return data


def test_an_event_is_changed_through_its_verb_and_its_counters_stay(client, staff):
    event = EventFactory(capacity=7)
    path = address(Event, "change", event.pk)
    data = form_of(client.get(path)) | {
        "content": "<p>Hi<script>alert(1)</script></p>",
        "capacity": "9999",
        "booked_count": "5",
        "state": "cancelled",
    }
    response = client.post(path, data)
    assert response.status_code == 302, response.context and response.context["adminform"].form.errors
    event.refresh_from_db()
    assert (event.content, event.capacity, event.booked_count, event.state) == ("<p>Hi</p>", 7, 0, "published")
    assert AuditLog.objects.filter(action="CHANGED_EVENT", actor=staff).count() == 1


@pytest.mark.parametrize("zone", ["Mars/Base", "\x00", "../../etc/passwd"])
def test_an_event_needs_a_real_time_zone(client, staff, zone):
    path = address(Event, "change", EventFactory().pk)
    response = client.post(path, form_of(client.get(path)) | {"timezone": zone})
    assert response.status_code == 200
    assert "timezone" in response.context["adminform"].form.errors


def test_an_event_is_added_as_a_draft(client, staff):
    partner = PartnerFactory()
    data = form_of(client.get(address(Event, "add"))) | {"partner": partner.pk, "name": "New", "slug": "featured"}
    response = client.post(address(Event, "add"), data)
    assert response.status_code == 302, response.context and response.context["adminform"].form.errors
    event = Event.objects.get(name="New")
    assert (event.state, event.partner) == ("draft", partner)
    assert event.slug.startswith("featured-")


def test_an_event_with_bookings_is_not_deleted(client, staff):
    event = TicketTypeFactory().event
    orders.book(event.pk, 1, by=UserFactory())
    assert client.post(address(Event, "delete", event.pk), {"post": "yes"}).status_code in (200, 302, 403)
    chosen = {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"}
    assert client.post(address(Event), chosen).status_code in (200, 302)
    assert Event.objects.filter(pk=event.pk).exists()


def test_a_ticket_type_is_changed_through_the_stock(client, staff):
    event = EventFactory(capacity=10, is_capacity_fixed=False)
    path = address(TicketType, "add")
    data = form_of(client.get(path)) | {"event": event.pk, "name": "Gold", "price": "10", "quantity_total": "4"}
    assert client.post(path, data).status_code == 302
    gold = TicketType.objects.get(name="Gold")
    event.refresh_from_db()
    assert event.capacity == 4
    orders.place([orders.Line(gold.pk, 3)], by=UserFactory())
    path = address(TicketType, "change", gold.pk)
    response = client.post(path, form_of(client.get(path)) | {"quantity_total": "2"}, follow=True)
    assert "3 are sold already; the quantity cannot be less." in response.content.decode()
    gold.refresh_from_db()
    assert (gold.quantity_total, gold.quantity_sold) == (4, 3)


def test_a_member_gets_and_loses_the_permissions_of_the_role(client, staff):
    partner, user = PartnerFactory(), UserFactory()
    data = {"partner": partner.pk, "user": user.pk, "role": "event_manager"}
    assert client.post(address(Member, "add"), data).status_code == 302
    assert User.objects.get(pk=user.pk).can("manage_events", on=partner)
    member = Member.objects.get(user=user)
    assert client.post(address(Member, "delete", member.pk), {"post": "yes"}).status_code == 302
    assert not User.objects.get(pk=user.pk).can("manage_events", on=partner)


def test_a_new_password_ends_every_session(client, staff):
    user = UserFactory()
    session, token = sessions.start(user)
    path = f"/django-admin/accounts/user/{user.pk}/password/"
    assert client.get(path).status_code == 200
    data = {"password1": "another-Secret-1", "password2": "another-Secret-1", "usable_password": "true"}
    assert client.post(path, data).status_code == 302
    assert sessions.find(token) is None
    assert User.objects.get(pk=user.pk).check_password("another-Secret-1")


def test_a_user_is_added_and_given_a_role(client, staff):
    path = address(User, "add")
    data = {"email": "new@example.com", "username": "new", "full_name": "", "usable_password": "true"}
    data |= {"password1": "another-Secret-1", "password2": "another-Secret-1"}
    assert client.post(path, data).status_code == 302
    user = User.objects.get(email="new@example.com")
    gate = Role.objects.get(name="Gate")
    path = address(User, "change", user.pk)
    response = client.post(path, form_of(client.get(path)) | {"role": gate.pk, "is_superuser": "on"})
    assert response.status_code == 302, response.context and response.context["adminform"].form.errors
    user = User.objects.get(pk=user.pk)
    assert (user.is_staff, user.is_superuser, user.can("check_in"), user.phone) == (True, False, True, None)


def test_nobody_takes_their_own_super_admin_role(client, staff):
    path = address(User, "change", staff.pk)
    data = form_of(client.get(path)) | {"role": Role.objects.get(name="Gate").pk}
    response = client.post(path, data, follow=True)
    assert "You cannot take your own Super Admin role away." in response.content.decode()
    staff.refresh_from_db()
    assert staff.is_superuser


@pytest.mark.parametrize("value", ["\x00", "+1", "x" * 300])
def test_a_bad_phone_number_is_a_form_error(client, staff, value):
    path = address(User, "change", UserFactory().pk)
    response = client.post(path, form_of(client.get(path)) | {"phone": value})
    assert response.status_code == 200
    assert "phone" in response.context["adminform"].form.errors


def test_the_system_role_and_the_audit_log_stay_as_they_are(client, staff):
    super_admin = Role.objects.get(name="Super Admin")
    assert client.post(address(Role, "change", super_admin.pk), {"name": "x"}).status_code == 403
    assert client.post(address(Role, "delete", super_admin.pk), {"post": "yes"}).status_code == 403
    line = audit.record("TESTED", staff, by=staff)
    assert client.post(address(AuditLog, "change", line.pk), {"action": "x"}).status_code == 403
    assert client.post(address(AuditLog, "delete", line.pk), {"post": "yes"}).status_code == 403
    assert GroupObjectPermission in admin.site._registry


def test_several_rows_are_deleted_all_or_none(rf, staff):
    """Django looks for protected rows first; a booking that comes after that look is refused by the verb."""
    free, booked = EventFactory(), TicketTypeFactory().event
    orders.place([orders.Line(booked.ticket_types.get().pk, 1)], by=UserFactory())
    request = rf.post("/")
    request.user = staff
    chosen = Event.objects.filter(pk__in=[free.pk, booked.pk]).order_by("pk")
    with pytest.raises(Conflict):
        admin.site.get_model_admin(Event).delete_queryset(request, chosen)
    assert Event.objects.filter(pk__in=[free.pk, booked.pk]).count() == 2
