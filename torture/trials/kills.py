"""kill -9 of everything there is, while people buy: what was told is true in the end, and happened once."""

import contextlib
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle, islice

from django.db.models import Count, F, Max, Model, Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import OutgoingMail
from bookings import cancelling, payments, refunds, webhooks
from bookings.models import Booking, Order, Payment, Refund, SandboxCharge, Scan, Ticket, WebhookDelivery
from torture import report
from torture.shoppers import STRANGE, UNANSWERED, Mall, Place, Purchase, walk_out
from torture.stack import WELL_SECONDS
from torture.trial import Control, Trial
from torture.trials.redis import WITH_LIMITS
from torture.world import breaches

KINDS = {  # what is killed -> which process of which kind
    "a web process": ("web", -1),
    "the web server": ("web", 0),
    "a task process": ("worker", -1),
    "the worker": ("worker", 0),
    "beat": ("beat", 0),
    "a database session": ("postgres", -1),
    "the database": ("postgres", 0),
}
FAILPOINTS = (  # all that this traffic comes by, in the web server or in the worker
    "checkout.after_provider",
    "payments.before_commit",
    "cancelling.after_release",
    "door.before_answer",
    "webhooks.after_store",
    "webhooks.after_verify",
    "webhooks.after_apply",
    "payments.after_status",
    "payments.after_tickets",
    "cancelling.after_refund",
    "refunds.after_provider",
    "refunds.after_sent",
    "invoices.after_number",
    "door.after_scans",
    "door.after_tickets",
    "door.after_conflicts",
)
LOST, TWICE, MAILS = "acknowledged effects lost", "effects done twice", "paid orders without their mail"
OWED, BREACHES = "mails, messages and refunds still owed", "broken rules"
OF_THIS_TRIAL = (OutgoingMail, WebhookDelivery, Refund, Payment, Order)
SAID = 10  # sentences of a kind that are printed; all are counted
TASKS = (
    "accounts.tasks.send_pending_mail",
    "bookings.tasks.ask_providers",
    "bookings.tasks.send_refunds",
    "bookings.tasks.issue_invoices",
    "bookings.tasks.expire_holds",
    "bookings.tasks.promote_waitlists",
)


