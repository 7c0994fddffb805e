"""Importing people in the command center: a preview of every row, and an import that does exactly what it showed."""

import io
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from accounts.factories import UserFactory
from accounts.models import AuditLog
from bookings.tests.desk import HOSTILE, member, queries_of, said
from bookings.tests.scenes import text
from crew import persons
from crew.command_center import importing as pages
from crew.factories import CompanyFactory, CrowdTypeFactory, PersonFactory
from crew.models import Company, Person
from crew.tests.desk_people import LONG, MARKUP, REFUSED, again, mails, of_event, planned
from events.factories import EventFactory
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
GOOD = "Name,E-mail,Crowd type\nAsha Rao,asha@example.com,Helper\nBinh Pham,binh@example.com,Helper\n"
BAD = GOOD + "Chloe Vos,not-an-address,Helper\n,dirk@example.com,Dancer\n"


@pytest.fixture
def event(client):
    return planned(client)[0]


def upload(client, event, content: str | bytes, name="people.csv", **values):
    data = content.encode() if isinstance(content, str) else content
    return client.post(of_event(event, "persons/import/"), {"file": SimpleUploadedFile(name, data), **values})


def preview(client, event, content: str | bytes, **values):
    """The page with all rows."""
    answer = upload(client, event, content, **values)
    assert answer.status_code == 302, text(answer)
    return client.get(answer["Location"])


def press(client, page, **values):
    """The button of the preview."""
    return client.post(page.request["PATH_INFO"], {"digest": page.context["digest"], **values})


def names(event) -> list[str]:
    return list(Person.objects.filter(event=event).order_by("name").values_list("name", flat=True))


def test_a_file_is_shown_first_and_then_imported(client, event):
    assert "Empty file with the headings" in text(client.get(of_event(event, "persons/import/")))
    page = preview(client, event, GOOD)
    assert [row["number"] for row in page.context["shown"]] == [2, 3]
    for words in ("Asha Rao", "binh@example.com", "Every row can be imported", "Import 2 people"):
        assert words in text(page), words
    assert names(event) == []
    answer = press(client, page)
    assert (answer.status_code, answer["Location"]) == (302, of_event(event))
    assert said(answer) == ["2 people are added."]
    assert names(event) == ["Asha Rao", "Binh Pham"]
    assert mails() == []
    assert AuditLog.objects.filter(action="IMPORTED_PERSONS", target_uid=event.uid).count() == 1


def test_a_workbook_too(client, event):
    book = Workbook()
    for line in (("Naam", "E-mailadres", "Rol"), ("Asha Rao", "asha@example.com", "Helper")):
        book.active.append(line)
    file = io.BytesIO()
    book.save(file)
    press(client, preview(client, event, file.getvalue(), name="people.xlsx"))
    assert names(event) == ["Asha Rao"]


def test_errors_stand_at_their_cells(client, event):
    page = preview(client, event, BAD)
    third, fourth = page.context["shown"][2:]
    assert [bool(cell["errors"]) for cell in third["cells"]] == [False, True, False]
    assert [bool(cell["errors"]) for cell in fourth["cells"]] == [True, False, True]
    body = text(page)
    for words in ("2 rows have problems.", "Import 2 people, leave out 2 rows", "There is no crowd type Dancer."):
        assert words in body, words
    assert press(client, page).status_code == 422 and names(event) == []
    answer = press(client, page, only_good="1")
    assert said(answer) == ["2 people are added.", "2 rows with problems were left out."]
    assert names(event) == ["Asha Rao", "Binh Pham"]


def test_only_rows_with_problems(client, event):
    page = preview(client, event, BAD)
    url = page.request["PATH_INFO"]
    assert [(view["label"], view["count"]) for view in page.context["views"]] == [
        ("All rows", 4),
        ("Problems", 2),
        ("New", 2),
    ]
    assert [row["number"] for row in client.get(url, {"show": "error"}).context["shown"]] == [4, 5]
    assert [row["number"] for row in client.get(url, {"show": "new"}).context["shown"]] == [2, 3]
    assert "No such rows" in text(client.get(url, {"show": "same"}))
    assert len(client.get(url, {"show": "dance"}).context["shown"]) == 4


