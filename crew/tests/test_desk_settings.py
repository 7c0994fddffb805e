"""What an organisation's people can be: its crowd types, companies and tags."""

import pytest

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.tests.coming_in import log_in
from bookings.tests.desk import DESK, HOSTILE, confirm, member, queries_of, said, shown, staff
from bookings.tests.scenes import text
from crew.factories import CompanyFactory, CrowdTypeFactory, PersonFactory, PersonTagFactory
from crew.models import Company, CrowdType, Person, PersonTag, UserTag
from crew.tests.desk_people import LONG, MARKUP, REFUSED, planned
from partners import members
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
SETTINGS = f"{DESK}/crew/settings/"
KINDS = ("crowd-type", "company", "tag")


@pytest.fixture
def event(client):
    return planned(client)[0]


@pytest.fixture
def partner(event):
    return event.partner


def of(partner, part: str) -> str:
    return f"{SETTINGS}{partner.uid}/{part}/"


def at(kind: str, row, act: str = "") -> str:
    return f"{SETTINGS}{kind}/{row.uid}/{act and act + '/'}"


def rows_of(partner) -> dict:
    """One row of each kind."""
    made = CrowdTypeFactory, CompanyFactory, PersonTagFactory
    return {kind: factory(partner=partner) for kind, factory in zip(KINDS, made, strict=True)}


FORMS = {
    "crowd-types": {"name": "Press", "system_type": "PRESS", "color": "#00ff00", "claims_need_approval": "on"},
    "companies": {"name": "Loud Ltd", "type": "supplier", "contact_email": "loud@example.com"},
    "tags": {"name": "First aid", "category": "Safety", "color": "#ff0000", "sort_order": "1"},
}


def test_who_plans_one_organisation_goes_straight_there(client, partner):
    assert client.get(SETTINGS)["Location"] == of(partner, "crowd-types")


def test_who_plans_several_chooses(client, partner):
    planner, other = UserFactory(), PartnerFactory(name="Second Ltd")
    PartnerFactory(name="Foreign Ltd")
    for one in (partner, other):
        members.add(one, planner, "crew_coordinator", by=None)
    log_in(client, planner)
    page = client.get(SETTINGS)
    assert set(shown(page)) == {partner, other} and "Foreign" not in text(page)
    few = queries_of(client, SETTINGS)
    members.add(PartnerFactory(), planner, "crew_coordinator", by=None)
    assert queries_of(client, SETTINGS) == few
    log_in(client, SuperAdminFactory())
    assert len(shown(client.get(SETTINGS, {"q": "ltd"}))) == 2


def test_the_three_lists_say_what_they_hold(client, event, partner):
    kind = CrowdTypeFactory(partner=partner, name="Bar", color="#123456", claims_need_approval=False)
    company = CompanyFactory(partner=partner, name=MARKUP, contact_name="Binh")
    tag = PersonTagFactory(partner=partner, name="First aid", category="Safety")
    PersonFactory(event=event, crowd_type=kind, company=company)
    UserTag.objects.create(user=UserFactory(), tag=tag, source=UserTag.Source.SELF)
    page = client.get(of(partner, "crowd-types"))
    assert [(row.name, row.persons_count) for row in shown(page)] == [("Bar", 1), ("Helper", 0)]
    for words in ('fill="#123456"', "Theirs at once", "Wait for a planner"):
        assert words in text(page), words
    page = client.get(of(partner, "companies"))
    assert "Binh" in text(page) and "<script>alert" not in page.content.decode()
    page = client.get(of(partner, "tags"))
    assert [(row.name, row.people) for row in shown(page)] == [("First aid", 1)] and "Safety" in text(page)


@pytest.mark.parametrize("part", FORMS)
def test_a_list_asks_as_often_for_3_rows_as_for_1(client, partner, part):
    rows_of(partner)
    few = queries_of(client, of(partner, part))
    rows_of(partner), rows_of(partner)
    assert queries_of(client, of(partner, part)) == few


@pytest.mark.parametrize(("part", "model", "kind"), zip(FORMS, (CrowdType, Company, PersonTag), KINDS, strict=True))
def test_a_row_is_made_and_changed(client, partner, part, model, kind):
    form = FORMS[part]
    answer = client.post(of(partner, part) + "new/", form)
    assert (answer.status_code, answer["Location"]) == (302, of(partner, part))
    row = model.objects.get(name=form["name"])
    assert row.partner == partner
    again = client.post(of(partner, part) + "new/", form)
    if model is not Company:  # two businesses may have one name
        assert again.status_code in (409, 422) and model.objects.filter(name=form["name"]).count() == 1
    answer = client.post(at(kind, row), form | {"name": "Other", "is_active": "on"})
    assert said(answer)[-1] == "Other is saved."
    row.refresh_from_db()
    assert row.name == "Other"


