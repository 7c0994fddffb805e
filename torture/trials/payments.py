"""Checkouts against a provider whose API and messages cannot be relied upon."""

import random
import threading
import time
from collections import defaultdict
from datetime import timedelta
from functools import partial
from itertools import count

from django.utils import timezone

from bench.checkouts import choose
from bookings.models import Booking, Order, Payment, Refund, Ticket, WebhookDelivery
from bookings.tests import invariants
from partners.factories import PartnerFactory
from torture import provider
from torture.trial import Control, Tally, Trial
from torture.world import at_once

FATES = {"pay": 55, "late": 17, "twice": 10, "fail": 8, "abandon": 10}
PRICE = 10
EVENTS = 4
LATENESS = 1.5  # seconds at most after the order has ended
NO_LONGER = 5  # seconds that a late buyer waits for that
SHORT = 0.7  # places for each checkout: some who pay late find theirs gone
BUYERS = 50
AT_ONCE = 16  # some of them wait until the worker has ended their order
EXPIRING = "bookings.tasks.expire_holds"
SWEEPS = (EXPIRING, "bookings.tasks.ask_providers", "bookings.tasks.send_refunds")
EARLIER = timedelta(minutes=3)  # older than what the sweeps leave alone
TWICE, NEITHER, BOTH = "charged twice", "paid, and neither tickets nor money back", "paid, tickets and money back"
FORGED = "forged messages that were believed"


