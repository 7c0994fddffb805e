"""Reports that come by themselves: each day, week or month at an hour, in the clocks of the event or the platform.

The mail holds a link, never the rows: whoever opens it logs in. Who has lost the right is told, and gets no more.
"""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, mail, notify
from accounts.models import User
from analytics.models import Export, Subscription
from analytics.reports import exports
from analytics.reports.catalogue import REPORTS, check_right, zone_of
from eventify.lib.errors import Conflict, Forbidden, Invalid
from eventify.lib.failpoints import failpoint
from eventify.lib.later import later

E = Subscription.Every
MOST = 50  # of one person
AT_ONCE = 100  # that one run makes
_TASK = "analytics.tasks.make_exports"


@transaction.atomic
def subscribe(asked: Subscription) -> Subscription:
    """Have a report sent, the first time at the next such hour; asking twice for the same is asking once.

    Forbidden without the right, Invalid (hour) for no hour, Conflict for more than MOST of them. Locks the person.
    """
    check_right(asked)
    if not 0 <= asked.hour <= 23:
        raise Invalid.field("hour", _("Choose a full hour, from 0 to 23."))
    user = User.objects.select_for_update(no_key=True).get(pk=asked.user_id)
    same = {name: getattr(asked, name) for name in ("report", "form", "partner", "event", "every", "hour")}
    mine = Subscription.objects.filter(user=user)
    if found := mine.filter(**same).first():
        return found
    if len(mine.values_list("pk")[:MOST]) == MOST:
        raise Conflict(_("You have %(most)s of them already. End one first.") % {"most": MOST})
    asked.time_zone = zone_of(asked).key
    asked.next_at = next_moment(asked, timezone.now())
    asked.save(force_insert=True)
    audit.record("SUBSCRIBED_TO_REPORT", asked.about or user, by=user, report=asked.report, every=asked.every)
    return asked


def of(user: User) -> QuerySet[Subscription]:
    """What comes to the person by itself."""
    return Subscription.objects.filter(user=user).select_related("event__partner", "partner").order_by("-pk")


def unsubscribe(subscription: Subscription, *, by: User) -> None:
    """No more of it. Forbidden for somebody else's."""
    if subscription.user_id != by.pk:
        raise Forbidden
    _end(subscription, by=by)


def _end(subscription: Subscription, *, by: User | None) -> None:
    target = subscription.about or subscription.user
    audit.record("UNSUBSCRIBED_FROM_REPORT", target, by=by, report=subscription.report, every=subscription.every)
    subscription.delete()


# --- When ---------------------------------------------------------------------------------------------


def next_moment(subscription: Subscription, after: datetime) -> datetime:
    """The first moment after this one at which it is due: each day, on Mondays, or on the first of the month.

    An hour that the clocks skip is the moment after the gap; of one that comes twice, the first.
    """
    zone = ZoneInfo(subscription.time_zone)
    day = after.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, time(subscription.hour), tzinfo=zone)
        moment = moment.astimezone(ZoneInfo("UTC"))
        if moment > after and _is_day(subscription.every, day):
            return moment
        day += timedelta(days=1)


def _is_day(every: str, day: date) -> bool:
    return every == E.DAY or (every == E.WEEK and day.weekday() == 0) or (every == E.MONTH and day.day == 1)


def period(subscription: Subscription, due_at: datetime) -> tuple[date | None, date | None]:
    """The days that it tells of: yesterday, the last seven days, last month; of a list of people, all there are."""
    if not REPORTS[subscription.report].is_of_time:
        return None, None
    last = due_at.astimezone(ZoneInfo(subscription.time_zone)).date() - timedelta(days=1)
    back = {E.DAY: 1, E.WEEK: 7, E.MONTH: monthrange(last.year, last.month)[1]}
    return last - timedelta(days=back[E(subscription.every)] - 1), last


# --- Making what is due -------------------------------------------------------------------------------


def make_due() -> int:
    """Ask for the reports that are due, each once, however many do this; how many. What was missed is made once."""
    now = timezone.now()
    keys = Subscription.objects.filter(next_at__lte=now).order_by("next_at").values_list("pk", flat=True)[:AT_ONCE]
    return sum(_make_one(key, now) for key in list(keys))


@transaction.atomic
def _make_one(key: int, now: datetime) -> bool:
    """Locks the subscription; leaves it out when somebody else is at it, or has been."""
    due = Subscription.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=key, next_at__lte=now)
    subscription = due.select_related("user", "event__partner", "partner").first()
    if subscription is None:
        return False
    try:
        check_right(subscription)
    except Forbidden:
        _tell_of_the_end(subscription)
        return False
    _ask(subscription)
    subscription.next_at = next_moment(subscription, now)
    subscription.save(update_fields=["next_at", "updated_at"])
    failpoint("schedule.before_commit")
    return True


def _ask(subscription: Subscription) -> None:
    first, last = period(subscription, subscription.next_at)
    same = {name: getattr(subscription, name) for name in ("user", "report", "form", "partner", "event")}
    export = Export(**same, first_day=first, last_day=last, subscription=subscription, due_at=subscription.next_at)
    exports.create(export)
    later(_TASK, export.pk)


def _tell_of_the_end(subscription: Subscription) -> None:
    """The right is gone, and with it the subscription: the person hears why nothing comes any more."""
    user = subscription.user
    with notify.in_language_of(user):
        said = {"user": str(user.uid), "report": str(exports.title_of(subscription)), "name": user.first_name}
    if user.is_active and not user.is_banned and not user.is_erased:
        mail.queue("report_ended", user.email, **said, about=exports.about_of(subscription))
    _end(subscription, by=None)
