"""The persons of an event in the command center: the list, who may see it, and what is done to many at a time."""

from uuid import uuid4

import pytest

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog
from accounts.tests.coming_in import log_in
from bookings.tests.desk import DESK, HOSTILE, member, queries_of, said, shown, staff
from bookings.tests.scenes import text
from crew import assignments
from crew.command_center import persons_bulk
from crew.factories import CompanyFactory, CrowdListFactory, CrowdTypeFactory, PersonFactory, PersonTagFactory
from crew.models import CrowdListEntry, IdentityMatch, Person, UserTag
from crew.tests.desk_people import LONG, MARKUP, REFUSED, mails, of_event, planned
from crew.tests.scenes import shift_at
from events.factories import EventFactory
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
S = Person.Status


@pytest.fixture
def event(client):
    return planned(client)[0]


def somebody(event, **fields) -> Person:
    kind = fields.pop("crowd_type", None) or event.partner.crowd_types.first()
    return PersonFactory(event=event, crowd_type=kind, **fields)


def tagged(person: Person, *tags) -> Person:
    """The person, linked to an account that has the tags."""
    person.user = person.user or UserFactory()
    person.save()
    for tag in tags:
        UserTag.objects.create(user=person.user, tag=tag, source=UserTag.Source.ORGANISER)
    return person


# --- The list -------------------------------------------------------------------------------------------------


def test_the_list_says_what_a_planner_needs(client, event):
    company = CompanyFactory(partner=event.partner, name="Loud Ltd")
    tag = PersonTagFactory(partner=event.partner, name="First aid", color="#ff0000")
    asha = tagged(somebody(event, name="Asha Rao", email="asha@example.com", company=company), tag)
    assignments.assign(shift_at(event), asha, by=None)
    binh = somebody(event, name="Binh Pham", status=S.PENDING, is_blacklisted=True)
    page = client.get(of_event(event))
    assert shown(page) == [asha, binh]
    assert [one.shifts for one in shown(page)] == [1, 0]
    for words in ("asha@example.com", "Loud Ltd", "First aid", 'fill="#ff0000"', "Linked", "Approved", "Pending"):
        assert words in text(page), words
    assert text(page).count("On the blacklist") >= 1


def test_the_list_is_narrowed_by_everything(client, event):
    crew = CrowdTypeFactory(partner=event.partner, name="Stage", system_type="CREW")
    company = CompanyFactory(partner=event.partner)
    aid, driver = (PersonTagFactory(partner=event.partner, name=name) for name in ("First aid", "Driver"))
    both = tagged(somebody(event, name="Asha", email="asha@example.com", phone="+31612345678"), aid, driver)
    one = tagged(somebody(event, name="Binh", status=S.PENDING, crowd_type=crew), aid)
    lone = somebody(event, name="Chloe", status=S.APPLIED, company=company, is_blacklisted=True)
    maybe = somebody(event, name="Dirk", email="dirk@example.com", status=S.NO_SHOW)
    IdentityMatch.objects.create(partner=event.partner, person=maybe, user=UserFactory())
    assignments.assign(shift_at(event), both, by=None)
    for query, rows in (
        ({"q": "asha"}, [both]),
        ({"q": "asha@example.com"}, [both]),
        ({"q": "612345"}, [both]),
        ({"status": ["pending", "applied"]}, [one, lone]),
        ({"crowd_type": crew.uid}, [one]),
        ({"company": company.uid}, [lone]),
        ({"tags": [aid.uid]}, [both, one]),
        ({"tags": [aid.uid, driver.uid]}, [both]),
        ({"account": "linked"}, [both, one]),
        ({"account": "waiting"}, [maybe]),
        ({"account": "none"}, [lone, maybe]),
        ({"blacklist": "on"}, [lone]),
        ({"blacklist": "off"}, [both, one, maybe]),
        ({"shifts": "none"}, [one, lone, maybe]),
        ({"shifts": "some"}, [both]),
        ({"sort": "-name"}, [maybe, lone, one, both]),
        ({"sort": "-shifts", "shifts": "some"}, [both]),
    ):
        assert shown(client.get(of_event(event), query)) == rows, query


