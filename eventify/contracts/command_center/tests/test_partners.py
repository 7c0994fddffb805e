"""Partners: the list, inviting, the profile, contacts, and how we stand with them."""

import pytest

from accounts.models import AuditLog, OutgoingMail
from eventify.contracts.command_center.tests.conftest import client_of, data_of, errors_of, member, meta_of, with_role
from eventify.lib.wire import moment
from partners.factories import PartnerFactory
from partners.models import Contact, Partner
from partners.tests.money import refund, sell

PATH = "/api/v1/partners"
NEW = {"name": "Red Barn", "type": "Venue", "contact": {"name": "Rita", "email": "rita@example.com", "phone": ""}}


def row_of(partner: Partner, **changed) -> dict:
    """A partner as the list shows it."""
    return {
        "id": str(partner.uid),
        "name": partner.name,
        "type": "Promoter",
        "status": "Active",
        "verification_status": "Verified",
        "logo_url": None,
        "total_revenue": "0.00",
        "open_balance": "0.00",
        "currency": "INR",
        "joined_at": moment(partner.joined_at),
        "created_at": moment(partner.created_at),
        **changed,
    }


def names(answer) -> list[str]:
    return [one["name"] for one in data_of(answer)]


def test_the_list_newest_first_with_figures_of_the_ledger(as_admin, partner):
    order = sell(partner, "1000.00", fee="50")
    refund(partner, "200", order=order, fee="10")
    newer = PartnerFactory()
    answer = as_admin.get(PATH)
    assert data_of(answer) == [row_of(newer), row_of(partner, total_revenue="800.00", open_balance="760.00")]
    assert meta_of(answer) == {"current_page": 1, "per_page": 25, "total": 2, "last_page": 1}


def test_filters_search_and_sort(as_admin, partner):
    red = PartnerFactory(name="Red Barn", type="Venue", status="Suspended", verification_status="Rejected")
    sell(red, 10)
    for query, found in (
        ("status=Suspended", ["Red Barn"]),
        ("type=Promoter", ["Blue Hall"]),
        ("verification_status=Rejected", ["Red Barn"]),
        ("search=bLuE", ["Blue Hall"]),
        ("search=hall@example", ["Blue Hall"]),
        ("search=nothing", []),
        ("status=", ["Red Barn", "Blue Hall"]),
        ("unknown=1", ["Red Barn", "Blue Hall"]),
        ("sort=name", ["Blue Hall", "Red Barn"]),
        ("sort=-name", ["Red Barn", "Blue Hall"]),
        ("sort=total_revenue", ["Blue Hall", "Red Barn"]),
        ("sort=-open_balance", ["Red Barn", "Blue Hall"]),
    ):
        assert names(as_admin.get(f"{PATH}?{query}")) == found, query
    bad = errors_of(as_admin.get(f"{PATH}?status=active&type=Shop&sort=size"), 422, "invalid")
    assert set(bad) == {"status", "type", "sort"}


def test_the_house_is_not_listed_but_there(as_admin):
    house = Partner.objects.get(is_house=True)
    assert data_of(as_admin.get(PATH)) == []
    assert data_of(as_admin.get(f"{PATH}/{house.uid}"))["name"] == house.name


def test_inviting_makes_a_partner_a_contact_and_a_mail(as_admin, admin):
    made = data_of(as_admin.post(PATH, NEW), 201)
    partner = Partner.objects.get(uid=made["id"])
    contact = Contact.objects.get(partner=partner)
    figures = row_of(partner, type="Venue", status="Invited", verification_status="Pending", joined_at=None)
    assert made == {
        **figures,
        "slug": "red-barn",
        "contact_email": "rita@example.com",
        "phone": None,
        "website": None,
        "status_reason": None,
        "contacts": [
            {"id": str(contact.uid), "name": "Rita", "email": "rita@example.com", "phone": None, "is_primary": True}
        ],
        "documents": [],
    }
    assert data_of(as_admin.get(f"{PATH}/{made['id']}")) == made
    assert OutgoingMail.objects.get(template="partner_invitation").to == "rita@example.com"
    line = AuditLog.objects.get(action="INVITED_PARTNER")
    assert (line.actor, line.target_uid) == (admin, partner.uid)


@pytest.mark.parametrize(
    "change, field",
    [
        ({"name": " "}, "name"),
        ({"type": "venue"}, "type"),
        ({"contact": {"name": "R", "email": "rita"}}, "contact.email"),
        ({"contact": {"name": "", "email": "r@example.com"}}, "contact.name"),
        ({"contact": {"name": "R", "email": "r@example.com", "phone": "12"}}, "contact.phone"),
        ({"contact": "Rita"}, "contact"),
        ({"contact": None}, "contact"),
        ({"status": "Active"}, "status"),
    ],
)
def test_what_an_invitation_needs(as_admin, change, field):
    assert list(errors_of(as_admin.post(PATH, {**NEW, **change}), 422, "invalid")) == [field]
    assert not Partner.objects.filter(is_house=False).exists() and not OutgoingMail.objects.exists()


