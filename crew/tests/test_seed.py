"""`manage.py seed`: the small world of contract 001, and the rich one."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum
from django.utils import timezone
from PIL import Image

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Notification, OutgoingMail, User
from bookings import spent
from bookings.demo import pictures, world
from bookings.models import Booking, Order, Payment, Refund, Seat, Ticket, TicketType
from bookings.tests import invariants
from crew import clashes, gate
from crew.models import Assignment, CrowdList, CrowdListEntry, IdentityMatch, Person, Section, Shift, TimeSlot, UserTag
from crew.tests import invariants as crew_invariants
from events.models import Banner, Category, Event, EventImage
from partners.models import Member, Partner

pytestmark = pytest.mark.django_db
EVERYTHING = (User, Partner, Member, Category, Event, EventImage, Banner, TicketType, Order, Booking, Ticket, Seat)
EVERYTHING += (Payment, Refund, Notification)
EVERYTHING += (Assignment, CrowdList, CrowdListEntry, IdentityMatch, Person, Section, Shift, TimeSlot, UserTag)


def seed(**options):
    """What the command said on standard output."""
    out = io.StringIO()
    call_command("seed", stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


@pytest.fixture(scope="module")
def rich(django_db_setup, django_db_blocker):
    """The rich world, made once for this file and taken away after it (so no test here may be transactional)."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            seed(demo=True)
            yield
            transaction.set_rollback(True)
        connection.close()


def rows():
    return {model: list(model.objects.order_by("pk").values()) for model in EVERYTHING}


def check_books():
    """The counters equal the rows that they count, and money equals what was paid."""
    live = Q(bookings__status__in=["pending", "confirmed"])
    waits = Q(bookings__status="waitlisted")
    for event in Event.objects.annotate(
        live=Sum("bookings__qty", filter=live), waits=Sum("bookings__qty", filter=waits)
    ):
        assert (event.booked_count, event.waitlisted_count) == (event.live or 0, event.waits or 0), event.slug
        if not event.is_capacity_fixed:
            assert event.capacity == event.ticket_types.aggregate(n=Sum("quantity_total"))["n"]
    for kind in TicketType.objects.annotate(live=Sum("bookings__qty", filter=live)):
        assert kind.quantity_sold == (kind.live or 0), kind
    assert [breach.sentence for breach in invariants.books()] == []
    confirmed = Booking.objects.filter(status="confirmed").annotate(
        live=Count("tickets", filter=~Q(tickets__status="cancelled"))
    )
    assert all(booking.live == booking.qty for booking in confirmed)
    paid = Payment.objects.filter(status="paid").aggregate(n=Sum("amount"))["n"]
    assert paid == Order.objects.filter(status__in=["paid", "refunded"]).aggregate(n=Sum("total_amount"))["n"]
    assert User.objects.aggregate(n=Sum("total_spent"))["n"] == spent.of_orders(Order.objects.values("pk"))
    assert spent.different() == []
    assert not Refund.objects.exclude(status="done").exists()


def test_the_small_world_is_exactly_that_of_the_document():
    said = seed()
    assert said.startswith("Made 11 users, 5 events, 20 tickets.\nLog in as admin@evient.com, password admin123;\n")
    now = timezone.now()
    assert (User.objects.count(), Event.objects.count(), Ticket.objects.count()) == (11, 5, 20)
    assert Event.objects.filter(ends_at__lt=now).count() == 2
    assert Event.objects.filter(starts_at__gt=now).count() == 3
    assert Ticket.objects.filter(status="used").count() == 7
    assert Ticket.objects.filter(status="valid").count() == 13
    assert not Ticket.objects.filter(status="used", event__ends_at__gt=now).exists()
    assert not Ticket.objects.filter(created_at__gt=F("event__starts_at")).exists()
    assert not Ticket.objects.filter(used_at__gt=F("event__ends_at")).exists()
    assert {event.state for event in Event.objects.all()} == {"published"}
    check_books()


def test_its_administrator_and_users_can_log_in():
    seed()
    admin = authenticate(username="admin@evient.com", password="admin123")
    assert (admin.role.name, admin.is_superuser, admin.is_staff) == ("Super Admin", True, True)
    users = User.objects.exclude(pk=admin.pk)
    assert all(authenticate(username=user.email, password="secret123") == user for user in users)
    assert not any(user.is_staff for user in users)


def test_a_second_run_changes_nothing():
    seed()
    before = rows()
    assert seed() == "The made-up world exists already; nothing was changed.\n"
    assert rows() == before


def test_what_was_deleted_comes_back():
    seed()
    event = Event.objects.get(slug="open-studio")
    Ticket.objects.filter(event=event).delete()
    event.bookings.all().delete()
    event.delete()
    assert seed().startswith("Made 0 users, 1 events, 3 tickets.")


def test_the_password_of_an_administrator_who_exists_stays():
    SuperAdminFactory(email="Admin@evient.com", password="mine")
    seed()
    assert authenticate(username="admin@evient.com", password="mine").is_superuser


