"""The crowd lists of an event: how full they are, who comes onto them, and on paper."""

import pytest

from bookings.tests.desk import HOSTILE, confirm, member, queries_of, said, shown
from bookings.tests.scenes import text
from crew import crowd_lists
from crew.factories import CompanyFactory, CrowdListFactory, CrowdTypeFactory, PersonFactory
from crew.models import CrowdList, CrowdListEntry, Person
from crew.tests.desk_people import LONG, MARKUP, REFUSED, mails, of_event, planned
from events.factories import EventFactory
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(client):
    return planned(client)[0]


@pytest.fixture
def kind(event):
    return event.partner.crowd_types.first()


@pytest.fixture
def friends(event, kind):
    return CrowdListFactory(event=event, crowd_type=kind, name="Friends", max_persons=2)


def on(crowd_list: CrowdList, **fields) -> Person:
    """Somebody of the event who is on the list."""
    person = PersonFactory(event=crowd_list.event, crowd_type=crowd_list.crowd_type, **fields)
    crowd_lists.add(crowd_list, person, by=None)
    return person


def at(crowd_list: CrowdList, act: str = "") -> str:
    return of_event(crowd_list.event, f"lists/{crowd_list.uid}/{act and act + '/'}")


def on_it(crowd_list: CrowdList) -> list[str]:
    return list(CrowdListEntry.objects.filter(crowd_list=crowd_list).values_list("person__name", flat=True))


def sent(crowd_list: CrowdList, **changes) -> dict:
    """What the form of a list holds, with other values."""
    own = {
        "name": crowd_list.name,
        "crowd_type": crowd_list.crowd_type.uid,
        "max_persons": crowd_list.max_persons or "",
    }
    return own | {"type": crowd_list.type, "recipient_company": ""} | changes


def test_the_lists_say_how_full_they_are(client, event, friends, kind):
    on(friends), on(friends)
    company = CompanyFactory(partner=event.partner, name="Loud Ltd")
    press = CrowdListFactory(event=event, crowd_type=kind, name="Press", type="external", recipient_company=company)
    page = client.get(of_event(event, "lists/"))
    assert shown(page) == [friends, press]
    for words in ("2 of 2, full", "0 people", "Loud Ltd", "Helper"):
        assert words in text(page), words
    assert shown(client.get(of_event(event, "lists/"), {"type": "external"})) == [press]
    assert shown(client.get(of_event(event, "lists/"), {"q": "loud"})) == [press]
    body = b"".join(client.get(of_event(event, "lists/"), {"format": "csv"}).streaming_content).decode("utf-8-sig")
    assert 'Friends,Helper,Internal: we fill it,"2 of 2, full",No' in body


def test_the_lists_ask_as_often_for_3_as_for_1(client, event, friends):
    on(friends)
    few = queries_of(client, of_event(event, "lists/")), queries_of(client, at(friends))
    for _more in range(2):
        other = CrowdListFactory(event=event, crowd_type=CrowdTypeFactory(partner=event.partner))
        on(other, company=CompanyFactory(partner=event.partner))
    friends.max_persons = 9
    friends.save()
    on(friends, company=CompanyFactory(partner=event.partner)), on(friends)
    assert (queries_of(client, of_event(event, "lists/")), queries_of(client, at(friends))) == few


def test_no_lists_yet(client, event):
    assert "No lists yet" in text(client.get(of_event(event, "lists/")))


def test_a_list_is_made_changed_and_deleted(client, event, kind):
    url = of_event(event, "lists/new/")
    assert client.get(url).status_code == 200
    form = {"name": "Friends", "crowd_type": kind.uid, "max_persons": "5", "type": "internal"}
    answer = client.post(url, form)
    made = CrowdList.objects.get()
    assert (answer["Location"], made.name, made.max_persons) == (at(made), "Friends", 5)
    on(made), on(made)
    assert (
        said(client.post(at(made, "edit"), sent(made, name="Best friends", auto_approve="on")))[-1]
        == "Best friends is saved."
    )
    made.refresh_from_db()
    assert (made.name, made.auto_approve) == ("Best friends", True)
    assert "2 people are on it" in text(client.get(at(made, "delete")))
    assert said(confirm(client, at(made, "delete")))[-1] == "Best friends is deleted."
    assert (CrowdList.objects.count(), Person.objects.count()) == (0, 2)


def test_what_cannot_be_is_said_at_its_field(client, event, friends, kind):
    on(friends), on(friends)
    foreign = CrowdTypeFactory(partner=PartnerFactory())
    for wrong in (
        {"name": ""},
        {"name": "a\x00b"},
        {"max_persons": "0"},
        {"max_persons": "9" * 30},
        {"crowd_type": foreign.uid},
        {"type": "dance"},
        {"recipient_company": CompanyFactory(partner=PartnerFactory()).uid},
    ):
        for url in (of_event(event, "lists/new/"), at(friends, "edit")):
            page = client.post(url, sent(friends) | wrong)
            assert page.status_code in (400, 422), wrong
            assert set(page.context["form"].errors) == set(wrong), wrong
    page = client.post(at(friends, "edit"), sent(friends, max_persons="1"))
    assert page.status_code in (409, 422)
    friends.refresh_from_db()
    assert friends.max_persons == 2


def test_what_a_colleague_changed_meanwhile_is_not_written_over(client, friends):
    seen = client.get(at(friends, "edit")).context["seen"]
    CrowdList.objects.update(name="Of a colleague")
    page = client.post(at(friends, "edit"), sent(friends, name="Mine", seen=seen))
    assert page.status_code == 409 and "Somebody else changed this" in text(page)
    friends.refresh_from_db()
    assert friends.name == "Of a colleague"


