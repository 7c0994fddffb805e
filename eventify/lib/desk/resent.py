"""Forms that are sent twice, or after somebody else changed what they are about."""

from uuid import UUID

from django.core import signing
from django.utils.translation import gettext as _

from eventify.lib import preview
from eventify.lib.errors import Conflict
from eventify.lib.ids import new_uid


class Unmoved:
    """Put before a form page's base: what somebody else changed since the form was opened is not written over.

    The form carries what it began with; when that is no longer so, Conflict, and the form shows what was typed.
    """

    def seen(self) -> str:
        """What the values are now, as one word."""
        return preview.digest_of({name: str(getattr(value, "pk", value)) for name, value in self.get_initial().items()})

    def check_unmoved(self) -> None:
        """Conflict when the values are not those that the form began with."""
        if self.request.POST.get("seen", self.seen()) != self.seen():
            raise Conflict(_("Somebody else changed this meanwhile. Compare the values, then save again."))

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(seen=self.seen(), **context)


class MadeOnce:
    """Put before a form page's base: the form carries the uid of what it makes, so that it makes it once.

    The verb gets `self.uid` and finds what an earlier sending made. The uid is signed for the person.
    """

    @property
    def uid(self) -> UUID:
        """What the form carries, or a new one when it carries none that was given to this person."""
        if not hasattr(self, "_uid"):
            try:
                self._uid = UUID(hex=self._signer().unsign(self.request.POST.get("once", "")))
            except (signing.BadSignature, ValueError):
                self._uid = new_uid()
        return self._uid

    def _signer(self) -> signing.Signer:
        return signing.Signer(salt=f"{self.url_name}.{self.request.user.pk}")

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(once=self._signer().sign(self.uid.hex), **context)
