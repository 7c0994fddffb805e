"""What waits for a person: one sentence each, and the page where it is dealt with.

Each finder costs one or two queries, and runs only for who holds one of its permissions everywhere; members of a
partner are told what their partner lacks.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, Q, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.mail import MOST_ATTEMPTS
from accounts.models import OutgoingMail, User
from analytics import fsck, headcount
from bookings import checks, providers, webhooks
from bookings.door import conflicts
from bookings.models import Order, Refund
from crew.models import Assignment, IdentityMatch, Person
from eventify.lib.brief import Brief
from eventify.lib.currencies import exact
from events.models import Event
from integrations import backlog, keys
from partners import expiry, kyc, members, onboarding, payouts, queries
from partners.models import Document, Invitation, Partner, Payout, PayoutBatch

NEGATIVE, CAUTION, INFORMATION = TONES = ("negative", "caution", "information")  # the worst first
KYC_PATIENCE = timedelta(days=2)  # that a document may wait for its review
SENDING_PATIENCE = timedelta(days=1)  # that a payout may be under way
SWEEP_PATIENCE = timedelta(minutes=10)  # after which the worker should have done what it does every few seconds
OWN_MOST = 5  # partners of a member that are looked at
CROWD_SECONDS = 10  # that a headcount is remembered
_crowds_seen = Brief(CROWD_SECONDS)
FOUND_MOST = 100  # rows that are counted where each should be none


class Matter(NamedTuple):
    """Something that waits: how bad it is, the sentence, and the page (url name, its arguments, query) to go to."""

    tone: str
    text: str
    act: str  # the label of the link
    page: str
    args: tuple = ()
    query: str = ""


def for_user(user: User) -> list[Matter]:
    """What waits for this person, the worst first."""
    found = [one for permissions, find in FINDERS if any(user.can(name) for name in permissions) for one in find(user)]
    own = (*_of_own_partners(user), *_of_own_crews(user), *_doubles(user), *_crowds(user), *_endpoints(user))
    return sorted([*found, *own], key=lambda one: TONES.index(one.tone))


# --- Money --------------------------------------------------------------------------------------------


def _failed_payouts(user: User) -> Iterable[Matter]:
    """Payouts that failed, unless the partner was paid, or is to be paid, after that."""
    later = Payout.objects.filter(partner=OuterRef("partner"), currency=OuterRef("currency"), pk__gt=OuterRef("pk"))
    solved = Exists(later.exclude(status__in=(Payout.Status.FAILED, Payout.Status.DISCARDED)))
    rows = Payout.objects.filter(~solved, status=Payout.Status.FAILED).select_related("batch", "partner")
    failed = list(rows[:2])
    if len(failed) == 1:
        words = {"amount": exact(failed[0].amount, failed[0].currency), "partner": failed[0].partner.name}
        text = _("The payout of %(amount)s to %(partner)s failed. The money is back in the balance.") % words
        yield Matter(NEGATIVE, text, _("See why"), "desk-payout-batch", (failed[0].batch.uid,))
    elif failed:
        text = _("%(count)s payouts failed. Their money is back in the balances.") % {"count": rows.count()}
        yield Matter(NEGATIVE, text, _("See why"), "desk-payout-list", query="status=failed")


def _slow_payouts(user: User) -> Iterable[Matter]:
    since = timezone.now() - SENDING_PATIENCE
    slow = Payout.objects.filter(status=Payout.Status.SENDING, sent_at__lt=since).count()
    if slow:
        text = ngettext(
            "%(count)s payout has been under way for more than a day.",
            "%(count)s payouts have been under way for more than a day.",
            slow,
        )
        yield Matter(CAUTION, text % {"count": slow}, _("Ask the bank"), "desk-payout-list", query="status=sending")


def _drafts(user: User) -> Iterable[Matter]:
    """Drafts that this person may approve: their own only while nobody else could."""
    drafts = PayoutBatch.objects.filter(status=PayoutBatch.Status.DRAFT)
    if payouts.approvers().exclude(pk=user.pk).exists():
        drafts = drafts.exclude(created_by=user)
    found = list(drafts.order_by("pk")[:2])
    if len(found) == 1:
        text = _("Payouts of %(amounts)s wait for your approval.") % {"amounts": payouts.amounts(found[0])}
        yield Matter(CAUTION, text, _("Look and decide"), "desk-payout-batch", (found[0].uid,))
    elif found:
        text = _("%(count)s batches of payouts wait for your approval.") % {"count": drafts.count()}
        yield Matter(CAUTION, text, _("Look and decide"), "desk-payouts", query="status=draft")


def _refunds(user: User) -> Iterable[Matter]:
    """Refunds that their provider should have by now."""
    since = timezone.now() - SWEEP_PATIENCE
    waiting = Refund.objects.filter(status=Refund.Status.REQUESTED, created_at__lt=since)
    sums = waiting.values_list("payment__currency").annotate(Sum("amount"), Count("pk")).order_by("payment__currency")
    rows = list(sums)
    if rows:
        count = sum(number for _currency, _amount, number in rows)
        amounts = ", ".join(exact(amount, currency) for currency, amount, _number in rows)
        text = ngettext(
            "%(count)s refund (%(amounts)s) could not be sent to its payment provider yet.",
            "%(count)s refunds (%(amounts)s) could not be sent to their payment provider yet.",
            count,
        )
        words = {"count": count, "amounts": amounts}
        yield Matter(NEGATIVE, text % words, _("See the orders"), "desk-orders", query="refund=true")


def _orphaned_refunds(user: User) -> Iterable[Matter]:
    """Refunds of payments whose provider this version does not know: they wait for ever. One query."""
    waiting = Refund.objects.filter(status=Refund.Status.REQUESTED).exclude(payment__provider__in=providers.NAMES)
    found = list(waiting.select_related("payment__order").order_by("pk")[:FOUND_MOST])
    if found:
        text = ngettext(
            "%(count)s refund cannot be sent: its payment is of %(name)s, which this version does not know.",
            "%(count)s refunds cannot be sent: their payments are of %(name)s, which this version does not know.",
            len(found),
        )
        words = {"count": len(found), "name": ", ".join(sorted({one.payment.provider for one in found}))}
        yield Matter(NEGATIVE, text % words, _("See the order"), "desk-order", (found[0].payment.order.uid,))


def _failed_refunds(user: User) -> Iterable[Matter]:
    """Refunds that their provider could not pay out: staff send them again."""
    failed = Refund.objects.filter(status=Refund.Status.FAILED).select_related("payment__order").order_by("pk")
    found = list(failed[:2])
    if len(found) == 1:
        text = _("A refund of %(amount)s could not be paid out. The buyer still waits for the money.")
        words = {"amount": exact(found[0].amount, found[0].payment.currency)}
        yield Matter(NEGATIVE, text % words, _("Send it again"), "desk-order", (found[0].payment.order.uid,))
    elif found:
        text = _("%(count)s refunds could not be paid out. Their buyers still wait for the money.")
        words = {"count": failed.count()}
        yield Matter(NEGATIVE, text % words, _("See the orders"), "desk-orders", query="refund_failed=true")


def _messages(user: User) -> Iterable[Matter]:
    """What payment providers told us and we could not process, or not believe."""
    failing, unsigned = webhooks.in_trouble()
    if failing:
        text = ngettext(
            "%(count)s message of a payment provider could not be processed.",
            "%(count)s messages of payment providers could not be processed.",
            failing,
        )
        yield Matter(NEGATIVE, text % {"count": failing}, _("See why"), "desk-webhooks", query="state=failing")
    if unsigned:
        text = ngettext(
            "%(count)s payment message had a wrong signature today. Is the signing secret right?",
            "%(count)s payment messages had a wrong signature today. Is the signing secret right?",
            unsigned,
        )
        yield Matter(CAUTION, text % {"count": unsigned}, _("See them"), "desk-webhooks", query="state=unsigned")


def _endpoints(user: User) -> Iterable[Matter]:
    """Webhook endpoints that fail, wait or were switched off, of the organisations whose integrations one manages."""
    if not user.can_anywhere(keys.PERMISSION):
        return
    mine = backlog.troubled().filter(partner__in=members.partners_where(user, keys.PERMISSION))
    found = list(mine.select_related("partner").order_by("pk")[:FOUND_MOST])
    for trouble in backlog.TROUBLES:
        if ones := [one for one in found if one.trouble == trouble]:
            text = backlog.sentence(trouble, [one.partner.name for one in ones])
            yield Matter(CAUTION, text, _("See why"), "desk-endpoint", (ones[0].uid,))


def _sandbox(user: User) -> Iterable[Matter]:
    """A production site that takes no real money."""
    if settings.PRODUCTION and settings.EVENTIFY_PAYMENT_PROVIDER == "sandbox" and user.is_super_admin:
        text = _("Payments are in sandbox mode. %(what)s") % {"what": checks.sandbox_sentence()}
        yield Matter(NEGATIVE, text, _("See the messages"), "desk-webhooks")


# --- Partners -----------------------------------------------------------------------------------------


def _reviews(user: User) -> Iterable[Matter]:
    """Documents that wait, less those of partners that the person works for."""
    mine = user.memberships.values("partner")
    waiting = kyc.queue().order_by().exclude(partner__in=mine).aggregate(count=Count("pk"), oldest=Min("created_at"))
    if waiting["count"]:
        age = timezone.now() - waiting["oldest"]
        words = {"count": waiting["count"], "time": timesince(waiting["oldest"], depth=1)}
        tone = CAUTION if age > KYC_PATIENCE else INFORMATION
        yield Matter(tone, _review_text(waiting["count"], age) % words, _("Review"), "desk-kyc")


def _review_text(count: int, age: timedelta) -> str:
    if age < timedelta(hours=1):
        return ngettext("%(count)s document waits for a review.", "%(count)s documents wait for a review.", count)
    return ngettext(
        "%(count)s document has waited for a review for %(time)s.",
        "%(count)s documents wait for a review, the oldest for %(time)s.",
        count,
    )


def _expiring(user: User) -> Iterable[Matter]:
    """Partners of whom a document expires within a month without a newer one."""
    newer = kyc.good(Document.objects.filter(partner=OuterRef("partner"), type=OuterRef("type"), pk__gt=OuterRef("pk")))
    last = kyc.today() + timedelta(days=max(expiry.DAYS_BEFORE))
    soon = kyc.good(Document.objects.filter(expires_on__lte=last)).filter(~Exists(newer))
    first = soon.select_related("partner").order_by("expires_on", "pk").first()
    if first:
        partners = soon.order_by().values("partner").distinct().count()
        text = ngettext(
            "A document of %(partner)s expires on %(day)s.",
            "Documents of %(count)s partners expire within a month, the first of %(partner)s on %(day)s.",
            partners,
        )
        words = {"partner": first.partner.name, "day": date_format(first.expires_on, "j F Y"), "count": partners}
        yield Matter(INFORMATION, text % words, _("See the partner"), "desk-partner", (first.partner.uid,))


def _unanswered(user: User) -> Iterable[Matter]:
    """Invited partners whose invitation has run out."""
    open_ones = Invitation.objects.filter(partner=OuterRef("pk"), accepted_at=None, revoked_at=None)
    silent = Partner.objects.filter(
        ~Exists(open_ones.filter(expires_at__gt=timezone.now())), status=Partner.Status.INVITED
    )
    found = list(silent.order_by("pk")[:2])
    if len(found) == 1:
        text = _("The invitation of %(partner)s ran out without an answer.") % {"partner": found[0].name}
        yield Matter(INFORMATION, text, _("Invite again"), "desk-partner", (found[0].uid,))
    elif found:
        text = _("The invitations of %(count)s partners ran out without an answer.") % {"count": silent.count()}
        yield Matter(INFORMATION, text, _("See them"), "desk-partners", query="status=Invited")


def _of_own_partners(user: User) -> Iterable[Matter]:
    """What the partners lack that the person manages as one of their people."""
    if not user.can_anywhere("manage_partners") or user.can("manage_partners"):
        return
    for partner in queries.visible_to(user).order_by("name", "pk")[:OWN_MOST]:
        if user.can("manage_partners", on=partner):
            yield from _lacks(partner)


def _lacks(partner: Partner) -> Iterable[Matter]:
    if partner.status == Partner.Status.SUSPENDED:
        words = {"partner": partner.name, "reason": partner.status_reason}
        text = _("%(partner)s is suspended: %(reason)s") % words
        yield Matter(NEGATIVE, text, _("See what to do"), "partner-home", (partner.slug,))
    missing = onboarding.missing_of(partner, onboarding.papers_of(partner))
    if missing:
        step, sentence = missing[0]
        text = _("%(partner)s cannot be paid yet. %(sentence)s") % {"partner": partner.name, "sentence": sentence}
        yield Matter(CAUTION, text, _("Complete it"), f"partner-{step}", (partner.slug,))
    elif not partner.address:
        text = _("Invoices of %(partner)s say no postal address.") % {"partner": partner.name}
        yield Matter(INFORMATION, text, _("Enter it"), "partner-organisation", (partner.slug,))


def _of_own_crews(user: User) -> Iterable[Matter]:
    """What planners decide, of the organisations whose crew the person plans as one of their people. Three queries."""
    if not user.can_anywhere("manage_crew") or user.can("manage_crew"):
        return
    partners = members.partners_where(user, "manage_crew")
    waiting = Assignment.objects.filter(status=Assignment.Status.PENDING, shift__deleted_at=None)
    claims = waiting.filter(shift__section__event__partner__in=partners).count()
    if claims:
        text = ngettext("%(count)s claim of a shift waits.", "%(count)s claims of shifts wait.", claims)
        yield Matter(CAUTION, text % {"count": claims}, _("Look and decide"), "desk-crew")
    undecided = (Person.Status.APPLIED, Person.Status.PENDING)
    persons = Person.objects.filter(event__partner__in=partners, status__in=undecided).count()
    if persons:
        text = ngettext("%(count)s person waits to join a crew.", "%(count)s persons wait to join a crew.", persons)
        yield Matter(CAUTION, text % {"count": persons}, _("Look and decide"), "desk-crew")
    matches = IdentityMatch.objects.filter(partner__in=partners, status=IdentityMatch.Status.PENDING).count()
    if matches:
        text = ngettext("%(count)s identity match waits.", "%(count)s identity matches wait.", matches)
        yield Matter(INFORMATION, text % {"count": matches}, _("Compare"), "desk-crew-matches")


def _doubles(user: User) -> Iterable[Matter]:
    """Tickets that let in more than one person, at the doors where this one may check in. One query."""
    doubles = conflicts.seen_by(user).filter(settled_at=None).count() if user.can_anywhere("check_in") else 0
    if doubles:
        text = ngettext(
            "%(count)s ticket let in more than one person.", "%(count)s tickets let in more than one person.", doubles
        )
        words = {"count": doubles}
        yield Matter(CAUTION, text % words, _("Look into it"), "desk-door-conflicts", query="state=open")


def _crowds(user: User) -> Iterable[Matter]:
    """Events that go on now with nearly as many people as are licensed, or more, as of CROWD_SECONDS ago. Five queries,
    one when there is none that has a licensed capacity.
    """
    live = list(headcount.watched(user)) if user.can_for_a_partner("view_events") else []
    now = _people_at(live)
    for event in live:
        share = headcount.percent(event, now[event.pk])
        if share >= headcount.NEAR:
            text = _("%(event)s: %(people)s people, %(percent)s %% of what is licensed.")
            words = {"event": event.name, "people": now[event.pk].total, "percent": share}
            tone = NEGATIVE if share >= headcount.FULL else CAUTION
            yield Matter(tone, text % words, _("See the headcount"), "desk-event-headcount", (event.uid,))


def _people_at(events: list[Event]) -> dict[int, headcount.People]:
    """Who is there, by the event's id; remembered for a while, for a large event's tickets take half a second."""
    known = {event.pk: _crowds_seen.get(event.pk) for event in events}
    unknown = [event for event in events if known[event.pk] is None]
    for key, people in (headcount.now(unknown) if unknown else {}).items():
        _crowds_seen.put(key, people)
        known[key] = people
    return known


# --- The machine --------------------------------------------------------------------------------------


def _overdue_holds(user: User) -> Iterable[Matter]:
    """Holds that ran out and were not ended: the worker is not there."""
    since = timezone.now() - SWEEP_PATIENCE
    overdue = Order.objects.filter(status=Order.Status.PENDING, expires_at__lt=since).count()
    if overdue:
        text = ngettext(
            "%(count)s order is held past its time. The worker does not run: start it again.",
            "%(count)s orders are held past their time. The worker does not run: start it again.",
            overdue,
        )
        yield Matter(NEGATIVE, text % {"count": overdue}, _("See the orders"), "desk-orders", query="status=pending")


def _lost_mail(user: User) -> Iterable[Matter]:
    """Mail that is given up, or late; only who may see /django-admin/ can do something about it."""
    late = Q(next_attempt_at__lt=timezone.now() - SWEEP_PATIENCE) | Q(attempts__gte=MOST_ATTEMPTS)
    stuck = OutgoingMail.objects.filter(late, sent_at=None).count() if user.is_super_admin else 0
    if stuck:
        text = ngettext("%(count)s mail could not be sent.", "%(count)s mails could not be sent.", stuck)
        page = "admin:accounts_outgoingmail_changelist"
        yield Matter(NEGATIVE, text % {"count": stuck}, _("See why"), page, query="sent_at__isempty=1")


def _integrity(user: User) -> Iterable[Matter]:
    """What the last check of everything found, and that it is long ago. One query."""
    run = fsck.latest(with_results=False)
    if run is None:  # a new system: the first check comes within the hour
        return
    if run.breaches:
        text = ngettext(
            "The last check of everything found %(count)s thing that does not hold.",
            "The last check of everything found %(count)s things that do not hold.",
            run.breaches,
        )
        yield Matter(NEGATIVE, text % {"count": run.breaches}, _("See what"), "desk-fsck")
    if run.finished_at < timezone.now() - fsck.STALE_AFTER:
        text = _("Nobody has checked everything for %(time)s. Do the worker and beat run?")
        words = {"time": timesince(run.finished_at, depth=1)}
        yield Matter(CAUTION, text % words, _("Check now"), "desk-fsck")


Finder = Callable[[User], Iterable[Matter]]
# permissions (any of them, held everywhere) -> what to look for
FINDERS: tuple[tuple[tuple[str, ...], Finder], ...] = (
    (("view_financials", payouts.PERMISSION), _failed_payouts),
    (("view_financials", payouts.PERMISSION), _slow_payouts),
    ((payouts.PERMISSION,), _drafts),
    (("refund_orders", "view_financials"), _refunds),
    (("refund_orders", "view_financials"), _orphaned_refunds),
    (("refund_orders", "view_financials"), _failed_refunds),
    ((webhooks.PERMISSION,), _messages),
    (("manage_staff",), _sandbox),
    (("review_kyc",), _reviews),
    (("review_kyc", "manage_partners"), _expiring),
    (("manage_partners",), _unanswered),
    (("refund_orders", "manage_events"), _overdue_holds),
    (("manage_staff",), _lost_mail),
    ((fsck.PERMISSION,), _integrity),
)
