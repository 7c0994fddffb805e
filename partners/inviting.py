"""Asking people to join: a new partner, or somebody more for one that is there.

The link's token is nowhere in the database: it follows from a random seed, which only the mail that is owed holds,
and the secret key. The invitation keeps a hash of the token, so a copy of the database opens no door.
"""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, mail, signup
from accounts.models import User
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid, Missing
from eventify.lib.ids import new_uid
from partners import contacts, locking, members
from partners.models import Contact, Invitation, Member, Partner

LIFE = timedelta(days=14)
PAUSE = timedelta(minutes=1)  # between two mails with the same invitation
MOST_OPEN = 50  # invitations of one partner that wait for an answer
FIELDS = ("name", "email", "phone")  # of a contact


class InvitationOver(Conflict):
    """The link was used, taken back, or is too old."""

    code = "invitation_over"


class LogInFirst(Conflict):
    """There is an account with the invited address, and only its owner may accept."""

    code = "log_in_first"
    message = gettext_lazy("You have an account with this address. Log in, then open the link in your mail again.")


@transaction.atomic
def invite_partner(*, name: str, type: str, contact: dict, by: User | None) -> Partner:
    """Make a partner, Invited, with its primary contact (`name`, `email`, `phone`), who gets a mail with a link.

    Invalid names the fields: name, type, contact.name, contact.email, contact.phone.
    """
    values = _checked(name, type, contact)
    person = values.pop("contact")
    partner = save_new(Partner(**values, contact_email=person["email"], phone=person["phone"]))
    Contact.objects.create(partner=partner, is_primary=True, **person)
    audit.record("INVITED_PARTNER", partner, by=by, type=partner.type, email=person["email"])
    invite(partner, person["email"], by=by, name=person["name"])
    return partner


def _checked(name: str, type: str, contact: dict) -> dict:
    values, errors, person = {}, {}, {field: contact.get(field, "") for field in FIELDS}
    for check in (
        lambda: values.update(contacts.cleaned(name=name)),
        lambda: values.update(type=_clean_choice("type", type, Partner.Type)),
        lambda: values.update(contact=contacts.cleaned("contact.", **person)),
    ):
        try:
            check()
        except Invalid as refusal:
            errors |= refusal.errors
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors=errors)
    return values


def _clean_choice(field: str, value: str, choices):
    if value not in choices.values:
        raise Invalid.field(field, _("Choose one of %(all)s.") % {"all": ", ".join(choices.values)})
    return choices(value)


def save_new(partner: Partner) -> Partner:
    """Save a new partner with the slug that it has, or that its name gives; a taken one gets letters behind it."""
    stem = partner.slug or slugify(partner.name)[:80].strip("-") or "partner"
    partner.slug = f"{stem[:80]}-{new_uid().hex[-8:]}" if Partner.objects.filter(slug=stem).exists() else stem
    try:
        with transaction.atomic():
            partner.save(force_insert=True)
    except IntegrityError:  # somebody took the slug between the look and now
        partner.slug = f"{stem[:80]}-{new_uid().hex[-8:]}"
        partner.save(force_insert=True)
    return partner


@transaction.atomic
def invite(partner: Partner, email: str, role: str = Member.Role.ADMIN, *, by: User | None, name="") -> Invitation:
    """Ask somebody to become a member in this role: a mail with a link that is good for 14 days.

    An open invitation of the same address ends. Locks the partner. Invalid (email, role); Conflict for a member.
    """
    partner = locking.lock_one(partner)
    email, role = signup.clean_email(email), _clean_choice("role", role, Member.Role)
    if partner.members.filter(user__email__lower=email.lower()).exists():
        raise Conflict(Because("member_already", _("%(email)s is a member already.") % {"email": email}))
    waiting = open_invitations(partner)
    _end([one for one in waiting if one.email.lower() == email.lower()])
    if len(waiting) >= MOST_OPEN:
        sentence = _("%(most)s invitations wait for an answer. Take some back first.") % {"most": MOST_OPEN}
        raise Conflict(Because("invitations_full", sentence, limit=MOST_OPEN))
    invitation = Invitation(partner=partner, email=email, name=name[:200], role=role, invited_by=by)
    _send(invitation)
    audit.record("INVITED_MEMBER", partner, by=by, email=email, role=role)
    return invitation


def open_invitations(partner: Partner) -> list[Invitation]:
    """Those that can still be accepted."""
    live = partner.invitations.filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())
    return list(live.select_related("invited_by"))


@transaction.atomic
def resend(invitation: Invitation, *, by: User | None) -> Invitation:
    """Send a new link, good for 14 days from now; the old one ends. Conflict when it is over or was sent just now."""
    invitation = _locked(invitation)
    if invitation.accepted_at or invitation.revoked_at:
        raise InvitationOver(why_over(invitation))
    if invitation.updated_at > timezone.now() - PAUSE:
        raise Conflict(_("It was sent a moment ago. Wait a minute, then try again."))
    _send(invitation)
    audit.record("INVITED_MEMBER", invitation.partner, by=by, email=invitation.email, role=invitation.role)
    return invitation