def test_nobody_becomes_an_administrator_by_having_the_address():
    UserFactory(email="admin@evient.com")
    with pytest.raises(CommandError, match="is no Super Admin. Give it that role, .* Nothing was changed."):
        seed()
    assert (User.objects.count(), Event.objects.count()) == (1, 0)


def test_names_and_numbers_that_others_have_are_left_to_them():
    UserFactory(username="admin", phone="+919845010003")
    seed()
    assert User.objects.get(email="admin@evient.com").username == "admin@evient.com"
    assert User.objects.count() == 12


def test_nobody_gets_a_mail(django_capture_on_commit_callbacks):
    waiting = OutgoingMail.objects.create(to="real@example.com", template="tickets")
    with django_capture_on_commit_callbacks() as messages:
        seed()
    assert list(OutgoingMail.objects.all()) == [waiting]
    assert messages == []


def test_if_empty_does_nothing_when_there_is_anybody():
    UserFactory()
    assert seed(if_empty=True) == "There are users already; nothing was changed.\n"
    assert (User.objects.count(), Event.objects.count()) == (1, 0)


def test_if_empty_seeds_an_empty_place():
    assert seed(if_empty=True).startswith("Made 11 users")


def test_without_a_password_it_asks_for_one(settings):
    settings.EVENTIFY_ADMIN_PASSWORD = ""
    with pytest.raises(CommandError, match="^Set EVENTIFY_ADMIN_PASSWORD, the password of admin@evient.com, and run"):
        seed()
    assert not User.objects.exists()


def test_in_production_nobody_knows_a_password_from_the_source(settings):
    settings.PRODUCTION, settings.EVENTIFY_ADMIN_PASSWORD = True, "chosen by the owner"
    said = seed()
    assert "password" not in said
    assert authenticate(username="admin@evient.com", password="chosen by the owner")
    assert not any(user.has_usable_password() for user in User.objects.exclude(email="admin@evient.com"))


@pytest.mark.parametrize("category", world.CATEGORIES)
def test_pictures(category):
    main, thumb = pictures.poster("Đêm nhạc ở Hà Nội", category)
    assert [Image.open(io.BytesIO(data)).size for data in (main, thumb)] == [(1600, 900), (640, 360)]
    assert {Image.open(io.BytesIO(data)).format for data in (main, thumb)} == {"JPEG"}
    assert max(len(main), len(thumb)) < 400_000
    icon = Image.open(io.BytesIO(pictures.icon(category)))
    assert (icon.size, icon.format, icon.mode) == ((256, 256), "PNG", "RGBA")
    assert pictures.poster("A", category) == pictures.poster("A", category) != pictures.poster("B", category)


def test_the_rich_world_contains_the_small_one(rich):
    assert User.objects.count() == 11 + 4 + 1 + 1 + world.BUYERS + 2
    assert Event.objects.filter(partner__is_house=True).count() == 5
    assert Event.objects.count() == 30
    assert 900 <= Ticket.objects.count() <= 1300


def test_the_rich_worlds_books_are_right(rich):
    check_books()


def test_the_rich_worlds_staff_and_promoter(rich):
    for name, _full_name, role in world.STAFF:
        user = authenticate(username=f"{name}@evient.com", password="admin123")
        assert (user.role.name, user.is_staff, user.is_superuser) == (role, True, False)
    promoter = authenticate(username="promoter@evient.com", password="admin123")
    partner = Partner.objects.get(slug="monsoon-live")
    assert not promoter.is_staff
    assert promoter.can("manage_events", partner) and not promoter.can("manage_events")
    assert set(Partner.objects.values_list("status", flat=True)) == {"Active", "Invited", "Suspended"}


def test_the_rich_worlds_events_are_of_every_sort(rich):
    now = timezone.now()
    events = Event.objects.all()
    states = set(events.values_list("state", flat=True))
    assert states == {"draft", "published", "registration_open", "showday", "teardown", "closed", "cancelled"}
    assert set(events.values_list("seating", flat=True)) == {"none", "automatic", "explicit"}
    assert {event.timezone for event in events} == {"Asia/Kolkata", "Europe/Amsterdam", "Asia/Ho_Chi_Minh"}
    assert {event.currency for event in events} == {"INR", "EUR", "VND"}
    assert set(events.values_list("category__slug", flat=True)) == set(world.CATEGORIES)
    assert events.filter(parent__slug="kaveri-festival").count() == 3
    assert events.get(state="cancelled").cancelled_reason.startswith("The beach is closed")
    assert events.filter(is_hot=True).count() == Banner.objects.count() >= 5
    assert events.earliest("starts_at").starts_at > now - timedelta(days=90)
    assert events.latest("starts_at").starts_at < now + timedelta(days=123)
    assert all(event.content.startswith("<p>") and event.pincode and event.latitude for event in events)
    assert TicketType.objects.filter(status="hidden").exists()
    assert TicketType.objects.filter(sales_end_at__lt=now, event__starts_at__gt=now).exists()
    assert TicketType.objects.filter(sales_start_at__gt=now).exists()


