"""What mailed links have in common."""

from django.utils.translation import gettext_lazy as _

from eventify.lib.errors import Missing


class LinkExpired(Missing):
    """The link was used, is too old, or is none (404)."""

    code = "link_expired"
    message = _("This link was used already or is too old. Ask for a new one.")