def test_a_filter_with_a_bad_value_says_so(client, event):
    foreign = CrowdTypeFactory(partner=PartnerFactory())
    for query in ({"crowd_type": foreign.uid}, {"tags": [uuid4()]}, {"status": "dancing"}, {"shifts": "a\x00b"}):
        page = client.get(of_event(event), query)
        assert page.status_code == 200
        assert page.context["filters"].form.errors, query
        assert client.get(of_event(event), query | {"format": "csv"}).status_code == 422


def test_the_list_downloads_with_its_addresses(client, event):
    tag = PersonTagFactory(partner=event.partner, name="First aid")
    tagged(somebody(event, name="=Asha", email="asha@example.com", phone="+31612345678"), tag)
    body = b"".join(client.get(of_event(event), {"format": "csv"}).streaming_content).decode("utf-8-sig")
    head, row = body.splitlines()
    assert head == "Name,E-mail,Phone,Crowd type,Company,Status,Tags,Shifts,Account,On the blacklist"
    assert row == "'=Asha,asha@example.com,'+31612345678,Helper,,Approved,First aid,0,Linked,No"
    assert client.get(of_event(event), {"format": "xlsx"}).status_code == 200


def test_the_list_asks_as_often_for_3_rows_as_for_1(client, event):
    tag = PersonTagFactory(partner=event.partner)

    def more():
        person = tagged(somebody(event, company=CompanyFactory(partner=event.partner)), tag)
        assignments.assign(shift_at(event), person, by=None)
        IdentityMatch.objects.create(partner=event.partner, person=somebody(event), user=UserFactory())

    more()
    few = queries_of(client, of_event(event))
    more()
    more()
    assert queries_of(client, of_event(event)) == few


def test_an_empty_list_leads_on(client, event):
    page = text(client.get(of_event(event)))
    assert "Nobody yet" in page and "Add somebody" in page
    assert "Nothing fits these filters" in text(client.get(of_event(event), {"q": "x"}))


def test_long_and_hostile_names_are_shown_as_they_are(client, event):
    tag = PersonTagFactory(partner=event.partner, name=MARKUP[:50])
    tagged(somebody(event, name=LONG, company=CompanyFactory(partner=event.partner, name=MARKUP)), tag)
    page = client.get(of_event(event)).content.decode()
    assert "<script>alert" not in page and LONG in page


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_any_query_is_answered(client, event, value):
    somebody(event)
    for name in ("q", "status", "crowd_type", "company", "tags", "account", "shifts", "sort", "page", "blacklist"):
        assert client.get(of_event(event), {name: value}).status_code == 200, name


def test_who_may_see_it(client, event):
    other = EventFactory(partner=PartnerFactory())
    for place in ("persons/", "persons/new/", "persons/bulk/"):
        assert client.get(of_event(other, place)).status_code == 404, place
    for role in REFUSED:
        member(client, event.partner, role)
        assert client.get(of_event(event)).status_code in (403, 404), role
    for role, status in (("Support", 403), ("Gate", 403)):
        staff(client, role)
        assert client.get(of_event(event)).status_code == status
    log_in(client, SuperAdminFactory())
    assert client.get(of_event(event)).status_code == 200
    client.logout()
    assert client.get(of_event(event))["Location"].startswith("/login/")


def test_the_search_over_everything_finds_people_of_ones_own_events(client, event):
    mine = somebody(event, name="Zephyrine Mine", email="zeph@example.com")
    PersonFactory(event=EventFactory(partner=PartnerFactory()), name="Zephyrine Foreign")
    page = text(client.get(f"{DESK}/search/", {"q": "zephyrine"}))
    assert "Zephyrine Mine" in page and of_event(event, f"persons/{mine.uid}/") in page
    assert "Foreign" not in page
    assert "Zephyrine Mine" in text(client.get(f"{DESK}/search/", {"q": "zeph@exa"}))
    few = queries_of(client, f"{DESK}/search/?q=zephyrine")
    somebody(event, name="Zephyrine Second")
    assert queries_of(client, f"{DESK}/search/?q=zephyrine") == few