def test_people_are_found_and_added_together(client, event, friends, kind):
    there = on(friends, name="Binh There")
    asha = PersonFactory(event=event, crowd_type=kind, name="Asha Binh", email="a@example.com")
    chloe = PersonFactory(event=event, crowd_type=kind, name="Chloe Binh")
    PersonFactory(event=EventFactory(partner=event.partner), crowd_type=kind, name="Dirk Binh")
    page = client.get(at(friends), {"find": "binh"})
    assert page.context["found"] == [asha, chloe] and shown(page) == [there]
    assert "Nobody who is not on the list yet fits" in text(client.get(at(friends), {"find": "zzz"}))
    answer = client.post(at(friends, "add"), {"uid": [asha.uid, chloe.uid]})
    assert answer.status_code == 302
    refused, done = said(answer)
    assert refused.startswith("Chloe Binh: Friends is full") and done == "1 person is on Friends."
    assert on_it(friends) == ["Binh There", "Asha Binh"]
    assert "The list is full." in text(client.get(at(friends)))


def test_who_is_on_the_blacklist_cannot_be_ticked(client, event, friends, kind):
    black = PersonFactory(event=event, crowd_type=kind, name="Binh Black", is_blacklisted=True)
    page = client.get(at(friends), {"find": "black"})
    assert page.context["found"] == [black] and "On the blacklist" in text(page)
    assert f'value="{black.uid}"' not in text(page)
    assert "blacklist" in said(client.post(at(friends, "add"), {"uid": black.uid}))[-1]
    assert on_it(friends) == []


def test_a_second_click_adds_nobody_twice(client, event, friends, kind):
    person = PersonFactory(event=event, crowd_type=kind, name="Asha")
    for _again in range(2):
        assert client.post(at(friends, "add"), {"uid": person.uid}).status_code == 302
    assert on_it(friends) == ["Asha"]


def test_who_comes_onto_an_approving_list_is_approved_and_told_once(client, event, kind):
    crowd_list = CrowdListFactory(event=event, crowd_type=kind, auto_approve=True)
    person = PersonFactory(event=event, crowd_type=kind, status="pending", email="a@example.com")
    client.post(at(crowd_list, "add"), {"uid": person.uid})
    client.post(at(crowd_list, "add"), {"uid": person.uid})
    person.refresh_from_db()
    assert (person.status, mails()) == ("approved", [("crew_approved", "a@example.com")])


def test_people_are_taken_off(client, friends):
    asha, binh = on(friends, name="Asha"), on(friends, name="Binh")
    answer = client.post(at(friends, "remove"), {"uid": [asha.uid]})
    assert said(answer) == ["1 person is off Friends."]
    assert on_it(friends) == ["Binh"]
    assert binh.event.persons.count() == 2


def test_nobody_and_foreign_people_are_refused(client, event, friends):
    foreign = PersonFactory(event=EventFactory(partner=PartnerFactory()))
    for act in ("add", "remove"):
        for uids in ([], ["x"], ["\x00"], [foreign.uid]):
            answer = client.post(at(friends, act), {"uid": uids})
            assert answer.status_code == 302 and "Nobody is chosen" in said(answer)[-1], (act, uids)
    assert on_it(friends) == []


def test_the_guest_list_on_paper(client, friends):
    on(friends, name="Binh", phone="+31612345678"), on(friends, name=MARKUP, status="rejected")
    page = client.get(at(friends, "print"))
    body = text(page)
    assert "Friends" in body and "+31 6 12345678" in body and "not admitted" in body and "2 people" in body
    assert "<script>alert" not in page.content.decode()
    few = queries_of(client, at(friends, "print"))
    friends.max_persons = 5
    friends.save()
    on(friends, company=CompanyFactory(partner=friends.event.partner)), on(friends, name=LONG)
    assert queries_of(client, at(friends, "print")) == few


def test_a_list_downloads(client, friends):
    on(friends, name="=Asha", email="asha@example.com", phone="")
    body = b"".join(client.get(at(friends), {"format": "csv"}).streaming_content).decode("utf-8-sig")
    assert body.splitlines() == [
        "Name,E-mail,Crowd type,Company,Status,Tags,Phone",
        "'=Asha,asha@example.com,Helper,,Approved,,",
    ]


def test_what_others_plan_is_not_there(client, event, friends):
    foreign = CrowdListFactory(event=EventFactory(partner=PartnerFactory()))
    for act in ("", "print", "edit", "delete"):
        assert client.get(at(foreign, act)).status_code == 404, act
        assert client.get(of_event(event, f"lists/{foreign.uid}/{act and act + '/'}")).status_code == 404, act
    for act in ("add", "remove"):
        assert client.post(at(foreign, act)).status_code == 404, act
    for role in REFUSED:
        member(client, event.partner, role)
        assert client.get(at(friends)).status_code in (403, 404)
        assert client.post(at(friends, "add")).status_code in (403, 404)


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_any_input_is_answered(client, event, friends, value):
    on(friends)
    for name in ("q", "status", "sort", "page", "find"):
        assert client.get(at(friends), {name: value}).status_code == 200, name
        assert client.get(of_event(event, "lists/"), {name: value, "type": value}).status_code == 200, name
    for name in ("name", "crowd_type", "max_persons", "type", "recipient_company", "auto_approve", "seen"):
        assert client.post(of_event(event, "lists/new/"), sent(friends, **{name: value})).status_code < 500, name
        assert client.post(at(friends, "edit"), sent(friends, **{name: value})).status_code < 500, name
    assert client.post(at(friends, "delete"), {"digest": value}).status_code < 500