def test_members_see_their_own_partner_only(as_org_admin, partner):
    other = PartnerFactory()
    assert names(as_org_admin.get(PATH)) == ["Blue Hall"]
    assert data_of(as_org_admin.get(f"{PATH}/{partner.uid}"))["name"] == "Blue Hall"
    errors_of(as_org_admin.get(f"{PATH}/{other.uid}"), 404, "not_found")
    assert names(as_org_admin.get(f"{PATH}?search={other.name}")) == []


def test_figures_are_for_who_may_see_financials(partner, as_org_admin):
    sell(partner, 100)
    for client, amount in (
        (as_org_admin, "100.00"),
        (client_of(with_role("Finance")), "100.00"),
        (client_of(with_role("Support")), None),
        (client_of(member(partner, "org_member")), None),
    ):
        for found in (data_of(client.get(PATH))[0], data_of(client.get(f"{PATH}/{partner.uid}"))):
            assert (found["total_revenue"], found["open_balance"]) == (amount, amount)


def test_suspending_and_activating(as_admin, admin, partner):
    path = f"{PATH}/{partner.uid}/status"
    assert list(errors_of(as_admin.patch(path, {"status": "Suspended"}), 422, "invalid")) == ["reason"]
    found = data_of(as_admin.patch(path, {"status": "Suspended", "reason": "Complaints."}))
    assert (found["status"], found["status_reason"], found["id"]) == ("Suspended", "Complaints.", str(partner.uid))
    errors_of(as_admin.patch(path, {"status": "Suspended", "reason": "Again."}), 409, "conflict")
    found = data_of(as_admin.patch(path, {"status": "Active"}))
    assert (found["status"], found["status_reason"]) == ("Active", None)
    lines = AuditLog.objects.filter(target_uid=partner.uid, actor=admin).order_by("id")
    assert list(lines.values_list("action", flat=True)) == ["SUSPENDED_PARTNER", "ACTIVATED_PARTNER"]
    for body in ({}, {"status": "Invited"}, {"status": None}, {"status": "active"}):
        assert list(errors_of(as_admin.patch(path, body), 422, "invalid")) == ["status"]


def test_members_do_not_activate_themselves(as_org_admin, partner):
    Partner.objects.filter(pk=partner.pk).update(status="Suspended")
    body = {"status": "Active"}
    assert errors_of(as_org_admin.patch(f"{PATH}/{partner.uid}/status", body), 403, "forbidden") == {}
    partner.refresh_from_db()
    assert partner.status == "Suspended"


def test_the_house_cannot_be_suspended(as_admin):
    house = Partner.objects.get(is_house=True)
    body = {"status": "Suspended", "reason": "x"}
    errors_of(as_admin.patch(f"{PATH}/{house.uid}/status", body), 409, "conflict")


def test_contacts(as_org_admin, partner):
    path = f"{PATH}/{partner.uid}/contacts"
    first = data_of(as_org_admin.post(path, {"name": "Ann", "email": "ann@example.com", "phone": "+919812345678"}), 201)
    assert first == {
        "id": first["id"],
        "name": "Ann",
        "email": "ann@example.com",
        "phone": "+919812345678",
        "is_primary": True,
    }
    second = data_of(as_org_admin.post(path, {"name": "Bo", "email": "bo@example.com"}), 201)
    assert second["is_primary"] is False
    changed = data_of(as_org_admin.patch(f"{path}/{second['id']}", {"is_primary": True, "name": "Bob"}))
    assert changed == {**second, "is_primary": True, "name": "Bob"}
    assert data_of(as_org_admin.get(path)) == [changed, {**first, "is_primary": False}]
    errors_of(as_org_admin.delete(f"{path}/{second['id']}"), 409, "conflict")
    assert as_org_admin.delete(f"{path}/{first['id']}").json() == {"data": None}
    assert names(as_org_admin.get(path)) == ["Bob"]
    errors_of(as_org_admin.patch(f"{path}/{second['id']}", {"email": "x"}), 422, "invalid")


def test_a_contact_of_another_partner_is_not_there(as_org_admin, partner):
    other = Contact.objects.create(partner=PartnerFactory(), name="Zed", email="z@example.com")
    for path in (f"{PATH}/{partner.uid}/contacts/{other.uid}", f"{PATH}/{other.partner.uid}/contacts/{other.uid}"):
        errors_of(as_org_admin.patch(path, {"name": "Mine"}), 404, "not_found")
        errors_of(as_org_admin.delete(path), 404, "not_found")
    other.refresh_from_db()
    assert other.name == "Zed"