def test_people_who_are_here_stay_as_they_are_unless_asked(client, event):
    kind = event.partner.crowd_types.get()
    asha = PersonFactory(event=event, crowd_type=kind, name="Asha", email="ASHA@example.com", status="rejected")
    page = preview(client, event, GOOD)
    assert "Already there" in text(page) and "Import 1 person" in text(page)
    page = preview(client, event, GOOD, update="on")
    assert "Import 1 person and change 1" in text(page)
    press(client, page)
    asha.refresh_from_db()
    assert (asha.name, asha.status) == ("Asha Rao", "rejected")
    page = preview(client, event, GOOD, update="on")
    assert "Nothing to import" in text(page)


def test_rows_without_a_crowd_type_get_the_chosen_one(client, event):
    kind = event.partner.crowd_types.get()
    body = "Name\nAsha Rao\n"
    assert preview(client, event, body).context["bad"] == 1
    press(client, preview(client, event, body, crowd_type=kind.uid))
    assert Person.objects.get().crowd_type == kind
    foreign = CrowdTypeFactory(partner=PartnerFactory())
    page = upload(client, event, body, crowd_type=foreign.uid)
    assert page.status_code == 400 and "crowd_type" in page.context["form"].errors


def test_new_companies_are_made_when_asked(client, event):
    CompanyFactory(partner=event.partner, name="Known Ltd")
    body = "Name,Crowd type,Company,Shoe size\nAsha,Helper,Known Ltd,41\nBinh,Helper,New Ltd,42\n"
    page = preview(client, event, body)
    assert page.context["bad"] == 1 and "Shoe size" in text(page)
    page = preview(client, event, body, create_companies="on")
    assert "New Ltd" in text(page) and page.context["bad"] == 0
    press(client, page)
    assert set(Company.objects.values_list("name", flat=True)) == {"Known Ltd", "New Ltd"}


def test_what_moved_since_the_preview_is_refused_and_shown_again(client, event):
    page = preview(client, event, GOOD)
    kind = event.partner.crowd_types.get()
    persons.create(event, by=None, crowd_type=kind, name="Asha of a colleague", email="asha@example.com")
    answer = press(client, page)
    assert answer.status_code == 409 and "Something has changed since you looked" in text(answer)
    assert names(event) == ["Asha of a colleague"]
    assert said(press(client, answer)) == ["1 person is added."]


def test_a_second_click_imports_nobody_twice(client, event):
    page = preview(client, event, GOOD)
    press(client, page)
    answer = press(client, page)
    assert answer["Location"] == of_event(event, "persons/import/")
    assert "This preview is gone" in said(answer)[-1]
    assert len(names(event)) == 2
    assert AuditLog.objects.filter(action="IMPORTED_PERSONS").count() == 1


def test_a_preview_that_was_lost_says_so(client, event):
    page = preview(client, event, GOOD)
    cache.clear()
    for answer in (client.get(page.request["PATH_INFO"]), press(client, page)):
        assert answer["Location"] == of_event(event, "persons/import/")
        assert "This preview is gone" in said(answer)[-1]
    assert names(event) == []
    assert client.get(of_event(event, f"persons/import/{uuid4()}/")).status_code == 302


def test_a_preview_belongs_to_who_uploaded_it_and_to_its_event(client, event):
    page = preview(client, event, GOOD)
    url = page.request["PATH_INFO"]
    member(client, event.partner, "crew_coordinator")
    assert (client.get(url).status_code, press(client, page).status_code) == (302, 302)
    assert names(event) == []


