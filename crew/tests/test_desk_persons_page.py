"""One person on one page: what it shows, and what is done there."""

from uuid import uuid4

import pytest

from accounts.factories import UserFactory
from accounts.models import AuditLog
from bookings.tests.desk import HOSTILE, confirm, member, queries_of, said
from bookings.tests.scenes import text
from crew import assignments, crowd_lists
from crew.factories import CompanyFactory, CrowdListFactory, CrowdTypeFactory, PersonFactory, PersonTagFactory
from crew.models import Assignment, CrowdListEntry, IdentityMatch, Person, UserTag
from crew.tests.desk_people import LONG, MARKUP, REFUSED, mails, of_event, planned
from crew.tests.scenes import shift_at
from events.factories import EventFactory
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
S = Person.Status


@pytest.fixture
def event(client):
    return planned(client)[0]


@pytest.fixture
def kind(event):
    return event.partner.crowd_types.first()


@pytest.fixture
def asha(event, kind):
    return PersonFactory(event=event, crowd_type=kind, name="Asha Rao", email="asha@example.com", status=S.PENDING)


def at(person: Person, act: str = "") -> str:
    return of_event(person.event, f"persons/{person.uid}/{act and act + '/'}")


def now(person: Person) -> Person:
    return Person.objects.get(pk=person.pk)


def values(person: Person, **changes) -> dict:
    """What the edit form holds, with other values."""
    own = {"name": person.name, "email": person.email, "phone": person.phone, "notes": person.notes}
    return own | {"crowd_type": person.crowd_type.uid, "company": ""} | changes


# --- Showing --------------------------------------------------------------------------------------------------


def test_everything_of_one_person(client, event, asha):
    asha.user, asha.notes, asha.company = (
        UserFactory(full_name="Asha R."),
        "Knows the bar.",
        CompanyFactory(partner=event.partner, name="Loud Ltd"),
    )
    asha.status = S.APPROVED
    asha.save()
    tag = PersonTagFactory(partner=event.partner, name="First aid")
    UserTag.objects.create(user=asha.user, tag=tag, source=UserTag.Source.SELF, proficiency="expert")
    assignments.assign(shift_at(event, "18:00-22:00", title="Pouring"), asha, by=None)
    crowd_list = CrowdListFactory(event=event, crowd_type=asha.crowd_type, name="Friends")
    crowd_lists.add(crowd_list, asha, by=None)
    PersonFactory(
        event=EventFactory(partner=event.partner, name="Other Night"), crowd_type=asha.crowd_type, user=asha.user
    )
    page = text(client.get(at(asha)))
    for words in (
        "asha@example.com", "Knows the bar.", "Loud Ltd", "Asha R.", "First aid", "says so themselves", "Pouring",
        "18:00–22:00", "Friends", "Other Night", "May get shifts.", "History",
    ):  # fmt: skip
        assert words in page, words


def test_an_empty_person_says_so(client, asha):
    page = text(client.get(at(asha)))
    for words in ("No shifts yet.", "On no list.", "Tags belong to an account", "Waits for your decision."):
        assert words in page, words


def test_the_page_asks_as_often_for_many(client, event, asha):
    asha.user, asha.status = UserFactory(), S.APPROVED
    asha.save()
    hours = iter(("08:00-09:00", "10:00-11:00", "12:00-13:00"))

    def more():
        assignments.assign(shift_at(event, next(hours)), asha, by=None)
        tag = PersonTagFactory(partner=event.partner)
        UserTag.objects.create(user=asha.user, tag=tag, source=UserTag.Source.ORGANISER)
        crowd_lists.add(CrowdListFactory(event=event, crowd_type=asha.crowd_type), asha, by=None)
        PersonFactory(event=EventFactory(partner=event.partner), crowd_type=asha.crowd_type, user=asha.user)

    more()
    few = queries_of(client, at(asha))
    more()
    more()
    assert queries_of(client, at(asha)) == few


def test_long_and_hostile_texts_are_shown_as_they_are(client, event, kind):
    person = PersonFactory(event=event, crowd_type=kind, name=LONG, notes=MARKUP, phone=MARKUP[:30])
    page = client.get(at(person)).content.decode()
    assert "<script>alert" not in page and LONG in page


def test_what_others_plan_is_not_there(client, event, asha):
    foreign = PersonFactory(event=EventFactory(partner=PartnerFactory()), status=S.PENDING)
    acts = ("", "edit", "approve", "reject", "no-show", "blacklist", "delete", "tag", "list")
    for act in acts:
        method = client.post if act == "approve" else client.get
        assert method(at(foreign, act)).status_code == 404, act
        mixed = of_event(event, f"persons/{foreign.uid}/{act and act + '/'}")
        assert method(mixed).status_code == 404, act
    for role in REFUSED:
        member(client, event.partner, role)
        for act in acts:
            method = client.post if act == "approve" else client.get
            assert method(at(asha, act)).status_code in (403, 404), (role, act)
    assert (now(foreign).status, now(asha).status) == (S.PENDING, S.PENDING)


