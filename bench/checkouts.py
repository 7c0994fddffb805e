"""`python -m bench.checkouts`: many checkouts on the real stack against a payment provider that behaves badly.

Answers get lost, are slow or wrong; messages get lost, are repeated, come in another order and after the hold ran out;
one payment is paid on two pages; web servers, workers and the clock are killed (SIGKILL) all the time. At the end
every order that was paid for has its tickets, or its money is back; nobody paid twice, and the books agree.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import django

from bench.stack import running
from bookings.tests import stripe_stand_in
from eventify.supervisor import marked_processes

PRICE = 10
EVENTS = 4
BUYERS = 50
SHORT = 0.85  # places for each checkout: some who pay late find theirs gone
PATIENCE = 120  # seconds for one request that must get through at last
FATES = {"pay": 60, "late": 15, "twice": 8, "fails": 7, "abandon": 10}
TROUBLE = {"": 70, "lose": 7, "forget": 3, "drop": 8, "broken": 6, "busy": 5, "slow": 1}
DELIVERIES = {0: 15, 1: 50, 2: 25, 3: 10}  # how often a message comes
SETTINGS = {
    "EVENTIFY_PAYMENT_PROVIDER": "stripe",
    "STRIPE_SECRET_KEY": stripe_stand_in.KEY,
    "STRIPE_WEBHOOK_SECRET": stripe_stand_in.SECRET,
    "EVENTIFY_LIMIT_WEBHOOK": "1000000/60",
}


def choose(luck: random.Random, weights: dict):
    """One of these, by their weights."""
    return luck.choices(list(weights), list(weights.values()))[0]


class Trouble(list):
    """What the stand-in does wrong, request by request, for as long as it lasts."""

    def __init__(self, luck: random.Random):
        super().__init__()
        self.luck, self.lasts, self.made = luck, True, Counter()

    def __bool__(self):
        return self.lasts

    def pop(self, _index=0):
        kind = choose(self.luck, TROUBLE)
        self.made[kind or "well behaved"] += 1
        return kind


class Killer(threading.Thread):
    """Kills a random process of the server now and then."""

    def __init__(self, luck: random.Random, every: float):
        super().__init__(daemon=True)
        self.luck, self.every, self.killed, self.is_over = luck, every, Counter(), threading.Event()

    def run(self):
        self._strike()  # at once, however short the run is
        while not self.is_over.wait(self.luck.uniform(0.5, 1.5) * self.every):
            self._strike()

    def _strike(self) -> None:
        victims = [pid for pid in marked_processes(Path(os.environ["EVENTIFY_HOME"])) if kind_of(pid)]
        if victims:
            pid = self.luck.choice(victims)
            self.killed[kind_of(pid)] += 1
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


KINDS = {"eventify.web": "web", "eventify.worker": "worker", "eventify.clock": "beat"}


def kind_of(pid: int) -> str:
    """`web`, `worker` or `beat` for a process of ours; empty for PostgreSQL, Redis and what has ended."""
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        return next((kind for module, kind in KINDS.items() if module in words), "")
    return ""


class Shop:
    """The world, the provider and the buyers of one run."""

    def __init__(self, base: str, stripe, options):
        self.base, self.stripe, self.options = base, stripe, options
        self.luck, self.lock = random.Random(options.seed), threading.Lock()  # noqa: S311
        self.fates, self.answers, self.delivered = Counter(), Counter(), Counter()
        self.unheard: set[str] = set()  # pages that we were never told of, and that no message comes about
        self.found = 0  # pages found by looking, when all was over
        self.stuck: list[str] = []  # what was given up
        self.post_box: list[dict] = []  # messages that are on their way
        self.models = import_module("bookings.models")
        users, scenes = import_module("accounts.factories"), import_module("bookings.tests.scenes")
        sessions, partners = import_module("accounts.sessions"), import_module("partners.factories")
        self.tokens = [sessions.start(user)[1] for user in users.UserFactory.create_batch(BUYERS)]
        places = max(1, int(options.checkouts * SHORT / EVENTS))
        fee = {"fee_percent": "33.33"}
        made = [
            scenes.scene(capacity=places, price=PRICE, partner=partners.PartnerFactory(**fee), slug=f"shop-{number}")
            for number in range(EVENTS)
        ]
        self.events = [event for event, _kind in made]

    def buy(self, number: int) -> None:
        """One checkout, from the first click to whatever the buyer does at the provider."""
        with self.lock:
            fate, is_double = choose(self.luck, FATES), self.luck.random() < 0.1
        key, path = f"chaos-{number}", f"/events/{self.events[number % EVENTS].pk}/book"
        for _click in range(1 + is_double):
            status = self.ask("POST", path, {"Idempotency-Key": key}, {"qty": 1}, token=self.tokens[number % BUYERS])
        with self.lock:
            self.fates["sold out" if status == 409 else fate] += 1
        if status == 409 or fate == "abandon":
            return
        payment = self.models.Payment.objects.select_related("order").get(order__bookings__idempotency_key=key)
        name = self.page_of(payment)
        if name:
            getattr(self, fate)(payment, name)

    def page_of(self, payment) -> str:
        """The provider's page; the buyer clicks until it is there."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            payment.refresh_from_db()
            if payment.provider_reference:
                return payment.provider_reference
            if payment.status != "open":
                return ""  # the hold ran out before there was a page
            status = self.ask("GET", f"/orders/{payment.order.uid}/pay/", {}, None)
            time.sleep(0.2)
        order = self.models.Order.objects.get(pk=payment.order_id)
        facts = f"{order.status}, expired {order.has_expired}, until {order.expires_at}, {payment.status}, {status}"
        raise TimeoutError(f"no page for payment {payment.uid} of order {order.uid}: {facts}")

    def pay(self, _payment, name: str) -> None:
        with self.stripe.lock:
            if self.stripe.sessions[name]["status"] == "open":
                self.stripe.pay(name)
        self.post()

    def late(self, payment, name: str) -> None:
        """Paid when the hold has run out, though the page was still open."""
        past = payment.order.created_at
        self.models.Order.objects.filter(pk=payment.order_id, status="pending").update(expires_at=past)
        self.pay(payment, name)

    def twice(self, payment, name: str) -> None:
        """One payment has two pages (if no answer was forgotten, the provider made one by itself), and all are paid."""
        with self.stripe.lock:
            mine = [one for one in self.stripe.sessions.values() if one["client_reference_id"] == str(payment.uid)]
            if len(mine) == 1:
                mine.append({**mine[0], "id": f"{name}_twin"})
                self.stripe.sessions[f"{name}_twin"] = mine[-1]
        self.unheard |= {one["id"] for one in mine if one["id"] != name}
        for one in mine:
            self.pay(payment, one["id"])

    def fails(self, _payment, name: str) -> None:
        with self.stripe.lock:
            if self.stripe.sessions[name]["status"] == "open":
                self.stripe.expire_session(name)
        self.post()

    def post(self) -> None:
        """Take the provider's new messages, and bring some that are on their way: of any age, in any order."""
        with self.stripe.lock, self.lock:
            for message in self.stripe.messages:
                is_lost = message["data"]["object"]["id"] in self.unheard
                self.post_box += [message] * (0 if is_lost else choose(self.luck, DELIVERIES))
            self.stripe.messages.clear()
            self.luck.shuffle(self.post_box)
            bag = [self.post_box.pop() for _one in range(min(len(self.post_box), self.luck.randint(0, 3)))]
        for message in bag:
            self.bring(message)

    def bring(self, message: dict) -> None:
        body, headers = stripe_stand_in.signed(message)
        status = self.once("POST", "/webhooks/payments/stripe/", headers, body)
        with self.lock:
            self.delivered["answered" if status == 200 else f"refused or unheard ({status})"] += 1

    def ask(self, method: str, path: str, headers: dict, body, token: str = "") -> int:
        """Send it until there is an answer below 500."""
        headers = {**headers, "Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            status = self.once(method, path, headers, json.dumps(body).encode() if body is not None else b"")
            with self.lock:
                self.answers[str(status)] += 1
            if 0 < status < 500:
                return status
            time.sleep(0.1)
        raise TimeoutError(path)

    def once(self, method: str, path: str, headers: dict, body: bytes) -> int:
        """The status, or 0 without an answer."""
        try:
            with contextlib.closing(http.client.HTTPConnection(urlsplit(self.base).netloc, timeout=30)) as connection:
                connection.request(method, path, body, headers)
                return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0

    def client(self, numbers: list[int]) -> None:
        for number in numbers:
            try:
                self.buy(number)
            except TimeoutError as error:
                self.stuck.append(str(error))
        import_module("django.db").connection.close()


def settle(shop: Shop) -> None:
    """All holds run out, what is on its way arrives, and the sweeps run until nothing is open."""
    names = ("payments", "refunds", "webhooks", "cancelling", "lost_pages")
    payments, refunds, webhooks, cancelling, lost_pages = (import_module(f"bookings.{name}") for name in names)
    while shop.post_box:
        shop.post()
    webhooks.AGAIN_AFTER = webhooks.timedelta(0)
    models, end = shop.models, time.monotonic() + PATIENCE
    while time.monotonic() < end:
        pending = models.Order.objects.filter(status="pending")
        pending.update(expires_at=payments.timezone.now())
        waiting = models.Payment.objects.filter(status="open").select_related("order")
        for payment in waiting:
            payments.ask(payment)
        while cancelling.expire_overdue():
            continue
        webhooks.sweep()
        shop.found += look(models, lost_pages, payments.timezone.now())
        refunds.send()
        if not (pending.exists() or waiting.all().exists() or models.Refund.objects.exclude(status="done").exists()):
            return
    raise TimeoutError("not everything was settled")


def look(models, lost_pages, now) -> int:
    """All payments' pages are looked for now, which else happens when they have ended; how many were unheard of."""
    waiting = models.Payment.objects.filter(look_at__isnull=False)
    waiting.update(look_at=now)
    found = 0
    while waiting.filter(look_at__lte=now).exists():
        found += lost_pages.look()
    return found


def audit(shop: Shop) -> dict:
    """What the provider took and gave back against what the buyers have."""
    models, stripe, invariants = shop.models, shop.stripe, import_module("bookings.tests.invariants")
    paid, back = Counter(), Counter()
    for session in stripe.sessions.values():
        if session["payment_status"] == "paid":
            paid[session["client_reference_id"]] += session["amount_total"]
            sent = [one for one in stripe.refunds.values() if one["payment_intent"] == session["payment_intent"]]
            back[session["client_reference_id"]] += sum(one["amount"] for one in sent)
    wrong = Counter()
    orders = models.Order.objects.prefetch_related("payments", "tickets")
    for order in orders:
        kept = sum(paid[str(one.uid)] - back[str(one.uid)] for one in order.payments.all())
        tickets = sum(ticket.status == "valid" for ticket in order.tickets.all())
        wrong["paid without ticket or refund"] += kept > 0 and tickets == 0
        wrong["ticket without payment"] += kept <= 0 and tickets > 0
        wrong["charged twice"] += kept > order.total_amount * 100
        wrong["refunded too much"] += kept < 0
        wrong["tickets not as ordered"] += tickets not in (0, 1)
    keys = models.Booking.objects.exclude(idempotency_key="").values_list("idempotency_key", flat=True)
    wrong["orders made twice"] = len(keys) - len(set(keys))
    sentences = [one for event in shop.events for one in invariants.broken(event)]
    sentences += [f"{one.check}: {one.sentence}" for one in invariants.books()]
    return {
        "checkouts": shop.options.checkouts,
        "seed": shop.options.seed,
        "fates": dict(shop.fates),
        "orders": orders.count(),
        "orders_paid": models.Order.objects.filter(status="paid").count(),
        "valid_tickets": models.Ticket.objects.filter(status="valid").count(),
        "pages_nobody_told_of": len(shop.unheard),
        "pages_found_by_looking_at_the_end": shop.found,
        "payments_at_provider": sum(one["payment_status"] == "paid" for one in stripe.sessions.values()),
        "refunds_at_provider": len(stripe.refunds),
        "kept_at_provider": (sum(paid.values()) - sum(back.values())) // 100,
        "answers_to_buyers": dict(shop.answers),
        "messages": dict(shop.delivered),
        "provider_behaved": dict(stripe.trouble.made),
        "wrong": dict(wrong),
        "stuck": shop.stuck,
        "broken_invariants": sentences,
    }


def run(options) -> dict:
    """One whole run; the report."""
    with stripe_stand_in.running() as stripe, running(**SETTINGS, STRIPE_API_BASE=stripe.url) as base:
        django.setup()
        shop = Shop(base, stripe, options)
        stripe.trouble = Trouble(random.Random(options.seed + 1))  # noqa: S311
        killer = Killer(random.Random(options.seed + 2), options.kill_every)  # noqa: S311
        killer.start()
        began, numbers = time.monotonic(), list(range(options.checkouts))
        parts = [numbers[one :: options.clients] for one in range(options.clients)]
        with ThreadPoolExecutor(options.clients) as clients:
            list(clients.map(shop.client, parts))  # raises what one of them raised
        killer.is_over.set()
        killer.join()
        stripe.trouble.lasts = False
        settle(shop)
        return {**audit(shop), "killed": dict(killer.killed), "seconds": round(time.monotonic() - began)}


def main() -> int:
    """Run it; exit status 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.checkouts", description=__doc__)
    parser.add_argument("--checkouts", type=int, default=1000, help="how many (1000)")
    parser.add_argument("--clients", type=int, default=8, help="buyers at once (8)")
    parser.add_argument("--seed", type=int, default=1, help="of the luck (1)")
    parser.add_argument("--kill-every", type=float, default=4.0, help="seconds between two kills, about (4)")
    report = run(parser.parse_args())
    print(json.dumps(report, indent=2))
    is_wrong = any(report["wrong"].values()) or report["broken_invariants"] or report["stuck"]
    if report["valid_tickets"] * PRICE != report["kept_at_provider"] or is_wrong:
        print("bench.checkouts: the money and the tickets do not agree", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
