"""What an organisation's systems are told: the kinds of facts, and the facts."""

from django.utils.translation import gettext as _

from eventify.contracts.api_v1 import View, ok
from eventify.contracts.needs import ANYBODY
from eventify.contracts.platform.conventions import KeyedView, keyed
from eventify.lib.errors import Invalid
from integrations import feed
from integrations.kinds import KINDS, VERSION, example
from integrations.listening import READS_FEED

USUAL = 100  # facts of an answer


class Kinds(View):
    """GET every kind of fact, with the fields of its data and an example."""

    needs = {"GET": ANYBODY}

    def get(self, request):
        return ok([
            {
                "kind": kind.id,
                "version": VERSION,
                "description": kind.means,
                "fields": kind.data,
                "nullable": sorted(kind.nullable),
                "example": example(kind),
            }
            for kind in KINDS
        ])  # fmt: skip


class Feed(KeyedView):
    """GET the facts that follow a cursor, in the order that never changes."""

    needs = {"GET": keyed(READS_FEED)}

    def get(self, request):
        partner = self.organisation()
        kinds = [one for one in request.query_params.get("kinds", "").split(",") if one]
        asked = {"after": request.query_params.get("after", "").strip(), "limit": self._limit()}
        page = feed.read(partner, kinds=feed.check_kinds(kinds), **asked)
        response = ok([feed.document(fact, partner.uid) for fact in page.facts])
        response.beside = {"meta": {"next": page.next, "has_more": page.has_more}}
        return response

    def _limit(self) -> int:
        text = self.request.query_params.get("limit", "").strip() or str(USUAL)
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
        if not 1 <= number <= feed.MOST:
            raise Invalid.field("limit", _("Use a whole number from 1 to %(most)s.") % {"most": feed.MOST})
        return number