class Kills(Trial):
    """Batches of kills in any order; after each batch everything is waited for, then a process dies at a fail-point."""

    name, title = "kills", "kill -9 of web, worker, beat and database while people book, pay, cancel and walk in"
    sizes = {
        "quick": {"kills": 12, "batch": 4, "failpoints": 3, "shoppers": 4, "calm": 1, "seconds": 240},
        "full": {"kills": 200, "batch": 4, "failpoints": len(FAILPOINTS), "shoppers": 4, "calm": 1, "seconds": 900},
        "control": {"kills": 2, "batch": 2, "failpoints": 1, "shoppers": 8, "calm": 2, "seconds": 240},
    }
    settings = WITH_LIMITS
    controls = (
        Control("a cancellation is told before it is done", "told_before_done", breaks=LOST),
        Control("a mail is owed without a row", "mail_without_a_row", breaks=MAILS),
        Control("keys are not kept", "forgotten_keys", breaks=TWICE),
    )
    seed = 1

    def run(self):
        self.world.postpone_mail()
        self.before = {model: model.objects.aggregate(Max("pk"))["pk__max"] or 0 for model in OF_THIS_TRIAL}
        self.mall = Mall(self.world, self.seed, self.size["shoppers"])
        shoppers, self.killed, self.died = self.mall.open(), Counter(), []
        time.sleep(self.size["calm"])
        self._hurt(random.Random(self.seed))
        walk_out(shoppers, self.mall)
        self.stack.wait_until_well()
        report.say(f"{self.name}: what is owed gets done")
        owed = self._settle()
        self._judge(owed)

    def prepare_control(self, control):
        """Only what is told before it is done needs a kill to be lost."""
        if control.wrong != "told_before_done":
            self.size = {**self.size, "kills": 0, "shoppers": 3}

    # --- Hurting --------------------------------------------------------------------------------------

    def _hurt(self, luck: random.Random) -> None:
        """The kills in batches, a fail-point after each batch, and those that are left after all of them."""
        points = self._points(luck)
        for batch in self._batches(luck):
            for what in batch:
                self._kill(what)
                time.sleep(luck.uniform(0.1, 0.8))
            self.stack.wait_until_well()
            report.say(f"{self.name}: {sum(self.killed.values())} of {self.size['kills']} kills")
            self._die_at(next(points, ""))
            time.sleep(self.size["calm"])
        for name in points:
            self._die_at(name)
            time.sleep(self.size["calm"])

    def _kill(self, what: str) -> None:
        """As soon as there is one: it may have been killed a moment ago. Children are killed beside their parent."""
        (kind, which), deadline = KINDS[what], time.monotonic() + WELL_SECONDS
        while len(self.stack.processes(kind)) < (1 if which == 0 else 2) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.killed[what] += self.stack.kill(kind, which)

    def _points(self, luck: random.Random) -> Iterator[str]:
        """The fail-points of this run; a control takes the first, which is between a deed and its answer."""
        many = self.size["failpoints"]
        return iter([FAILPOINTS[0], *luck.sample(FAILPOINTS[1:], many - 1)])

    def _batches(self, luck: random.Random) -> list[list[str]]:
        """Every kind as often as every other, in no order."""
        wanted = list(islice(cycle(KINDS), self.size["kills"]))
        luck.shuffle(wanted)
        return [wanted[first : first + self.size["batch"]] for first in range(0, len(wanted), self.size["batch"])]

    def _die_at(self, name: str) -> None:
        if not name:
            return
        self.stack.arm(name)
        deadline = time.monotonic() + 60
        while self.stack.armed.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        if self.stack.disarm():
            self.died.append(name)
        else:
            report.say(f"{self.name}: nobody came by {name}")

    # --- Settling -------------------------------------------------------------------------------------

    def _settle(self) -> int:
        """What is owed gets done, as if time had passed: pauses are over, and what was held and not paid runs out."""
        deadline, is_over = time.monotonic() + self.size["seconds"], False
        while time.monotonic() < deadline:
            self._push()
            owed = self._owed()
            if not owed and is_over:
                return 0
            if not owed:
                self._new(Order).filter(status=Order.Status.PENDING).update(expires_at=timezone.now())
                is_over = True
            time.sleep(1)
        return self._owed()

    def _push(self) -> None:
        now = timezone.now()
        self._new(OutgoingMail).filter(sent_at=None, next_attempt_at__gt=now).update(next_attempt_at=now)
        for task in TASKS:
            self.world.nudge(task)
        with _no_pauses():
            webhooks.sweep()
            payments.ask_open()
        refunds.send()
        cancelling.expire_overdue()

    def _new(self, model: type[Model]) -> QuerySet:
        """The rows of this trial: others leave what they owe as it is."""
        return model.objects.filter(pk__gt=self.before[model])

    def _owed(self) -> int:
        """Mails, messages of the provider, money that goes back, charges that nobody heard of, holds that are over."""
        charged = SandboxCharge.objects.filter(status="paid").values("reference")
        return (
            self._new(OutgoingMail).filter(sent_at=None).count()
            + self._new(WebhookDelivery).filter(processed_at=None).count()
            + self._new(Refund).filter(status=Refund.Status.REQUESTED).count()
            + self._new(Payment).filter(status=Payment.Status.OPEN, uid__in=charged).count()
            + self._new(Order).filter(status=Order.Status.PENDING, expires_at__lte=timezone.now()).count()
        )

    # --- Judging --------------------------------------------------------------------------------------

    def _judge(self, owed: int) -> None:
        mall = self.mall
        lost = [*filter(None, map(_wrong_place, mall.places)), *filter(None, map(_wrong_purchase, mall.purchases))]
        twice, broken = list(self._twice()), breaches()
        for found in (lost, twice, broken):
            for sentence in found[:SAID]:
                report.say(f"{self.name}: seed {self.seed}: {sentence}")
        for kind in KINDS:
            self.count(f"kills of {kind}", self.killed[kind], ">=", self.size["kills"] // len(KINDS))
        self.count("kills", sum(self.killed.values()), "=", self.size["kills"])
        self.count("fail-points at which a process died", len(self.died), "=", self.size["failpoints"])
        self.count("requests cut off and sent again", mall.counts["cut off"], ">=", 0)
        self.count("bookings and orders told", len(mall.places) + len(mall.purchases), ">=", self.size["shoppers"])
        self.count("admissions told", sum(len(one.scans) for one in mall.purchases), ">=", 1)
        for name in (UNANSWERED, STRANGE):
            self.count(name, mall.counts[name], "=", 0)
        for name, found in ((LOST, lost), (TWICE, twice), (BREACHES, broken)):
            self.count(name, len(found), "=", 0)
        self.count(OWED, owed, "=", 0)
        self.count(MAILS, self._without_mail(), "=", 0)

    def _twice(self) -> Iterator[str]:
        """Sentences on whatever exists more often than somebody asked for it."""
        mall = self.mall
        for event, told in ((mall.free, mall.places), (mall.priced, mall.purchases)):
            made = Booking.objects.filter(event=event, split_from=None).count()
            if made > len(told):
                yield f"{made} bookings of {event}, of {len(told)} that were told"
        paid = Order.objects.filter(bookings__event=mall.priced)
        counted = paid.annotate(times=Count("payments", Q(payments__status="paid"), distinct=True))
        yield from (f"order {one.uid} is paid {one.times} times" for one in counted.filter(times__gt=1))
        back = paid.annotate(back=Sum("payments__refunds__amount")).filter(back__gt=F("total_amount"))
        yield from (f"order {one.uid} gave back {one.back}" for one in back)
        issued = Booking.objects.filter(event=mall.priced, status="confirmed").annotate(made=Count("tickets"))
        yield from (f"booking {one.pk} has {one.made} tickets" for one in issued.exclude(made=F("qty")))
        admitted = Q(scans__verdict=Scan.Verdict.ADMITTED)
        scanned = Ticket.objects.filter(event=mall.priced).annotate(times=Count("scans", admitted))
        yield from (f"ticket {one.pk} was let in {one.times} times" for one in scanned.filter(times__gt=1))

    def _without_mail(self) -> int:
        """Paid orders that have not exactly one mail with their tickets, which has left."""
        orders = Order.objects.filter(bookings__event=self.mall.priced).exclude(paid_at=None)
        sent = OutgoingMail.objects.filter(template="tickets").exclude(sent_at=None)
        mailed = Counter(sent.values_list("context__order", flat=True))
        return sum(mailed[str(uid)] != 1 for uid in orders.values_list("uid", flat=True))


@contextlib.contextmanager
def _no_pauses() -> Iterator[None]:
    """In this process a message is old enough to be judged again at once, and a payment to be asked about."""
    kept = webhooks.AGAIN_AFTER, payments.ASK_AFTER
    webhooks.AGAIN_AFTER = payments.ASK_AFTER = timedelta(0)
    try:
        yield
    finally:
        webhooks.AGAIN_AFTER, payments.ASK_AFTER = kept


def _wrong_place(told: Place) -> str:
    row = Booking.objects.filter(pk=told.booking, user=told.user, idempotency_key=told.key).first()
    if row is None:
        return f"booking {told.booking}, told as {told.status}, is not there"
    if told.is_cancelled:
        good = {"cancelled"}
    else:
        good = {"confirmed"} if told.status == "CONFIRMED" else {"confirmed", "waitlisted"}
    return "" if row.status in good else f"booking {row.pk}, told as {told}, is {row.status}"


def _wrong_purchase(told: Purchase) -> str:
    row = Order.objects.filter(uid=told.order, user=told.user, idempotency_key=told.key).first()
    if row is None:
        return f"order {told.order} is not there"
    good = {"refunded"} if told.is_cancelled else {"paid"} if told.is_charged else {"cancelled"}
    if row.status not in good:
        return f"order {row.uid}, told as {told}, is {row.status}"
    of_order = Scan.objects.filter(ticket__order=row, ticket__status="used", verdict="admitted")
    kept = of_order.filter(client_uid__in=told.scans)
    return "" if kept.count() == len(told.scans) else f"order {row.uid}: of {told.scans} only {kept.count()} are kept"


TRIALS = (Kills,)
