"""Making an organisation that runs events at once (004), without an invitation."""

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from eventify.lib.errors import Invalid
from partners import inviting, members, profile
from partners.models import Member, Partner


@transaction.atomic
def found(*, name: str, slug: str = "", by: User, **fields) -> Partner:
    """Make an active promoter. `fields` and their refusals (Invalid) are those of profile.change.

    Staff act for all organisations as it is; anybody else becomes its administrator.
    """
    values = {"name": name, **({"slug": slug} if slug else {}), **fields}
    partner = Partner(**profile.cleaned(values), status=Partner.Status.ACTIVE, joined_at=timezone.now())
    inviting.save_new(partner)
    if slug and partner.slug != slug:  # somebody took it between the look and now
        raise Invalid.field("slug", profile.SLUG_TAKEN)
    audit.record("FOUNDED_PARTNER", partner, by=by, name=partner.name)
    if not by.is_staff:
        members.add(partner, by, Member.Role.ADMIN, by=by)
    return partner
