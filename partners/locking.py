"""The lock of a partner's row: what decides about its standing, papers, bank account and payouts holds it.

It is taken first of all that is the partner's, and never together with an event's lock.
"""

from django.utils.translation import gettext as _

from eventify.lib.errors import Missing
from partners.models import Partner


def lock_one(partner: Partner) -> Partner:
    """Lock this partner and read it afresh; Missing when it was deleted meanwhile. Call inside a transaction.

    FOR NO KEY UPDATE, so that inserts that refer to a partner do not wait.
    """
    locked = Partner.objects.select_for_update(no_key=True).filter(pk=partner.pk).first()
    if locked is None:
        raise Missing(_("There is no such partner."))
    return locked
