"""The hall of an event in the command center: written, looked at, read from a file, copied, saved."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import SuperAdminFactory, UserFactory
from bookings import hall_text, halls, ticket_types
from bookings.models import TicketType
from bookings.tests.invariants import check
from bookings.tests.scenes import book, people, scene, text
from events.factories import EventFactory
from events.models import Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db
PLAN = "[Stalls]\r\nA: 1-4\r\nB: W1 C2 X3\r\n[Balcony]\r\nC: 1-4\r\n"


@pytest.fixture
def admin(client):
    admin = SuperAdminFactory()
    client.force_login(admin)
    return admin


@pytest.fixture
def event():
    return scene(capacity=4)[0]


def address(event, page="hall/") -> str:
    return f"/command-center/events/{event.uid}/{page}"


def make(event, plan=PLAN):
    return halls.save(event, hall_text.read(plan), by=UserFactory())


def labels(event) -> list[str]:
    return list(event.seats.order_by("position").values_list("label", flat=True))


def test_a_hall_is_written_and_saved(client, admin, event):
    assert "Write the first row" in text(client.get(address(event)))
    answer = client.post(address(event), {"plan": PLAN, "stage": "behind", "fits_capacity": "on"})
    assert (answer.status_code, answer["Location"]) == (302, address(event))
    page = text(client.get(address(event)))
    assert "The hall has 11 seats now." in page and "A: 1-4\nB: W1 C2 X3\n[Balcony]\nC: 1-4\n" in page
    assert '<option value="behind" selected>' in page and page.count('class="seat-row') == 3
    event.refresh_from_db()
    assert (event.capacity, event.seating, len(labels(event))) == (10, "explicit", 11)


def test_the_map_is_shown_and_nothing_saved(client, admin, event):
    for act in ("preview", "show"):
        answer = client.post(address(event), {"plan": PLAN, "stage": "ahead", "act": act})
        page = text(answer)
        assert answer.status_code == 200 and page.count('class="seat-row') == 3
        assert ("<html" in page) == (act == "show")
        assert '<dt>Seats</dt><dd class="figures">11</dd>' in page
    wrong = client.post(address(event), {"plan": "A 1", "act": "preview"})
    assert "Line 1: begin with the name of the row and a colon" in text(wrong)
    assert labels(event) == []


def test_the_map_names_what_would_be_lost(client, admin, event):
    make(event, "A: 1-4\n")
    book(event, people(1)[0], 1, chosen=("A-2",))
    page = text(client.post(address(event), {"plan": "A: 1 3", "act": "preview"}))
    assert "Sold or held, and not in this plan: A-2." in page
    answer = client.post(address(event), {"plan": "A: 1 3"})
    page = text(answer)
    assert answer.status_code == 409 and "Put these seats back into the plan, then save again." in page
    assert "A: 1 3</textarea>" in page and labels(event) == ["A-1", "A-2", "A-3", "A-4"]
    check(event)


def test_rows_that_are_alike_are_added(client, admin, event):
    more = {"act": "rows", "area": "Box", "rows": "D-E", "blocks": "2, 3", "numbering": "right"}
    page = text(client.post(address(event), {"plan": "A: 1-2", **more}))
    assert "A: 1-2\n[Box]\nD: 5-4 | 3-1\nE: 5-4 | 3-1\n" in page
    page = text(client.post(address(event), {"plan": "[Box]\nA: 1-2\n", **more, "rows": "F"}))
    assert "[Box]\nA: 1-2\nF: 5-4 | 3-1\n" in page and labels(event) == []


def test_a_file_is_read_and_the_hall_is_downloaded(client, admin, event):
    make(event)
    saved = client.get(address(event, "hall.csv"))
    assert saved["Content-Disposition"] == f'attachment; filename="hall-{event.slug}.csv"'
    lines = saved.content.decode().splitlines()
    assert lines[:3] == ["area,row,number,kind,x,y", "Stalls,A,1,standard,1,1", "Stalls,A,2,standard,2,1"]
    assert len(lines) == 12
    other = scene()[0]
    file = SimpleUploadedFile("hall.csv", saved.content)
    page = text(client.post(address(other), {"plan": "", "act": "file", "file": file}))
    assert "[Stalls]\nA: 1-4\nB: W1 C2 X3\n[Balcony]\nC: 1-4\n" in page and labels(other) == []


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        ({"plan": ""}, 422, "A hall has from 1 to 5000 seats."),
        ({"plan": "A: 1\nA: 2"}, 422, "Line 2: row A is there already"),
        ({"plan": "\x00"}, 400, "Null characters are not allowed."),
        ({"plan": "A: 1\n" * 50_000}, 400, "at most 200000 characters"),
        ({"plan": "A: 1", "stage": "above"}, 400, "Select a valid choice."),
        ({"plan": "A: 1", "act": "rows"}, 422, "Say how many seats stand side by side"),
        ({"plan": "A: 1", "act": "rows", "rows": "9-1", "blocks": "4"}, 422, "Name rows from A to Z"),
        ({"plan": "A: 1", "act": "rows", "rows": "A", "blocks": "²"}, 422, "Say how many seats stand side by side"),
        ({"plan": "A: 1", "act": "rows", "area": "=1", "rows": "A", "blocks": "4"}, 422, "an area is a name"),
        ({"plan": "A: 1", "act": "rows", "numbering": "up"}, 400, "Select a valid choice."),
        ({"plan": "A: 1", "act": "file"}, 422, "Choose a file first."),
        (
            {"plan": "", "act": "file", "file": SimpleUploadedFile("a.csv", b"row\nA")},
            422,
            "the column area is missing",
        ),
        ({"plan": "", "act": "file", "file": SimpleUploadedFile("a.csv", b"x" * 1_000_001)}, 422, "at most 1 MB"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(client, admin, event, data, status, sentence):
    answer = client.post(address(event), data)
    assert (answer.status_code, sentence in text(answer)) == (status, True)
    assert labels(event) == []


def test_the_hall_of_another_event_of_the_partner_is_copied(client, admin, event):
    other = make(scene(partner=event.partner, name="Tulips")[0])
    foreign = make(scene(partner=PartnerFactory())[0])
    page = text(client.get(address(event)))
    assert "Tulips" in page and str(foreign.uid) not in page
    page = text(client.get(address(event), {"from": str(other.uid)}))
    assert "Nothing is saved yet." in page and "B: W1 C2 X3" in page and labels(event) == []
    for wrong in (foreign.uid, "x", "\x00", "9" * 5000):
        assert client.get(address(event), {"from": wrong}).status_code == 404


def test_each_ticket_gets_its_area(client, admin, event):
    make(event)
    first, second = event.ticket_types.get(), ticket_types.create(event, by=admin, name="Balcony", price=5)
    page = text(client.get(address(event, "areas/")))
    assert page.count('<option value="Stalls">') == 2 and page.count("All seats") == 2
    data = {f"area_{first.pk}": "Stalls", f"area_{second.pk}": "Balcony"}
    assert client.post(address(event, "areas/"), data).status_code == 302
    assert list(TicketType.objects.order_by("pk").values_list("area", flat=True)) == ["Stalls", "Balcony"]
    assert client.post(address(event, "areas/"), {f"area_{first.pk}": "Pit"}).status_code == 400
    book(event, people(1)[0], 1, chosen=("A-1",))
    answer = client.post(address(event, "areas/"), {**data, f"area_{first.pk}": "Balcony"})
    assert (answer.status_code, "A-1: sold with tickets for another area." in text(answer)) == (409, True)
    check(event)


@pytest.mark.parametrize("page", ["hall/", "hall.csv", "areas/"])
def test_who_may_not_manage_the_event_sees_no_hall(client, event, page):
    stranger, scanner = UserFactory(), UserFactory()
    members.add(event.partner, scanner, Member.Role.VOLUNTEER, by=stranger)
    for user, status in ((stranger, (403, 404)), (scanner, (403, 404))):
        client.force_login(user)
        assert client.get(address(event, page)).status_code in status
        assert client.post(address(event, page), {"plan": "A: 1"}).status_code in (*status, 405)
    assert labels(event) == []


@pytest.mark.parametrize("page", ["hall/", "hall.csv", "areas/", "seats/"])
def test_pages_ask_as_much_for_one_row_as_for_three(client, admin, page):
    counted = []
    for rows in (1, 3):
        event = EventFactory(seating=Event.Seating.EXPLICIT)
        make(event, "".join(f"[Area {row}]\nR{row}: W1 C2 3-9\n" for row in range(rows)))
        for row in range(rows):
            ticket_types.create(event, by=admin, name=f"T{row}", area=f"Area {row}")
            make(EventFactory(partner=event.partner))
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address(event, page)).status_code == 200
        counted.append(len(asked))
    assert counted[0] == counted[1]