# --- New and changed ------------------------------------------------------------------------------------------


def test_somebody_is_added(client, event, kind):
    url = of_event(event, "persons/new/")
    assert "Helper" in text(client.get(url))
    sent = {"name": " Binh ", "email": "Binh@Example.com", "crowd_type": kind.uid, "status": "approved", "notes": "x"}
    answer = client.post(url, sent)
    person = Person.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, at(person))
    assert (person.name, person.status, person.event, person.crowd_type, person.notes) == (
        "Binh",
        S.APPROVED,
        event,
        kind,
        "x",
    )
    again = client.post(url, sent)
    assert again.status_code in (409, 422) and Person.objects.count() == 1
    assert "Binh@Example.com" in text(again)


def test_what_cannot_be_is_said_at_its_field(client, event, kind):
    url = of_event(event, "persons/new/")
    foreign = CrowdTypeFactory(partner=PartnerFactory())
    fine = {"name": "Binh", "crowd_type": kind.uid, "status": "pending"}
    for wrong in (
        {"name": ""},
        {"name": "x" * 201},
        {"name": "a\x00b"},
        {"email": "nobody"},
        {"crowd_type": foreign.uid},
        {"crowd_type": "x"},
        {"company": CompanyFactory(partner=PartnerFactory()).uid},
        {"status": "no_show"},
        {"notes": "x" * 6000},
    ):
        page = client.post(url, fine | wrong)
        assert page.status_code in (400, 422), wrong
        assert set(page.context["form"].errors) == set(wrong), wrong
    assert not Person.objects.exists()


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_any_form_is_answered(client, event, asha, value):
    for name in ("name", "email", "phone", "crowd_type", "company", "status", "notes", "seen"):
        assert client.post(of_event(event, "persons/new/"), {"name": "B", name: value}).status_code < 500
        assert client.post(at(asha, "edit"), values(asha) | {name: value}).status_code < 500
    for act in ("reject", "blacklist", "delete", "tag", "list", "no-show"):
        assert client.get(at(asha, act), {"reason": value}).status_code < 500
        sent = {"digest": value, "reason": value, "tag": value, "crowd_list": value, "proficiency": value}
        assert client.post(at(asha, act), sent).status_code < 500, act
    assert now(asha).status == S.PENDING


def test_a_person_is_edited(client, event, asha):
    kind = CrowdTypeFactory(partner=event.partner, name="Crew")
    answer = client.post(
        at(asha, "edit"), values(asha, name="Asha R. Rao", crowd_type=kind.uid, phone="+31 6 12345678")
    )
    assert said(answer)[-1] == "Asha R. Rao is saved."
    assert (now(asha).name, now(asha).crowd_type) == ("Asha R. Rao", kind)


def test_what_a_colleague_changed_meanwhile_is_not_written_over(client, asha):
    seen = client.get(at(asha, "edit")).context["seen"]
    Person.objects.filter(pk=asha.pk).update(name="Asha of a colleague")
    page = client.post(at(asha, "edit"), values(asha, phone="+31612345678", seen=seen))
    assert page.status_code == 409 and "Somebody else changed this" in text(page)
    assert (now(asha).name, now(asha).phone) == ("Asha of a colleague", "")


# --- Decisions ------------------------------------------------------------------------------------------------


def test_approving(client, asha):
    answer = client.post(at(asha, "approve"))
    assert (answer["Location"], said(answer)) == (at(asha), ["Asha Rao is approved."])
    assert now(asha).status == S.APPROVED
    assert mails() == [("crew_approved", "asha@example.com")]
    client.post(at(asha, "approve"))
    assert len(mails()) == 1


def test_rejecting_says_what_it_cancels(client, event, asha):
    asha.status = S.APPROVED
    asha.save()
    assignments.assign(shift_at(event), asha, by=None)
    page = text(client.get(at(asha, "reject")))
    assert "gets a mail that says so" in page and "Shifts" in page
    answer = confirm(client, at(asha, "reject"), reason="Sorry, full.")
    assert said(answer)[-1] == "Asha Rao is rejected."
    assert now(asha).status == S.REJECTED
    assert not asha.assignments.filter(status__in=Assignment.ALIVE).exists()
    assert [template for template, _to in mails()].count("crew_rejected") == 1


def test_a_preview_changes_nothing(client, asha):
    for act in ("reject", "no-show", "blacklist", "delete"):
        client.get(at(asha, act))
    assert now(asha).status == S.PENDING and not now(asha).is_blacklisted and mails() == []