class Payments(Trial):
    """Buyers who pay, pay late, pay twice, fail and go away; then everything comes to an end, and is compared."""

    name, title = "payments", "Checkouts against a provider that delays, repeats, loses and reorders"
    sizes = {
        "quick": {"checkouts": 60, "slowness": 1, "patience": 120},
        "full": {"checkouts": 1000, "slowness": 11, "patience": 1200},  # 11: longer than we wait for an answer
        "control": {"checkouts": 40, "slowness": 1, "patience": 120, "late": 40},
    }
    controls = (
        Control("what was paid on a second page is kept", "second_payment_is_kept", {}, TWICE),
        Control("what was paid too late is kept", "late_payment_is_kept", {}, NEITHER),
        Control("signatures of messages are not judged", "unsigned_is_believed", {}, FORGED),
    )

    @property
    def settings(self):
        return provider.settings()

    def run(self):
        self.stripe, self.did, self.lock = provider.stand_in(), Tally(), threading.Lock()
        self.luck, self.fates = random.Random(self.seed), FATES | {"late": self.size.get("late", FATES["late"])}
        self.stripe.slowness = self.size["slowness"]
        trouble = provider.trouble(self.seed + 1)
        self.messenger = provider.Messenger(self.stack.base, random.Random(self.seed + 2))
        self.events, self.tokens = self._events(), self.world.tokens(BUYERS)
        self.booked: dict[int, int] = {}  # number of the checkout -> booking
        try:
            with self._sweeps():
                at_once([partial(self._check_out, number) for number in range(self.size["checkouts"])], AT_ONCE)
            trouble.lasts = False
            unsettled = self._settle()
        finally:
            trouble.lasts = False
            self.messenger.stop()
        self._count(unsettled, sum(trouble.made.values()) - trouble.made["well behaved"])

    def _events(self) -> list:
        places = max(1, int(self.size["checkouts"] * SHORT / EVENTS))
        partner = PartnerFactory(fee_percent="33.33", slug=f"shop-{self.seed}-{time.time_ns()}")
        return [self.world.event(places, PRICE, partner=partner) for _event in range(EVENTS)]

    # --- One checkout ---------------------------------------------------------------------------------------

    def _check_out(self, number: int) -> None:
        with self.lock:
            fate, is_double = choose(self.luck, self.fates), self.luck.random() < 0.2
        status, said = self._book(number)
        if is_double:
            status, said = self._book(number)
        if status != 200:
            self.did.add("sold out")
            self.did.add("answers that nobody expected", status != 409)
            return
        self.did.add(fate)
        self.booked[number] = said["id"]
        payment = Payment.objects.select_related("order").get(order__bookings=said["id"])
        page = self._page_of(payment)
        if page:
            getattr(self, f"_{fate}")(payment, page)

    def _book(self, number: int) -> tuple[int, dict | None]:
        """The same click until there is an answer."""
        path, key = f"/events/{self.events[number % EVENTS].pk}/book", f"torture-{number}"
        return self._client(number).insist("POST", path, {"qty": 1}, Idempotency_Key=key)

    def _client(self, number: int):
        return self.world.client(self.tokens[number % BUYERS])

    def _page_of(self, payment: Payment) -> str:
        """The provider's page; the buyer goes to the pay link until it is there. Empty when the hold ran out before."""
        deadline = time.monotonic() + self.size["patience"]
        while time.monotonic() < deadline:
            payment.refresh_from_db()
            if payment.provider_reference or payment.status != "open":
                return payment.provider_reference
            self.world.client().ask("GET", f"/orders/{payment.order.uid}/pay/")
            time.sleep(0.1)
        self.did.add("no page in time")
        return ""

    def _pay(self, _payment: Payment, page: str) -> None:
        with self.stripe.lock:
            if self.stripe.sessions[page]["status"] == "open":
                self.stripe.pay(page)

    def _late(self, payment: Payment, page: str) -> None:
        """When the hold has run out and the worker, if it is quick, has ended it; unless the page was closed first."""
        Order.objects.filter(pk=payment.order_id, status="pending").update(expires_at=payment.order.created_at)
        deadline = time.monotonic() + NO_LONGER
        while Order.objects.filter(pk=payment.order_id, status="pending").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        with self.lock:
            lateness = self.luck.uniform(0, LATENESS)
        time.sleep(lateness)
        self._pay(payment, page)

    def _twice(self, payment: Payment, page: str) -> None:
        """One payment has two pages, as when an answer was forgotten; both are paid, and we hear of one only."""
        with self.stripe.lock:
            mine = [one for one in self.stripe.sessions.values() if one["client_reference_id"] == str(payment.uid)]
            if len(mine) == 1:
                mine.append({**mine[0], "id": f"{page}_twin"})
                self.stripe.sessions[f"{page}_twin"] = mine[-1]
            self.messenger.unheard |= {one["id"] for one in mine if one["id"] != page}
        for one in mine:
            self._pay(payment, one["id"])

    def _fail(self, _payment: Payment, page: str) -> None:
        with self.stripe.lock:
            if self.stripe.sessions[page]["status"] == "open":
                self.stripe.expire_session(page)

    def _abandon(self, _payment: Payment, page: str) -> None:
        """Nobody pays, and somebody else says that it was paid."""
        statuses = self.messenger.forge(page)
        self.did.add("forged", len(statuses))
        self.did.add("forged and believed", statuses.count(200))

    # --- Time passes ----------------------------------------------------------------------------------------

    def _sweeps(self) -> "Sweeping":
        return Sweeping(self)

    def pass_time(self, tasks: tuple[str, ...] = SWEEPS) -> None:
        """What the sweeps leave alone for minutes is older than that; the worker runs these now."""
        now = timezone.now()
        young = self._payments().filter(status="open", created_at__gt=now - EARLIER)
        young.update(created_at=now - EARLIER)
        self.world.postpone_mail()
        for task in tasks:
            self.world.nudge(task)

    def _payments(self):
        return Payment.objects.filter(order__bookings__event__in=self.events)

    def _settle(self) -> int:
        """All holds run out, all messages arrive, all pages are looked for; what is still open then."""
        mine = Order.objects.filter(bookings__event__in=self.events)
        Payment.objects.filter(order__in=mine, look_at__isnull=False).update(look_at=timezone.now())
        deadline = time.monotonic() + self.size["patience"]
        while True:
            now = timezone.now()
            mine.filter(status="pending").update(expires_at=now)
            Payment.objects.filter(order__in=mine, status="open").update(asked_at=None)
            WebhookDelivery.objects.filter(processed_at=None).update(received_at=now - EARLIER)
            if self._is_over(mine) or time.monotonic() > deadline:
                return self._left(mine)
            self.pass_time()
            time.sleep(0.4)

    def _is_over(self, mine) -> bool:
        """Nothing is left, the worker is done with what it had begun before, and still nothing is left.

        What a sweep has taken looks done before it is, so one look is not enough.
        """
        is_nothing_left = self._left(mine) == 0 and self.messenger.is_idle()
        return is_nothing_left and self.world.is_worker_idle() and self._left(mine) == 0

    def _left(self, mine) -> int:
        payments, refunds = Payment.objects.filter(order__in=mine), Refund.objects.filter(payment__order__in=mine)
        signed = WebhookDelivery.objects.filter(processed_at=None).exclude(delivery_id__startswith="unsigned:")
        waiting = payments.filter(status="open").count() + payments.filter(look_at__lte=timezone.now()).count()
        return mine.filter(status="pending").count() + waiting + refunds.exclude(status="done").count() + signed.count()

    # --- What came of it ------------------------------------------------------------------------------------

    def _count(self, unsettled: int, spoiled: int) -> None:
        books = Books(self)
        size, did = self.size["checkouts"], self.messenger.did
        self.count("checkouts", len(self.booked) + self.did["sold out"], "=", size)
        self.count(TWICE, books.charged_twice, "=", 0)
        self.count(NEITHER, books.neither, "=", 0)
        self.count(BOTH, books.both, "=", 0)
        self.count("refunds above what was paid", books.above, "=", 0)
        self.count("pages that the provider's books and ours disagree on", books.apart, "=", 0)
        self.count("buyers who were told otherwise", sum(map(books.is_told_otherwise, self.booked)), "=", 0)
        self.count(FORGED, self.did["forged and believed"], "=", 0)
        self.count("left open", unsettled + self.did["no page in time"], "=", 0)
        self.count("answers that nobody expected", self.did["answers that nobody expected"], "=", 0)
        broken = [one for event in self.events for one in invariants.broken(event)]
        self.count("broken rules", len(broken) + len(invariants.books()), "=", 0)
        self.count("requests that the provider spoiled", spoiled, ">=", size // 10)
        self.count("messages that were lost or repeated", did["lost"] + did["repeated"], ">=", size // 10)
        self.count("messages that were forged", self.did["forged"], ">=", 1)


class Sweeping:
    """While buyers buy, time passes."""

    def __init__(self, trial: Payments):
        self.trial, self.ends = trial, threading.Event()
        self.thread = threading.Thread(target=at_once, args=([self._sweep],), daemon=True)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_error):
        self.ends.set()
        self.thread.join()

    def _sweep(self) -> None:
        for turn in count():
            if self.ends.wait(0.5):
                return
            self.trial.pass_time(SWEEPS if turn % 10 == 9 else (EXPIRING,))


class Books:
    """The provider's books (in cents, by page) beside ours."""

    def __init__(self, trial: Payments):
        self.trial, stripe = trial, trial.stripe
        orders = Order.objects.filter(bookings__event__in=trial.events)
        payments = list(Payment.objects.filter(order__in=orders))
        order_of = {str(one.uid): one.order_id for one in payments}
        paid, back, self.kept = defaultdict(int), defaultdict(int), defaultdict(int)
        for session in stripe.sessions.values():
            if session["client_reference_id"] in order_of and session["payment_status"] == "paid":
                sent = [one for one in stripe.refunds.values() if one["payment_intent"] == session["payment_intent"]]
                paid[session["id"]] = session["amount_total"]
                back[session["id"]] = sum(one["amount"] for one in sent)
                self.kept[order_of[session["client_reference_id"]]] += paid[session["id"]] - back[session["id"]]
        self.above = sum(back[page] > paid[page] for page in paid)
        self.apart = _apart(paid, back, [one for one in payments if one.status == "paid"])
        self._tickets(set(order_of.values()), {order_of[one] for one in _paid(stripe, order_of)})

    def _tickets(self, orders: set[int], paid: set[int]) -> None:
        """Of each order that somebody paid for: what was kept, and whether there are tickets."""
        valid = Ticket.objects.filter(order__in=orders, status="valid").values_list("order_id", flat=True)
        self.with_tickets = set(valid)
        self.charged_twice = sum(self.kept[order] > PRICE * 100 for order in paid)
        self.neither = sum(self.kept[order] > 0 and order not in self.with_tickets for order in paid)
        self.both = sum(self.kept[order] <= 0 for order in self.with_tickets)

    def is_told_otherwise(self, number: int) -> bool:
        """Whether what the buyer sees at the end is not what the money says."""
        booking = self.trial.booked[number]
        status, said = self.trial._client(number).ask("GET", f"/bookings/{booking}")
        order = Booking.objects.get(pk=booking).order_id
        wanted = "CONFIRMED" if self.kept[order] == PRICE * 100 else "CANCELLED"
        return status != 200 or said["status"] != wanted


def _paid(stripe, order_of: dict[str, int]) -> set[str]:
    return {
        one["client_reference_id"]
        for one in stripe.sessions.values()
        if one["payment_status"] == "paid" and one["client_reference_id"] in order_of
    }


def _apart(paid: dict[str, int], back: dict[str, int], payments: list[Payment]) -> int:
    """Pages whose paid and returned sums are not the same in both books, or that one of them does not have."""
    ours, ours_back = defaultdict(int), defaultdict(int)
    for payment in payments:
        ours[payment.provider_reference] += int(payment.amount * 100)
    for refund in Refund.objects.filter(payment__in=payments, status="done").select_related("payment"):
        ours_back[refund.payment.provider_reference] += int(refund.amount * 100)
    pages = paid.keys() | ours.keys()
    return sum((paid.get(one, 0), back.get(one, 0)) != (ours[one], ours_back[one]) for one in pages)


TRIALS = (Payments,)