# --- Many at a time -------------------------------------------------------------------------------------------


def bulk(client, event, act: str, *people: Person, **more):
    return client.post(of_event(event, "persons/bulk/"), {"act": act, "uid": [one.uid for one in people], **more})


def again(client, event, page, **values):
    """Press the button of the page that asks."""
    context = page.context
    sent = {"go": "1", "act": context["act"], "digest": context["digest"], "next": context["back"]}
    if context["is_all"]:
        sent |= {"all": "1", "query": context["query"]}
    else:
        sent["uid"] = [one.uid for one in context["chosen"]]
    return client.post(of_event(event, "persons/bulk/"), sent | values)


def statuses(*people: Person) -> list[str]:
    return [Person.objects.get(pk=one.pk).status for one in people]


def test_approving_the_ticked_ones_is_one_click(client, event):
    people = [somebody(event, status=S.PENDING) for _n in range(3)]
    apart = somebody(event, status=S.PENDING)
    answer = bulk(client, event, "approve", *people)
    assert (answer.status_code, answer["Location"]) == (302, of_event(event))
    assert said(answer) == ["3 persons are approved."]
    assert statuses(*people, apart) == ["approved"] * 3 + ["pending"]
    assert sorted(mails()) == sorted(("crew_approved", one.email) for one in people)


def test_who_cannot_be_approved_is_named_with_the_reason(client, event):
    fine, black = somebody(event, status=S.PENDING), somebody(event, status=S.PENDING, is_blacklisted=True, name=MARKUP)
    page = bulk(client, event, "approve", fine, black)
    assert page.status_code == 200
    assert "1 person is approved." in text(page) and "blacklist" in text(page)
    assert "<script>alert" not in page.content.decode()
    assert statuses(fine, black) == ["approved", "pending"]
    assert mails() == [("crew_approved", fine.email)]


def test_a_second_click_writes_no_second_mail(client, event):
    person = somebody(event, status=S.PENDING)
    bulk(client, event, "approve", person)
    bulk(client, event, "approve", person)
    assert mails() == [("crew_approved", person.email)]


def test_rejecting_asks_for_the_reason_first(client, event):
    people = [somebody(event, status=S.PENDING) for _n in range(2)]
    page = bulk(client, event, "reject", *people)
    assert page.status_code == 200 and "Reject 2 persons" in text(page)
    assert statuses(*people) == ["pending", "pending"] and mails() == []
    answer = again(client, event, page, reason="We are full.")
    assert said(answer) == ["2 persons are rejected."]
    assert statuses(*people) == ["rejected", "rejected"]
    assert sorted(mails()) == sorted(("crew_rejected", one.email) for one in people)
    assert AuditLog.objects.filter(target_uid=people[0].uid).exists()


def test_putting_on_a_list_stops_at_its_limit(client, event):
    crowd_list = CrowdListFactory(event=event, crowd_type=event.partner.crowd_types.first(), max_persons=2)
    people = [somebody(event, name=name) for name in ("Asha", "Binh", "Chloe")]
    page = bulk(client, event, "list", *people)
    assert "Put 3 persons on the list" in text(page)
    assert again(client, event, page).status_code == 400
    done = again(client, event, page, crowd_list=crowd_list.uid)
    assert "2 persons are on the list." in text(done) and "Chloe" in text(done)
    assert CrowdListEntry.objects.filter(crowd_list=crowd_list).count() == 2
    foreign = CrowdListFactory(event=EventFactory(partner=PartnerFactory()))
    assert again(client, event, page, crowd_list=foreign.uid).status_code == 400


