"""The inbox of identity matches: a person and an account beside each other, decided one after the other by keyboard."""

from collections import defaultdict
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import explaining
from crew import matches
from crew.command_center.persons_cells import PERSON_WORDS, person_url
from crew.command_center.settings import planned_partners
from crew.models import IdentityMatch
from eventify.lib.desk import say
from eventify.lib.desk.pages import ObjectActionPage, Page
from eventify.lib.errors import DomainError, Invalid, Missing

PER_PAGE = 20
ON = {"email": gettext_lazy("The same e-mail address"), "phone": gettext_lazy("The same phone number")}


def waiting_for(user):
    """The matches that nobody has decided, of all organisations whose crew the user plans, the oldest first."""
    mine = IdentityMatch.objects.filter(partner__in=planned_partners(user), status=IdentityMatch.Status.PENDING)
    joined = mine.select_related("partner", "user", "person__event", "person__crowd_type", "person__company")
    return joined.order_by("pk")


def compared(match: IdentityMatch) -> dict:
    """Both sides of a match, value by value, and what a planner should know before they say yes."""
    person, user = match.person, match.user
    pairs = [
        (_("Name"), person.name, user.full_name),
        (_("E-mail"), person.email, user.email),
        (_("Phone"), person.phone, user.phone or ""),
    ]
    return {
        "row": match,
        "person": person,
        "user": user,
        "pairs": [
            {"label": label, "left": left, "right": right, "mark": _mark(left, right)} for label, left, right in pairs
        ],
        "matched_on": ON.get(match.matched_on, match.matched_on),
        "person_url": person_url(person, person.event),
        "person_pill": say.pill(person.status, PERSON_WORDS),
        "is_confirmed": user.email_confirmed_at is not None,
        "is_usable": user.is_active and not user.is_banned,
        "confirm_url": reverse("desk-crew-match-confirm", args=[match.uid]),
        "dismiss_url": reverse("desk-crew-match-dismiss", args=[match.uid]),
    }


def _mark(left: str, right: str) -> str:
    """same, other, or nothing where one side says nothing."""
    if not left or not right:
        return ""
    return "same" if "".join(left.split()).lower() == "".join(right.split()).lower() else "other"


class Matches(Page):
    """`desk-crew-matches`. Several can be ticked and confirmed together; what is refused says so at its place."""

    permission, scoped = "manage_crew", True
    title = gettext_lazy("Identity matches")
    lead = gettext_lazy(
        "A person of one of your events may be the same human as an account. Once confirmed, they see their shifts and "
        "tickets together."
    )
    template_name = "command_center/crew/matches.html"

    def post(self, request, *args, **kwargs):
        """Confirm the ticked ones."""
        confirmed, self.errors = self.confirm_all(self.ticked())
        if confirmed and not self.errors:
            return self.done(_linked(confirmed), reverse("desk-crew-matches"))
        return self.render(done_sentence=_linked(confirmed) if confirmed else "")

    errors: dict[UUID, str] = {}

    def ticked(self) -> list[UUID]:
        """Invalid when none is ticked."""
        try:
            uids = [UUID(uid) for uid in self.request.POST.getlist("uid")]
        except ValueError:
            uids = []
        if not uids:
            raise Invalid(_("Tick the matches first that you want to confirm."))
        return uids

    def confirm_all(self, uids: list[UUID]) -> tuple[int, dict[UUID, str]]:
        """Confirm them organisation by organisation: (how many, {uid: why not}). Foreign ones are not there."""
        mine = IdentityMatch.objects.filter(uid__in=uids, partner__in=planned_partners(self.request.user))
        by_partner = defaultdict(list)
        for match in mine.select_related("partner"):
            by_partner[match.partner].append(match.uid)
        total, errors = 0, {uid: _("There is no such match.") for uid in uids}
        for partner, own in by_partner.items():
            confirmed, refused = matches.bulk_confirm(partner, own, by=self.request.user)
            total += confirmed
            errors = {uid: sentence for uid, sentence in errors.items() if uid not in own}
            errors |= {UUID(str(one["match_id"])): one["error"] for one in refused}
        return total, errors

    @cached_property
    def slice(self):
        return Paginator(waiting_for(self.request.user), PER_PAGE).get_page(self.request.GET.get("page"))

    def get_context_data(self, **context) -> dict:
        shown = [compared(match) for match in self.slice]
        for one in shown:
            one["error"] = self.errors.get(one["row"].uid, "")
        here = {one["row"].uid for one in shown}
        return super().get_context_data(
            slice=self.slice,
            shown=shown,
            is_several=len({one["row"].partner_id for one in shown}) > 1,
            elsewhere=sorted({sentence for uid, sentence in self.errors.items() if uid not in here}),
            **context,
        )

    def refused(self, refusal: DomainError) -> HttpResponse:
        return self.render(status=refusal.status, refusal=str(refusal.message))


def _linked(count: int) -> str:
    return ngettext("%(count)s account is linked.", "%(count)s accounts are linked.", count) % {"count": count}


class AboutMatch(ObjectActionPage):
    """A button about a match of an organisation whose crew the user plans."""

    permission, scoped, place, back = "manage_crew", True, "desk-crew-matches", "desk-crew-matches"
    decision = "confirm"

    def visible(self):
        mine = IdentityMatch.objects.filter(partner__in=planned_partners(self.request.user))
        return mine.select_related("partner", "user", "person__event")

    def allowed(self) -> bool:
        """404 for what is foreign; a match that is nowhere any more is said at the list (Missing)."""
        try:
            return super().allowed()
        except Http404:
            if IdentityMatch.objects.filter(uid=self.kwargs["uid"]).exists():
                raise
            sentence = _("This match is gone: the person or the account was deleted meanwhile.")
            raise Missing(sentence) from None

    def refused(self, refusal: DomainError) -> HttpResponse:
        """Said where the button was, with what is the case now: a colleague, or another tab, was quicker."""
        match = self.visible().filter(pk=self.object.pk).first() if self.object else None
        sentence = " ".join(filter(None, (str(refusal.message), match and _now(match))))
        explaining.tell(self.request, sentence, "decide_match", match, level=messages.WARNING, decision=self.decision)
        return redirect(self.back_url())


def _now(match: IdentityMatch) -> str:
    """What has become of a match, as a sentence; empty while it waits."""
    names = {"person": match.person.name, "email": match.user.email}
    sentences = {
        IdentityMatch.Status.CONFIRMED: _("%(person)s is linked to the account %(email)s."),
        IdentityMatch.Status.DISMISSED: _("%(person)s and the account %(email)s stay apart."),
    }
    return sentences.get(IdentityMatch.Status(match.status), "") % names


class Confirm(AboutMatch):
    """`desk-crew-match-confirm`."""

    def act(self):
        return _now(matches.confirm(self.object, by=self.request.user))


class Dismiss(AboutMatch):
    """`desk-crew-match-dismiss`."""

    decision = "dismiss"

    def act(self):
        return _now(matches.dismiss(self.object, by=self.request.user))
