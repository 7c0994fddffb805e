"""Work in bulk: a batch of payouts, and a long waitlist that moves."""

import os
import time
from contextlib import contextmanager
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test.utils import override_settings
from django.utils import timezone

from accounts.models import User
from bench.scenario import Goal, Scenario
from bookings import tasks
from bookings.models import Booking
from bookings.tests import invariants
from eventify.lib.ids import new_uid
from events.models import Event
from partners import ledger, payouts
from partners.models import Partner
from partners.models.ledger import Account, Entry, Kind
from partners.tests import payable

PARTNERS, ENTRIES = 1000, 100_000
WAITING = 10_000
PART = 1000  # rows that are prepared at once


class Job(Scenario):
    """The seconds that a job takes; its `things` are counted. One round, for what it changes is changed."""

    goals = (Goal("seconds", 60, 15, at_most=True),)

    @contextmanager
    def timed(self):
        """Note how long the block takes."""
        began, used = time.perf_counter(), os.times()
        yield
        spent = time.perf_counter() - began
        now = os.times()
        self.note(seconds=spent, per_second=self.things / spent, cpu_seconds=now[0] + now[1] - used[0] - used[1])


class Payouts(Job):
    """Drawn up by one person and approved by another."""

    name, title = "payouts", f"Payout batch of {PARTNERS:,} partners, {ENTRIES:,} ledger entries"

    def prepare(self):
        scale = min(1.0, self.options.tickets / 1_000_000)
        self.things = max(2, int(PARTNERS * scale))
        self.partners = [payable.payable_partner(slug=f"bench-{new_uid()}") for _n in range(self.things)]
        self.maker, self.approver = self.world.staff(), self.world.staff()
        sales = [self._sale(one, n) for n in range(ENTRIES // PARTNERS // 2) for one in self.partners]
        for start in range(0, len(sales), PART):
            ledger.post_all(sales[start : start + PART])
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE partners_transfer, partners_entry, partners_balance, partners_partner")

    def _sale(self, partner: Partner, number: int) -> ledger.Posting:
        amount, at = 100, timezone.now() - timedelta(days=30)
        lines = [
            ledger.Line(Account.CASH, debit=amount),
            ledger.Line(Account.PARTNER_PAYABLE, credit=amount, partner=partner),
        ]
        return ledger.Posting(Kind.SALE, f"bench:{partner.uid}:{number}", "INR", lines, at=at)

    def round(self):
        if self.rounds:
            return
        with self.timed():
            self.batch = payouts.create(partners=self.partners, by=self.maker)
            payouts.approve(self.batch, by=self.approver)

    def wrong(self):
        paid = self.batch.payouts.exclude(status="draft").exclude(status="discarded").count()
        left = sum(payable.owed(one) != 0 for one in self.partners[:50])
        books = sum(entry.credit - entry.debit for entry in Entry.objects.only("credit", "debit").iterator())
        return {"lost": self.things - paid, "still_owed": left, "books_off": int(books != 0)}


class Waitlist(Job):
    """As many places as people become free at once."""

    name, title = "waitlist", f"{WAITING:,} promotions from the waitlist"

    def prepare(self):
        self.things = int(WAITING * min(1.0, self.options.tickets / 1_000_000))
        self.event = self.world.event(places=1)
        kind, password = self.event.ticket_types.get(), make_password("secret")
        names = [f"waits{self.event.pk}-{number}" for number in range(self.things)]
        people = [User(email=f"{n}@example.com", username=n, full_name=n, password=password) for n in names]
        people = User.objects.bulk_create(people, batch_size=PART)
        one = {"event": self.event, "ticket_type": kind, "qty": 1, "unit_price": 0, "status": "waitlisted"}
        Booking.objects.bulk_create((Booking(user=user, **one) for user in people), batch_size=PART)
        room = {"waitlisted_count": self.things, "capacity": self.things}
        Event.objects.filter(pk=self.event.pk).update(**room)

    def round(self):
        if self.rounds:
            return
        with self.timed(), override_settings(CELERY_TASK_ALWAYS_EAGER=False):
            while Booking.objects.filter(event=self.event, status="waitlisted").exists():
                tasks.promote_waitlists(self.event.pk)

    def wrong(self):
        event = Event.objects.get(pk=self.event.pk)
        confirmed = Booking.objects.filter(event=event, status="confirmed").count()
        oversold = max(0, event.tickets.exclude(status="cancelled").count() - event.capacity)
        return {
            "oversold": oversold,
            "lost": self.things - confirmed,
            "broken_rules": len(invariants.broken(event)),
        }


SCENARIOS = (Payouts, Waitlist)
