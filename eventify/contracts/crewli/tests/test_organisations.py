"""Organisations, their members, and who is asked to join."""

import pytest

from accounts.models import AuditLog, OutgoingMail
from eventify.contracts.crewli.tests.conftest import (
    API,
    client_of,
    data_of,
    errors_of,
    list_of,
    member,
    refusal_of,
    ulid,
    with_role,
)  # fmt: skip
from eventify.lib.wire import moment
from partners.factories import PartnerFactory
from partners.models import Invitation, Member, Partner

ORGANISATIONS = f"{API}organisations"
EMPTY = {"contact_email": None, "phone": None, "website": None}


def shown(partner: Partner, **changed) -> dict:
    partner.refresh_from_db()
    return {
        "id": ulid(partner),
        "name": partner.name,
        "slug": partner.slug,
        "contact_email": "hello@blue.example",
        "phone": None,
        "website": None,
        "created_at": moment(partner.created_at),
        **changed,
    }


# --- The list -----------------------------------------------------------------------------------------


def test_staff_see_all_by_name_and_members_their_own(as_admin, as_org_admin, org):
    house = Partner.objects.get(is_house=True)
    Partner.objects.filter(pk=house.pk).update(name="Our House")
    found = list_of(as_admin.get(ORGANISATIONS))
    assert found == [shown(org), shown(house, contact_email=house.contact_email or None)]
    answer = as_org_admin.get(ORGANISATIONS)
    assert list_of(answer) == [shown(org)]
    assert answer.json()["meta"] == {"current_page": 1, "per_page": 25, "total": 1, "last_page": 1}


def test_who_sees_partners_nowhere_gets_no_list(as_volunteer, org):
    refusal_of(as_volunteer.get(ORGANISATIONS), 403, "forbidden")
    refusal_of(client_of(member(org, "volunteer")).get(ORGANISATIONS), 403, "forbidden")
    refusal_of(client_of().get(ORGANISATIONS), 401, "unauthenticated")


# --- Making one ---------------------------------------------------------------------------------------


def test_a_new_organisation_runs_events_at_once(as_admin, admin):
    made = data_of(as_admin.post(ORGANISATIONS, {"name": " Green  Hill "}), 201)
    partner = Partner.objects.get(uid__isnull=False, slug="green-hill")
    assert made == shown(partner, **EMPTY, name="Green Hill")
    assert (partner.type, partner.status, partner.verification_status) == ("Promoter", "Active", "Pending")
    assert partner.joined_at is not None and not partner.members.exists()
    line = AuditLog.objects.get(action="FOUNDED_PARTNER")
    assert (line.actor, line.target_uid) == (admin, partner.uid)
    event = {"name": "Fest", "start_date": "2030-07-01", "end_date": "2030-07-02"}
    drafted = data_of(as_admin.post(f"{ORGANISATIONS}/{made['id']}/events", event), 201)
    step = f"{ORGANISATIONS}/{made['id']}/events/{drafted['id']}/transition"
    assert data_of(as_admin.post(step, {"status": "published"}))["status"] == "published"


def test_all_fields_and_a_slug_of_ones_own(as_admin):
    given = {
        "name": "Green Hill",
        "slug": "hill-2026",
        "contact_email": "Hello@Hill.Example",
        "phone": "+31 20 123 4567",
        "website": "hill.example",
    }
    made = data_of(as_admin.post(ORGANISATIONS, given), 201)
    assert {name: made[name] for name in given} == {
        "name": "Green Hill",
        "slug": "hill-2026",
        "contact_email": "Hello@hill.example",
        "phone": "+31201234567",
        "website": "https://hill.example",
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"slug": "Blue Fields"}, "slug"),
        ({"slug": ""}, "slug"),
        ({"slug": "blue-fields"}, "slug"),
        ({"contact_email": "hello"}, "contact_email"),
        ({"phone": "12"}, "phone"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"type": "Venue"}, "type"),
        ({"status": "Active"}, "status"),
        ({"is_house": True}, "is_house"),
    ],
)
def test_what_an_organisation_cannot_say_of_itself(as_admin, org, change, field):
    before = Partner.objects.count()
    assert list(errors_of(as_admin.post(ORGANISATIONS, {"name": "Green Hill", **change}))) == [field]
    assert Partner.objects.count() == before
    if field != "slug" or change[field] != "blue-fields":
        assert list(errors_of(as_admin.put(f"{ORGANISATIONS}/{ulid(org)}", change))) == [field]


def test_the_same_name_twice_gives_another_slug(as_admin, org):
    slug = data_of(as_admin.post(ORGANISATIONS, {"name": org.name}), 201)["slug"]
    assert slug.startswith("blue-fields-") and Partner.objects.filter(slug=slug).count() == 1


@pytest.mark.parametrize("role", Member.Role.values)
def test_members_make_no_organisation(org, role):
    """A second one would be a way around a suspension."""
    refusal_of(client_of(member(org, role)).post(ORGANISATIONS, {"name": 1}), 403, "forbidden")
    assert not Partner.objects.filter(name="1").exists()