def test_a_tag_is_given_to_who_has_an_account(client, event):
    tag = PersonTagFactory(partner=event.partner, name="Driver")
    linked, lone = tagged(somebody(event)), somebody(event, name="Lone")
    page = bulk(client, event, "tag", linked, lone)
    assert "1 of them has no confirmed account" in text(page)
    done = again(client, event, page, tag=tag.uid, proficiency="expert")
    assert "1 person has the tag." in text(done) and "Tags belong to an account" in text(done)
    given = UserTag.objects.get()
    assert (given.user, given.tag, given.proficiency, given.source) == (
        linked.user,
        tag,
        "expert",
        "organiser_assigned",
    )


def test_all_that_match_a_filter(client, event, monkeypatch):
    matching = [somebody(event, status=S.APPLIED, name=f"Match {n}") for n in range(3)]
    apart = somebody(event, status=S.PENDING)
    page = bulk(client, event, "approve", all="1", query="status=applied")
    assert page.status_code == 200 and "Approve 3 persons" in text(page)
    assert statuses(*matching) == ["applied"] * 3
    answer = again(client, event, page)
    assert said(answer) == ["3 persons are approved."]
    assert statuses(*matching, apart) == ["approved"] * 3 + ["pending"]


def test_who_came_since_one_looked_is_not_acted_on(client, event):
    first = somebody(event, status=S.APPLIED)
    page = bulk(client, event, "approve", all="1", query="status=applied")
    second = somebody(event, status=S.APPLIED, name="Newcomer")
    answer = again(client, event, page)
    assert answer.status_code == 409 and "Something has changed" in text(answer) and "Newcomer" in text(answer)
    assert statuses(first, second) == ["applied", "applied"] and mails() == []


def test_too_many_at_a_time_are_refused(client, event, monkeypatch):
    monkeypatch.setitem(persons_bulk.ACTS, "approve", persons_bulk.ACTS["approve"]._replace(most=1))
    somebody(event), somebody(event)
    answer = bulk(client, event, "approve", all="1", query="")
    assert answer.status_code == 302 and "At most 1 person" in said(answer)[-1]


def test_nobody_and_nonsense_are_refused(client, event):
    foreign = PersonFactory(event=EventFactory(partner=PartnerFactory()), status=S.PENDING)
    person = somebody(event, status=S.PENDING)
    for sent in (
        {"act": "approve"},
        {"act": "approve", "uid": [foreign.uid]},
        {"act": "approve", "uid": ["x"]},
        {"act": "approve", "uid": ["\x00"]},
        {"act": "approve", "all": "1", "query": "status=dancing"},
        {"act": "dance", "uid": [person.uid]},
        {"uid": [person.uid]},
        {},
    ):
        here = of_event(event) + "?status=pending&q=a"
        answer = client.post(of_event(event, "persons/bulk/"), sent | {"next": here})
        assert (answer.status_code, answer["Location"]) == (302, here), sent
        assert said(answer)[-1] in text(client.get(here)), sent
    assert statuses(foreign, person) == ["pending", "pending"]
    assert client.get(of_event(event, "persons/bulk/"))["Location"] == of_event(event)


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_any_bulk_form_is_answered(client, event, value):
    person = somebody(event)
    for name in ("act", "uid", "query", "digest", "next", "reason", "crowd_list", "tag", "proficiency"):
        for act in ("reject", "list", "tag"):
            sent = {"act": act, "uid": person.uid, "go": "1", "all": "1", name: value}
            assert client.post(of_event(event, "persons/bulk/"), sent).status_code < 500, (act, name)


def test_a_bulk_act_is_for_planners_alone(client, event):
    person = somebody(event, status=S.PENDING)
    for role in REFUSED:
        member(client, event.partner, role)
        assert bulk(client, event, "approve", person).status_code in (403, 404)
    member(client, PartnerFactory(), "crew_coordinator")
    assert bulk(client, event, "approve", person).status_code == 404
    assert statuses(person) == ["pending"]