def test_another_event_does_not_find_the_preview(client):
    event, planner = planned(client)
    other = EventFactory(partner=event.partner)
    page = preview(client, event, GOOD)
    url = page.request["PATH_INFO"].replace(str(event.uid), str(other.uid))
    assert client.post(url, {"digest": page.context["digest"]}).status_code == 302
    assert names(other) == []
    again(client, planner)
    assert client.get(page.request["PATH_INFO"]).status_code == 200


def test_a_file_that_is_no_list_of_people(client, event):
    for content, words in (
        ("", "The file is empty."),
        ("E-mail\nasha@example.com\n", "No column has the name"),
        (b"PK\x03\x04 no workbook", "cannot be read"),
        (b"\x00\x01\x02\xff", ""),
        ("Name,Naam\nA,B\n", "Two columns mean the same"),
        (b"x" * 5_000_001, "larger than 5 MB"),
    ):
        page = upload(client, event, content)
        assert page.status_code in (400, 422), content[:20]
        assert page.context["form"].errors["file"] and words in text(page), content[:20]
    page = client.post(of_event(event, "persons/import/"), {"file": "not a file"})
    assert page.status_code == 400 and "Choose a file first." in text(page)
    assert not Person.objects.exists()


def test_hostile_cells_are_shown_as_text(client, event):
    page = preview(client, event, f'Name,Crowd type,Notes\n"{LONG}","{MARKUP.replace(chr(34), "")}",=1+1\n')
    assert "<script>alert" not in page.content.decode()
    assert page.context["bad"] == 1


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_any_input_is_answered(client, event, value):
    page = preview(client, event, GOOD)
    url = page.request["PATH_INFO"]
    for name in ("show", "page"):
        assert client.get(url, {name: value}).status_code == 200, name
    for sent in ({"digest": value}, {}, {"digest": value, "only_good": value}):
        assert client.post(url, sent).status_code == 409
    for name in ("crowd_type", "update", "create_companies"):
        assert upload(client, event, GOOD, **{name: value}).status_code in (302, 400), name
    assert names(event) == []


def test_the_preview_asks_as_often_for_many_rows(client, event):
    line = "Person {n},person{n}@example.com,Helper\n"
    few = preview(client, event, GOOD).request["PATH_INFO"]
    many = "Name,E-mail,Crowd type\n" + "".join(line.format(n=n) for n in range(300))
    page = preview(client, event, many)
    assert len(page.context["shown"]) == pages.PER_PAGE
    assert queries_of(client, page.request["PATH_INFO"]) == queries_of(client, few)


def test_the_template_is_understood(client, event):
    answer = client.get(of_event(event, "persons/import/template/"))
    assert answer["Content-Disposition"] == 'attachment; filename="people.csv"'
    body = answer.content.decode("utf-8-sig") + "Asha,asha@example.com,,Helper,,approved,Nice,\r\n"
    press(client, preview(client, event, body))
    assert Person.objects.get().status == "approved"


def test_what_the_list_exports_can_be_imported(client, event):
    press(client, preview(client, event, GOOD))
    body = b"".join(client.get(of_event(event), {"format": "csv"}).streaming_content)
    other = EventFactory(partner=event.partner)
    page = preview(client, other, body)
    assert page.context["bad"] == 0
    press(client, page)
    assert names(other) == names(event)


def test_accounts_with_these_addresses_become_matches(client, event):
    UserFactory(email="asha@example.com")
    answer = press(client, preview(client, event, GOOD))
    assert said(answer) == ["2 people are added.", "1 identity match waits."]


def test_who_may_import(client, event):
    other = EventFactory(partner=PartnerFactory())
    places = ("persons/import/", "persons/import/template/", f"persons/import/{uuid4()}/")
    for place in places:
        assert client.get(of_event(other, place)).status_code == 404, place
    assert upload(client, other, GOOD).status_code == 404
    for role in REFUSED:
        member(client, event.partner, role)
        for place in places:
            assert client.get(of_event(event, place)).status_code in (403, 404), place
        assert upload(client, event, GOOD).status_code in (403, 404)
    assert not Person.objects.exists()