def test_a_no_show(client, asha):
    asha.status = S.APPROVED
    asha.save()
    assert said(confirm(client, at(asha, "no-show")))[-1] == "Asha Rao is marked as a no-show."
    assert now(asha).status == S.NO_SHOW and mails() == []


def test_the_blacklist_needs_a_reason_and_can_be_left(client, asha):
    page = client.get(at(asha, "blacklist"))
    assert client.post(at(asha, "blacklist"), {"digest": page.context["digest"], "reason": ""}).status_code == 400
    answer = confirm(client, at(asha, "blacklist"), reason="Stole a keg.")
    assert said(answer)[-1] == "Asha Rao is on the blacklist."
    assert now(asha).is_blacklisted and mails() == []
    page = text(client.get(at(asha)))
    assert "never approve" in page and "Stole a keg." in page
    assert client.post(at(asha, "approve")).status_code in (409, 422)
    confirm(client, at(asha, "blacklist"))
    assert not now(asha).is_blacklisted


def test_deleting_says_what_it_cancels(client, event, asha):
    asha.status = S.APPROVED
    asha.save()
    assignments.assign(shift_at(event), asha, by=None)
    page = text(client.get(at(asha, "delete")))
    assert "1 shift is cancelled." in page and "cannot be taken back" in page
    answer = confirm(client, at(asha, "delete"))
    assert (answer["Location"], said(answer)) == (of_event(event), ["Asha Rao is deleted."])
    assert not Person.objects.exists()
    assert client.post(at(asha, "delete")).status_code == 404


def test_what_moved_since_the_preview_is_shown_again(client, event, asha):
    asha.status = S.APPROVED
    asha.save()
    digest = client.get(at(asha, "delete")).context["digest"]
    assignments.assign(shift_at(event), asha, by=None)
    answer = client.post(at(asha, "delete"), {"digest": digest})
    assert answer.status_code == 409 and "Something has changed" in text(answer)
    assert Person.objects.filter(pk=asha.pk).exists()


# --- Tags, lists, matches -------------------------------------------------------------------------------------


def test_a_tag_is_given_and_taken(client, event, asha):
    tag = PersonTagFactory(partner=event.partner, name="First aid")
    assert client.post(at(asha, "tag"), {"tag": tag.uid}).status_code == 409
    asha.user = UserFactory()
    asha.save()
    foreign = PersonTagFactory(partner=PartnerFactory())
    assert client.post(at(asha, "tag"), {"tag": foreign.uid}).status_code == 400
    answer = client.post(at(asha, "tag"), {"tag": tag.uid, "proficiency": "expert"})
    assert said(answer)[-1] == "Asha Rao has the tag First aid."
    given = UserTag.objects.get()
    assert (given.tag, given.proficiency) == (tag, "expert")
    elsewhere = UserTag.objects.create(user=UserFactory(), tag=tag, source=UserTag.Source.SELF)
    for uid in (elsewhere.uid, uuid4()):
        assert client.post(at(asha, f"tag/{uid}/take")).status_code == 404
    assert said(client.post(at(asha, f"tag/{given.uid}/take")))[-1] == "Asha Rao has the tag First aid no more."
    assert list(UserTag.objects.all()) == [elsewhere]
    assert client.post(at(asha, f"tag/{given.uid}/take")).status_code == 404


def test_on_a_list_and_off_it(client, event, asha):
    crowd_list = CrowdListFactory(event=event, crowd_type=asha.crowd_type, name="Friends")
    foreign = CrowdListFactory(event=EventFactory(partner=PartnerFactory()))
    assert client.post(at(asha, "list"), {"crowd_list": foreign.uid}).status_code == 400
    assert said(client.post(at(asha, "list"), {"crowd_list": crowd_list.uid}))[-1] == "Asha Rao is on the list Friends."
    assert CrowdListEntry.objects.get().crowd_list == crowd_list
    assert client.post(at(asha, f"list/{foreign.uid}/take")).status_code == 404
    client.post(at(asha, f"list/{crowd_list.uid}/take"))
    assert not CrowdListEntry.objects.exists()


def test_a_match_stands_side_by_side_and_is_confirmed(client, event, asha):
    user = UserFactory(full_name="Asha Account", email="ASHA@example.com")
    match = IdentityMatch.objects.create(partner=event.partner, person=asha, user=user)
    page = text(client.get(at(asha)))
    for words in ("Asha Account", "ASHA@example.com", "has not confirmed its e-mail address", "Same", "Different"):
        assert words in page, words
    answer = client.post(f"/command-center/crew/matches/{match.uid}/confirm/", {"next": at(asha)})
    assert answer["Location"] == at(asha)
    assert now(asha).user == user
    assert AuditLog.objects.filter(action__contains="MATCH").exists()
