"""The raw admin: what is changed there goes through the verbs (the lists: test_admin_lists.py)."""

import pytest
from django.contrib import admin
from guardian.models import GroupObjectPermission

from accounts import audit, sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role, User
from bookings import orders
from bookings.factories import TicketTypeFactory
from bookings.models import (
    TicketType,
)
from eventify.lib.errors import Conflict
from eventify.tests.admin_world import address
from events.factories import EventFactory
from events.models import Event
from partners.factories import PartnerFactory
from partners.models import (
    Member,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    user = SuperAdminFactory()
    client.force_login(user)
    return user


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
