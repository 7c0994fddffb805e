"""Accepting an invitation: with a new account, or with the own one."""

from functools import partial

import pytest
import time_machine

from accounts.factories import UserFactory
from accounts.models import OutgoingMail, User
from accounts.tests.racing import race
from crew.factories import PersonFactory
from crew.models import IdentityMatch
from eventify.contracts.crewli.tests.conftest import API, client_of, data_of, errors_of, member, refusal_of, ulid
from eventify.lib.wire import moment
from events.factories import EventFactory
from partners import inviting
from partners.factories import PartnerFactory
from partners.models import Member, Partner

NEW = {"name": "Nina New", "password": "secret-place-7"}


def invited(partner, email="nina@example.com", role="crew_coordinator", by=None) -> str:
    """The address that the mail of this invitation leads to."""
    inviting.invite(partner, email, role, by=by)
    seed = OutgoingMail.objects.filter(template="partner_invitation").latest("id").context["seed"]
    return f"{API}invitations/{inviting.token_of(seed)}/accept"


def test_with_a_new_account(org, db):
    address = invited(org)
    found = data_of(client_of().post(address, NEW))
    user = User.objects.get(email="nina@example.com")
    row = Member.objects.get(user=user)
    assert found == {
        "member": {
            "id": ulid(user),
            "name": "Nina New",
            "email": "nina@example.com",
            "role": "crew_coordinator",
            "created_at": moment(row.created_at),
        },
        "organisation": {
            "id": ulid(org),
            "name": "Blue Fields",
            "slug": "blue-fields",
            "contact_email": "hello@blue.example",
            "phone": None,
            "website": None,
            "created_at": moment(org.created_at),
        },
    }
    assert row.partner == org
    login = client_of().post(f"{API}auth/login", {"email": user.email, "password": NEW["password"]})
    assert data_of(login)["user"]["organisations"][0]["ulid"] == ulid(org)


def test_with_ones_own_account(org):
    nina = UserFactory(email="nina@example.com", full_name="Nina Known")
    address = invited(org)
    refusal_of(client_of().post(address, NEW), 409, "log_in_first")
    refusal_of(client_of(UserFactory()).post(address, {}), 403, "forbidden")
    assert not Member.objects.filter(partner=org).exists()
    assert data_of(client_of(nina).post(address, {}))["member"]["name"] == "Nina Known"
    assert Member.objects.get(partner=org).user == nina


def test_an_outdated_token_does_not_keep_anybody_out(org):
    stale = client_of()
    stale.credentials(HTTP_AUTHORIZATION="Bearer a.b.c")
    assert data_of(stale.post(invited(org), NEW))["organisation"]["id"] == ulid(org)


def test_a_link_is_good_once_and_for_14_days(org):
    address = invited(org)
    data_of(client_of().post(address, NEW))
    refusal_of(client_of().post(address, {**NEW, "name": "Other"}), 409, "invitation_over")
    late, taken_back = invited(org, "late@example.com"), invited(org, "back@example.com")
    inviting.revoke(org.invitations.get(email="back@example.com"), by=None)
    refusal_of(client_of().post(taken_back, NEW), 409, "invitation_over")
    with time_machine.travel(org.invitations.get(email="late@example.com").expires_at):
        refusal_of(client_of().post(late, NEW), 409, "invitation_over")
    assert Member.objects.filter(partner=org).count() == 1


@pytest.mark.parametrize("token", ["x", "0" * 64, "%00", "%ff", "é💥", "x" * 2000, "%ED%A0%80"])
def test_other_links_lead_nowhere(org, token):
    invited(org)
    refusal_of(client_of().post(f"{API}invitations/{token}/accept", NEW), 404, "not_found")
    assert not Member.objects.filter(partner=org).exists()


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["name"]),
        ({"name": "N"}, ["password"]),
        ({"name": " ", "password": "secret-place-7"}, ["name"]),
        ({"name": 5, "password": 5}, ["name", "password"]),
        ({**NEW, "role": "org_admin"}, ["role"]),
    ],
)
def test_what_a_new_account_needs(org, body, fields):
    assert sorted(errors_of(client_of().post(invited(org), body))) == fields
    assert not User.objects.filter(email="nina@example.com").exists()


def test_the_first_to_accept_makes_an_invited_partner_active(db):
    made = inviting.invite_partner(
        name="New Barn", type="Promoter", contact={"name": "Nina", "email": "nina@example.com"}, by=None
    )
    seed = OutgoingMail.objects.get().context["seed"]
    answer = client_of().post(f"{API}invitations/{inviting.token_of(seed)}/accept", {"password": "secret-place-7"})
    assert data_of(answer)["member"]["role"] == "org_admin"
    assert Partner.objects.get(pk=made.pk).status == "Active"


def test_a_new_account_is_matched_with_the_people_of_events_and_never_linked(org):
    own = PersonFactory(event=EventFactory(partner=org), email="NINA@example.com")
    other = PersonFactory(event=EventFactory(partner=PartnerFactory()), email="nina@example.com")
    data_of(client_of().post(invited(org), NEW))
    found = IdentityMatch.objects.order_by("id")
    assert {(one.partner, one.person, one.status) for one in found} == {
        (org, own, "pending"),
        (other.event.partner, other, "pending"),
    }
    for person in (own, other):
        person.refresh_from_db()
        assert person.user is None


@pytest.mark.django_db(transaction=True)
def test_one_link_at_once_gives_one_account_and_one_member():
    org = PartnerFactory()
    address = invited(org, by=member(org))
    statuses = sorted(answer.status_code for answer in race(*[partial(client_of().post, address, NEW)] * 6))
    assert statuses == [200, 409, 409, 409, 409, 409]
    assert User.objects.filter(email="nina@example.com").count() == 1
    assert Member.objects.filter(partner=org).count() == 2


def test_not_too_many_from_one_place(org, settings):
    settings.EVENTIFY_RATE_LIMITS = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "signup": (2, 60)}
    address = invited(org)
    for ending in ("", "/"):
        errors_of(client_of().post(address + ending, {}))
    answer = client_of().post(address, NEW)
    assert errors_of(answer, 429, "too_many_requests") == {} and int(answer["Retry-After"]) > 0