# --- One ----------------------------------------------------------------------------------------------


def test_everybody_in_it_sees_it(org, path, as_manager, as_volunteer, as_admin):
    clients = [as_manager, as_volunteer, as_admin, client_of(member(org, "volunteer"))]
    for client in clients:
        assert data_of(client.get(path)) == shown(org)
    lower = f"{ORGANISATIONS}/{ulid(org).lower()}"
    assert data_of(as_manager.get(lower)) == data_of(as_manager.get(f"{ORGANISATIONS}/{org.uid}/")) == shown(org)


def test_outsiders_do_not(path, as_stranger):
    for method in ("get", "put"):
        refusal_of(getattr(as_stranger, method)(path), 404, "not_found")


def test_changing_some_fields(as_org_admin, org, org_admin, path):
    found = data_of(as_org_admin.put(path, {"phone": "+31201234567", "slug": "blue"}))
    assert found == shown(org, phone="+31201234567") and found["slug"] == "blue"
    assert data_of(as_org_admin.put(path, found)) == found  # what was read goes back
    assert data_of(as_org_admin.put(path, {"phone": None, "website": "", "contact_email": None})) == shown(org, **EMPTY)
    assert data_of(as_org_admin.put(path, {})) == shown(org, **EMPTY)
    lines = AuditLog.objects.filter(action="CHANGED_PARTNER", target_uid=org.uid, actor=org_admin).order_by("id")
    assert [sorted(line.details["after"]) for line in lines] == [["phone", "slug"], ["contact_email", "phone"]]


def test_a_slug_of_another_organisation(as_org_admin, path):
    PartnerFactory(slug="taken")
    assert errors_of(as_org_admin.put(path, {"slug": "taken"})) == {"slug": ["Another organisation has this slug."]}


def test_the_name_that_papers_were_verified_for_stays(as_org_admin, as_admin, path, org):
    refusal_of(as_org_admin.put(path, {"name": "Other"}), 409, "conflict")
    assert data_of(as_admin.put(path, {"name": "Other"}))["name"] == "Other"


@pytest.mark.parametrize("role", ["org_member", "event_manager", "crew_coordinator", "volunteer"])
def test_only_administrators_change_it(org, path, role):
    refusal_of(client_of(member(org, role)).put(path, {"name": 1}), 403, "forbidden")
    refusal_of(client_of(with_role("Support")).put(path, {"name": 1}), 403, "forbidden")
    org.refresh_from_db()
    assert org.name == "Blue Fields"


# --- Members and invitations --------------------------------------------------------------------------


def test_members_by_name(as_org_admin, org, path, org_admin):
    zoe = member(org, "crew_coordinator", full_name="Zoe", email="zoe@example.com")
    PartnerFactory()
    first, second = Member.objects.get(user=org_admin), Member.objects.get(user=zoe)
    expected = {"name": "Omar Org", "email": "omar@example.com", "role": "org_admin"}
    assert list_of(as_org_admin.get(f"{path}/members")) == [
        {"id": ulid(org_admin), **expected, "created_at": moment(first.created_at)},
        {
            "id": ulid(zoe),
            "name": "Zoe",
            "email": "zoe@example.com",
            "role": "crew_coordinator",
            "created_at": moment(second.created_at),
        },
    ]


def test_volunteers_do_not_see_the_members(org, path, as_volunteer):
    for client in (as_volunteer, client_of(member(org, "volunteer"))):
        refusal_of(client.get(f"{path}/members"), 403, "forbidden")


def test_asking_somebody_to_join(as_org_admin, org, path, org_admin):
    made = data_of(as_org_admin.post(f"{path}/invite", {"email": "New@Example.com", "role": "event_manager"}), 201)
    row = Invitation.objects.get()
    assert made == {
        "id": ulid(row),
        "email": "New@example.com",
        "role": "event_manager",
        "expires_at": moment(row.expires_at),
        "created_at": moment(row.created_at),
    }
    assert (row.partner, row.invited_by) == (org, org_admin)
    assert OutgoingMail.objects.get(template="partner_invitation").to == "New@example.com"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["email", "role"]),
        ({"email": "x", "role": "org_admin"}, ["email"]),
        ({"email": "x@example.com", "role": "boss"}, ["role"]),
        ({"email": None, "role": None}, ["email", "role"]),
    ],
)
def test_what_an_invitation_needs(as_org_admin, path, body, fields):
    assert sorted(errors_of(as_org_admin.post(f"{path}/invite", body))) == fields
    assert not Invitation.objects.exists() and not OutgoingMail.objects.exists()


def test_a_member_is_not_invited_again(as_org_admin, org, path):
    member(org, email="zoe@example.com")
    body = {"email": "ZOE@example.com", "role": "volunteer"}
    refusal_of(as_org_admin.post(f"{path}/invite", body), 409, "conflict")


@pytest.mark.parametrize("role", ["org_member", "event_manager", "crew_coordinator", "volunteer"])
def test_only_administrators_invite(org, path, role):
    refusal_of(client_of(member(org, role)).post(f"{path}/invite", {"email": 1}), 403, "forbidden")