def test_the_rich_worlds_pictures_are_there(rich):
    assert not Event.objects.filter(images=None).exists()
    for image in EventImage.objects.all():
        assert (image.image.width, image.image.height) == (1600, 900)
        assert (image.thumbnail.width, image.thumbnail.height) == (640, 360)
    assert all(category.icon.size for category in Category.objects.all())
    assert set(Banner.objects.values_list("image_url", flat=True)) <= {i.image.url for i in EventImage.objects.all()}


def test_the_rich_worlds_waitlists(rich):
    letters = Event.objects.get(slug="an-evening-with-arundhati")
    assert (letters.places_left, letters.waitlisted_count) == (0, 10)
    chamber = Event.objects.get(slug="chamber-music-kochi")
    offer = chamber.bookings.get(status="pending")
    assert offer.promoted_at and offer.order.expires_at > timezone.now()
    assert chamber.waitlisted_count > 0
    assert Order.objects.filter(bookings__event=chamber, status="refunded").count() == 1


def test_the_rich_worlds_past(rich):
    now = timezone.now()
    paid = Order.objects.filter(status="paid")
    assert paid.earliest("paid_at").paid_at > now - timedelta(days=91)
    weeks = {(now - order.paid_at).days // 7 for order in paid}
    assert weeks == set(range(13))
    assert not paid.filter(paid_at__gt=now).exists()
    assert not Order.objects.filter(created_at__lt=F("user__created_at")).exists()
    assert not Booking.objects.filter(created_at__lt=F("event__created_at")).exists()
    past = Ticket.objects.filter(event__ends_at__lt=now)
    used = past.filter(status="used").count()
    assert 0.75 < used / past.count() < 0.99
    assert not Ticket.objects.filter(used_at__gt=now).exists()
    assert not Ticket.objects.filter(status="used", event__starts_at__gt=now).exists()
    assert not OutgoingMail.objects.exists()
    assert Notification.objects.filter(is_read=True).exists() and Notification.objects.filter(is_read=False).exists()


def test_the_rich_worlds_crew(rich):
    """A festival that is being planned: gaps, claims and sign-ups that wait, a clash, and two people to be matched."""
    festival = Event.objects.get(slug="kaveri-festival")
    day = festival.children.earliest("starts_at")
    assert {event.state for event in (festival, *festival.children.all())} == {"registration_open"}
    [clash] = clashes.of_event(festival)
    for event in (festival, *festival.children.all()):
        crew_invariants.check(event, allowed=[clash.first, clash.second])
    assert clash.kind == "overlap" and {clash.first.shift.section.event, clash.second.shift.section.event} == {day}
    assert 55 <= Shift.objects.count() <= 75 and 55 <= Person.objects.filter(event=festival).count() <= 70
    assert Assignment.objects.filter(status="pending_approval", origin="claimed").count() == 5
    assert IdentityMatch.objects.filter(status="pending", person__event=festival).count() == 2
    assert Person.objects.filter(event=festival, status="applied").count() == 3
    assert Person.objects.filter(event=festival, user__isnull=False).count() == 7
    assert CrowdList.objects.get().entries.count() == 4 and UserTag.objects.exists()
    assert {shift.status for shift in Shift.objects.all()} == {"draft", "open", "full"}
    assert Shift.objects.filter(slots_total__gt=F("filled_slots"), slots_open_for_claiming__gt=0).count() > 15


def test_the_rich_worlds_coordinator_and_volunteer(rich):
    planner = authenticate(username="crew@evient.com", password="admin123")
    festival, today = Event.objects.get(slug="kaveri-festival"), Event.objects.get(slug="open-source-days")
    assert planner.can("manage_crew", festival) and not planner.can("manage_crew", today) and not planner.is_staff
    volunteer = authenticate(username="volunteer@evient.com", password="secret123")
    mine = Assignment.objects.filter(person__user=volunteer, status="approved")
    assert [given.shift.section.event.name for given in mine.order_by("pk")] == [
        "Kaveri Arts Festival",
        "Kaveri: Day of Stories",
        "Open Source Days",
    ]
    assert {given.origin for given in mine} == {"assigned", "claimed"}
    with time_machine.travel(today.starts_at + timedelta(hours=9), tick=False):
        assert gate.may_scan(volunteer, today) and not gate.may_scan(volunteer, festival)


def test_a_second_run_of_the_rich_world_changes_nothing(rich):
    before = rows()
    assert seed(demo=True) == "The made-up world exists already; nothing was changed.\n"
    assert rows() == before


def test_the_documented_passwords_are_those_of_the_settings():
    assert (settings.EVENTIFY_ADMIN_PASSWORD, world.USER_PASSWORD) == ("admin123", "secret123")
