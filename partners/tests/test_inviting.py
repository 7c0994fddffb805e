"""Invitations: who becomes a member, and who never does."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.core import mail as outbox
from django.utils import timezone

from accounts import mail
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Notification, OutgoingMail, User
from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from eventify.lib.errors import Conflict, Forbidden, Invalid, Missing
from partners import inviting, members, standing
from partners.factories import PartnerFactory
from partners.models import Contact, Invitation, Member, Partner

pytestmark = pytest.mark.django_db(transaction=True)
WHO = {"name": "Asha Rao", "email": "asha@Example.COM", "phone": "98765 43210"}


def delivered() -> str:
    """The text of the newest mail, sent by the real task."""
    mail.send_pending()
    return outbox.outbox[-1].body


def token_in(text: str) -> str:
    """The token of the link in a mail."""
    return text.partition("/invitations/")[2].partition("/")[0]


def invited(partner=None, email="asha@example.com", **options) -> str:
    """Invite, and give the token that the mail shows."""
    inviting.invite(partner or PartnerFactory(status=Partner.Status.INVITED, joined_at=None), email, by=None, **options)
    return token_in(delivered())


def actions(partner) -> list[str]:
    lines = AuditLog.objects.filter(target_uid=partner.uid).order_by("id")
    return list(lines.values_list("action", flat=True))


def test_inviting_a_partner_makes_it_and_owes_the_mail():
    admin = SuperAdminFactory(full_name="Vera")
    partner = inviting.invite_partner(name=" Blue  Note ", type="Venue", contact=WHO, by=admin)
    partner.refresh_from_db()
    assert (partner.name, partner.slug, partner.type, partner.status) == ("Blue Note", "blue-note", "Venue", "Invited")
    assert (partner.verification_status, partner.joined_at) == ("Pending", None)
    contact = Contact.objects.get()
    assert (contact.name, contact.email, contact.phone, contact.is_primary) == (
        "Asha Rao",
        "asha@example.com",
        "+919876543210",
        True,
    )
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.invited_by) == ("asha@example.com", "org_admin", admin)
    assert timedelta(days=13, hours=23) < invitation.expires_at - timezone.now() <= timedelta(days=14)
    assert actions(partner) == ["INVITED_PARTNER", "INVITED_MEMBER"]
    text = delivered()
    assert outbox.outbox[-1].subject == "Blue Note on Eventify: your invitation"
    assert "Vera invites you to work for Blue Note" in text
    assert inviting.find(token_in(text)).pk == invitation.pk


def test_the_token_is_in_the_mail_and_nowhere_in_the_database():
    token = invited()
    assert len(token) == 64
    rows = [list(model.objects.values()) for model in (OutgoingMail, Invitation, AuditLog, Notification)]
    assert token not in repr(rows)
    assert inviting.token_of(OutgoingMail.objects.get().context["seed"]) == token


def test_another_secret_key_opens_nothing(settings):
    seed_token = invited()
    seed = OutgoingMail.objects.get().context["seed"]
    settings.SECRET_KEY = "x" * 50
    assert inviting.token_of(seed) != seed_token


def test_two_partners_of_one_name_get_two_addresses():
    slugs = {
        inviting.invite_partner(name="Blue Note", type="Venue", contact={**WHO, "email": f"{n}@e.com"}, by=None).slug
        for n in range(3)
    }
    assert len(slugs) == 3
    assert inviting.invite_partner(name="नमस्ते", type="Venue", contact=WHO, by=None).slug == "partner"


def test_partners_of_one_name_at_once():
    calls = [
        partial(inviting.invite_partner, name="Same", type="Venue", contact={**WHO, "email": f"{n}@e.com"}, by=None)
        for n in range(6)
    ]
    assert len(good(race(*calls))) == 6
    assert len(set(Partner.objects.filter(name="Same").values_list("slug", flat=True))) == 6


def test_all_wrong_fields_are_named_at_once():
    with pytest.raises(Invalid) as refusal:
        inviting.invite_partner(name="", type="Bank", contact={"email": "x", "phone": "1"}, by=None)
    assert sorted(refusal.value.errors) == ["contact.email", "contact.name", "contact.phone", "name", "type"]
    assert not Partner.objects.filter(is_house=False).exists()


def test_a_new_person_gets_an_account_and_the_partner_joins():
    token = invited(name="Asha")
    member = inviting.accept(token, name="Asha Rao", password="a-long-password")
    user = User.objects.get(email="asha@example.com")
    assert (member.user, member.role, user.full_name, user.check_password("a-long-password")) == (
        user,
        "org_admin",
        "Asha Rao",
        True,
    )
    assert user.email_confirmed_at is not None
    partner = Partner.objects.get(pk=member.partner_id)
    assert (partner.status, partner.joined_at is not None) == ("Active", True)
    assert user.can("manage_partners", on=partner)
    assert actions(partner) == ["INVITED_MEMBER", "ACCEPTED_INVITATION", "ADDED_MEMBER"]
    assert Invitation.objects.get().accepted_by == user


def test_a_weak_entry_keeps_the_link_good():
    token = invited()
    with pytest.raises(Invalid) as refusal:
        inviting.accept(token, name="Asha", password="")
    assert list(refusal.value.errors) == ["password"]
    with pytest.raises(Invalid) as refusal:
        inviting.accept(token, name=" ", password="a-long-password")
    assert list(refusal.value.errors) == ["name"]
    assert not Member.objects.exists()
    inviting.accept(token, name="Asha", password="a-long-password")


def test_an_account_that_is_there_must_be_the_logged_in_one():
    owner, other = UserFactory(email="asha@example.com"), UserFactory()
    token = invited(email="ASHA@example.com")
    with pytest.raises(inviting.LogInFirst):
        inviting.accept(token, name="x", password="secret")
    with pytest.raises(Forbidden):
        inviting.accept(token, user=other)
    assert not Member.objects.exists()
    member = inviting.accept(token, user=owner)
    assert (member.user, User.objects.count()) == (owner, 2)


def test_somebody_else_who_is_logged_in_never_joins_by_accident():
    token = invited()
    with pytest.raises(Forbidden, match="logged in as"):
        inviting.accept(token, user=UserFactory(), name="Asha", password="a-long-password")
    assert (Member.objects.count(), User.objects.filter(email="asha@example.com").count()) == (0, 0)


def test_a_link_works_once():
    token = invited()
    member = inviting.accept(token, name="Asha", password="a-long-password")
    for user in (None, member.user):
        with pytest.raises(inviting.InvitationOver, match="accepted already"):
            inviting.accept(token, user=user, name="Asha", password="a-long-password")


def test_a_link_is_good_for_14_days():
    token = invited()
    with time_machine.travel(timezone.now() + timedelta(days=14), tick=False), pytest.raises(inviting.InvitationOver):
        inviting.find(token)
    with time_machine.travel(timezone.now() + timedelta(days=13, hours=23), tick=False):
        inviting.find(token)


def test_a_link_that_was_taken_back_is_over():
    token, admin = invited(), SuperAdminFactory()
    inviting.revoke(Invitation.objects.get(), by=admin)
    with pytest.raises(inviting.InvitationOver, match="taken back"):
        inviting.accept(token, name="Asha", password="a-long-password")
    with pytest.raises(inviting.InvitationOver):
        inviting.revoke(Invitation.objects.get(), by=admin)
    with pytest.raises(inviting.InvitationOver):
        inviting.resend(Invitation.objects.get(), by=admin)


def test_sending_again_makes_a_new_link_and_ends_the_old():
    old = invited()
    with pytest.raises(Conflict, match="a moment ago"):
        inviting.resend(Invitation.objects.get(), by=None)
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        inviting.resend(Invitation.objects.get(), by=None)
        new = token_in(delivered())
        assert new != old
        with pytest.raises(Missing):
            inviting.find(old)
        inviting.accept(new, name="Asha", password="a-long-password")


def test_a_second_invitation_of_one_address_ends_the_first():
    partner = PartnerFactory()
    first, second = invited(partner), invited(partner, role="org_member")
    with pytest.raises(inviting.InvitationOver):
        inviting.find(first)
    assert inviting.accept(second, name="Asha", password="a-long-password").role == "org_member"


def test_a_member_is_not_invited_again():
    partner, user = PartnerFactory(), UserFactory(email="asha@example.com")
    members.add(partner, user, Member.Role.ADMIN, by=None)
    with pytest.raises(Conflict, match="member already"):
        inviting.invite(partner, "Asha@Example.com", "org_member", by=None)
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("email", ["", "x", "a@b", "a\x00@example.com", "\ud800@example.com", "a" * 300 + "@e.com"])
def test_bad_addresses(email):
    with pytest.raises(Invalid):
        inviting.invite(PartnerFactory(), email, by=None)


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "\x00", "\ud800", "é" * 100, "0" * 100_000])
def test_bad_tokens(token):
    with pytest.raises(Missing):
        inviting.find(token)


def test_a_suspended_partner_stays_suspended_when_somebody_joins():
    partner, admin = PartnerFactory(status=Partner.Status.INVITED, joined_at=None), SuperAdminFactory()
    token = invited(partner)
    standing.set_status(partner, "Suspended", reason="x", by=admin)
    inviting.accept(token, name="Asha", password="a-long-password")
    partner.refresh_from_db()
    assert (partner.status, partner.joined_at is not None) == ("Suspended", True)


def test_no_more_than_so_many_invitations_wait(monkeypatch):
    monkeypatch.setattr(inviting, "MOST_OPEN", 2)
    partner = PartnerFactory()
    for n in range(2):
        inviting.invite(partner, f"{n}@example.com", by=None)
    with pytest.raises(Conflict, match="2 invitations"):
        inviting.invite(partner, "3@example.com", by=None)


def accept_at_once(token: str, user=None) -> list:
    return race(*[partial(inviting.accept, token, user=user, name="Asha", password="a-long-password")] * 20)


def test_a_link_used_20_times_at_once_makes_one_member():
    results = accept_at_once(invited())
    assert len(good(results)) == 1
    assert len(errors(results, Conflict)) == 19
    assert (Member.objects.count(), User.objects.count()) == (1, 1)
    assert AuditLog.objects.filter(action="ACCEPTED_INVITATION").count() == 1


def test_control_without_the_lock_the_link_works_more_than_once(monkeypatch):
    token, owner = invited(), UserFactory(email="asha@example.com")
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, inviting, "_owner", 20)
    accept_at_once(token, owner)
    assert AuditLog.objects.filter(action="ACCEPTED_INVITATION").count() > 1