def test_colours_and_rules_of_a_crowd_type(client, partner):
    client.post(of(partner, "crowd-types") + "new/", FORMS["crowd-types"])
    row = CrowdType.objects.get(name="Press")
    assert (row.system_type, row.color, row.claims_need_approval, row.is_active) == ("PRESS", "#00ff00", True, True)
    client.post(at("crowd-type", row), {"name": "Press", "system_type": "PRESS", "color": "#0000ff"})
    row.refresh_from_db()
    assert (row.color, row.claims_need_approval, row.is_active) == ("#0000ff", False, False)
    for color in ("red", "#12", '"><script>', "#00ff0g"):
        page = client.post(at("crowd-type", row), FORMS["crowd-types"] | {"color": color})
        assert page.status_code == 422 and "color" in page.context["form"].errors, color


def test_a_crowd_type_in_use_stays(client, event, partner):
    kind = partner.crowd_types.get()
    assert "Delete Helper" in text(client.get(at("crowd-type", kind, "delete")))
    PersonFactory(event=event, crowd_type=kind)
    page = client.get(at("crowd-type", kind, "delete"))
    assert page.status_code == 200 and page.context["impossible"]
    assert client.post(at("crowd-type", kind, "delete"), {"digest": "x"}).status_code == 409
    assert CrowdType.objects.filter(pk=kind.pk).exists()


def test_deleting(client, event, partner):
    rows = rows_of(partner)
    PersonFactory(event=event, crowd_type=partner.crowd_types.first(), company=rows["company"])
    assert "1 person comes with" in text(client.get(at("company", rows["company"], "delete")))
    for kind in ("crowd-type", "company"):
        answer = confirm(client, at(kind, rows[kind], "delete"))
        assert said(answer)[-1] == f"{rows[kind].name} is deleted."
        assert not type(rows[kind]).objects.filter(pk=rows[kind].pk).exists()
    assert Person.objects.get().company is None


def test_a_tag_goes_out_of_use_and_comes_back(client, partner):
    tag = PersonTagFactory(partner=partner, name="Driver")
    UserTag.objects.create(user=UserFactory(), tag=tag, source=UserTag.Source.SELF)
    assert "1 person has it and keeps it." in text(client.get(at("tag", tag, "delete")))
    assert said(confirm(client, at("tag", tag, "delete"))) == ["Driver is out of use."]
    tag.refresh_from_db()
    assert not tag.is_active and UserTag.objects.count() == 1
    page = text(client.get(at("tag", tag)))
    assert "out of use" in page and "Put it to use again" in page
    assert "Driver is in use again." in said(client.post(at("tag", tag, "use")))
    tag.refresh_from_db()
    assert tag.is_active


def test_what_others_plan_is_not_there(client, partner):
    foreign = PartnerFactory()
    rows = rows_of(foreign)
    for part in FORMS:
        for url in (of(foreign, part), of(foreign, part) + "new/"):
            assert client.get(url).status_code == 404, url
            assert client.post(url, FORMS[part]).status_code in (404, 405), url
    for kind, row in rows.items():
        for act in ("", "delete"):
            assert client.get(at(kind, row, act)).status_code == 404, (kind, act)
    assert client.post(at("tag", rows["tag"], "use")).status_code == 404
    mine = rows_of(partner)
    for role in REFUSED:
        member(client, partner, role)
        assert client.get(SETTINGS).status_code == 403
        for part in FORMS:
            assert client.get(of(partner, part)).status_code in (403, 404)
        for kind, row in mine.items():
            assert client.post(at(kind, row), {"name": "x"}).status_code in (403, 404)
    staff(client, "Support")
    assert client.get(SETTINGS).status_code == 403


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_any_input_is_answered(client, partner, value):
    rows = rows_of(partner)
    for part, kind in zip(FORMS, KINDS, strict=True):
        for name in ("q", "system_type", "type", "is_active", "sort", "page"):
            assert client.get(of(partner, part), {name: value}).status_code == 200, (part, name)
        for name in FORMS[part]:
            assert client.post(of(partner, part) + "new/", FORMS[part] | {name: value}).status_code < 500, (part, name)
            assert client.post(at(kind, rows[kind]), FORMS[part] | {name: value}).status_code < 500, (part, name)
        assert client.post(at(kind, rows[kind], "delete"), {"digest": value}).status_code < 500


def test_long_names(client, partner):
    CompanyFactory(partner=partner, name=LONG)
    assert LONG in text(client.get(of(partner, "companies")))