@transaction.atomic
def revoke(invitation: Invitation, *, by: User | None) -> None:
    """Take the invitation back: its link ends. Conflict when it was accepted or taken back."""
    invitation = _locked(invitation)
    if invitation.accepted_at or invitation.revoked_at:
        raise InvitationOver(why_over(invitation))
    _end([invitation])
    audit.record("REVOKED_INVITATION", invitation.partner, by=by, email=invitation.email)


def find(token: str) -> Invitation:
    """The invitation that this link is for. Missing when there is none; InvitationOver when it cannot be accepted."""
    found = Invitation.objects.select_related("partner", "invited_by").filter(token_hash=_hash(token)).first()
    if found is None:
        raise Missing(_("There is no such invitation. Perhaps the link was cut off: copy all of it from the mail."))
    if sentence := why_over(found):
        raise InvitationOver(sentence)
    return found


def why_over(invitation: Invitation) -> str:
    """The sentence that says why it cannot be accepted; empty when it can."""
    if invitation.accepted_at:
        return _("This invitation was accepted already. Log in to go on.")
    if invitation.revoked_at:
        return _("This invitation was taken back. Ask the person who invited you for a new one.")
    if invitation.expires_at <= timezone.now():
        return _("This invitation is too old. Ask the person who invited you for a new one.")
    return ""


@transaction.atomic
def accept(token: str, *, user: User | None = None, name: str = "", password: str = "") -> Member:
    """Become a member, once. Locks the partner.

    `user` is who is logged in. An account with the invited address must be theirs (LogInFirst, or Forbidden when
    somebody else is logged in); without one an account is made of `name` and `password` (Invalid). The first to
    accept makes an invited partner Active. Missing and InvitationOver as in `find`.
    """
    partner = locking.lock_one(find(token).partner)
    invitation = find(token)
    user = _owner(invitation, user) or _new_account(invitation, name, password)
    now = timezone.now()
    Invitation.objects.filter(pk=invitation.pk).update(accepted_at=now, accepted_by=user, updated_at=now)
    User.objects.filter(pk=user.pk, email_confirmed_at=None).update(email_confirmed_at=now)  # the link came there
    audit.record("ACCEPTED_INVITATION", partner, by=user, email=invitation.email, role=invitation.role)
    _join(partner)
    return members.add(partner, user, invitation.role, by=user)


def _owner(invitation: Invitation, user: User | None) -> User | None:
    """The account with the invited address, which must be `user`; None when there is none and nobody is logged in."""
    email = invitation.email.lower()
    owner = User.objects.filter(email__lower=email).first()
    if user is None:
        if owner is not None:
            raise LogInFirst
        return None
    if owner is None or owner.pk != user.pk:
        who = {"invited": invitation.email, "you": user.email}
        raise Forbidden(_("This invitation is for %(invited)s, and you are logged in as %(you)s. Log out first.") % who)
    return owner


def _new_account(invitation: Invitation, name: str, password: str) -> User:
    name = contacts.cleaned(name=name or invitation.name)["name"]
    return signup.register(email=invitation.email, password=password, full_name=name)


def _join(partner: Partner) -> None:
    changed = ["updated_at"]
    if partner.status == Partner.Status.INVITED:
        partner.status = Partner.Status.ACTIVE
        changed.append("status")
    if partner.joined_at is None:
        partner.joined_at = timezone.now()
        changed.append("joined_at")
    partner.save(update_fields=changed)


def _locked(invitation: Invitation) -> Invitation:
    locking.lock_one(invitation.partner)
    fresh = Invitation.objects.select_related("partner").filter(pk=invitation.pk).first()
    if fresh is None:
        raise Missing(_("There is no such invitation."))
    return fresh


def _end(invitations: list[Invitation]) -> None:
    now = timezone.now()
    Invitation.objects.filter(pk__in=[one.pk for one in invitations]).update(revoked_at=now, updated_at=now)


def _send(invitation: Invitation) -> None:
    """Give it a new token and owe the mail with the link."""
    seed = secrets.token_hex(16)
    invitation.token_hash, invitation.expires_at = _hash(token_of(seed)), timezone.now() + LIFE
    invitation.save()
    mail.queue(
        "partner_invitation",
        invitation.email,
        seed=seed,
        partner=invitation.partner.name,
        name=invitation.name,
        inviter=invitation.invited_by.full_name if invitation.invited_by else "",
        days=LIFE.days,
    )


def token_of(seed: str) -> str:
    """The token that the mail with this seed shows; it cannot be computed without the secret key."""
    return salted_hmac("partners.invitation", seed, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
