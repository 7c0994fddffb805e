"""The door: tickets are used, each once."""

import json
from collections.abc import Iterator

from django.db.models import Max

from bench.load import Request, bearer
from bench.scenario import Goal, HttpScenario
from bookings.models import Scan, Ticket

TICKETS = 400_000
ASKED = 100_000  # of them are for requests, all others for pgbench: each is used once, for a second use costs less

SQL = """
\\set n :n + :step
BEGIN;
UPDATE bookings_ticket SET status = 'used', used_at = now(), used_by_id = :staff, used_gate = 'A', updated_at = now()
  WHERE id = :first + :n + :client_id AND status = 'valid';
INSERT INTO bookings_scan (uid, created_at, updated_at, event_id, ticket_id, by_id, gate, code_hash, verdict,
  is_offline, was_let_in, scanned_at, undo_reason)
  SELECT gen_random_uuid(), now(), now(), event_id, id, :staff, 'A', md5(id::text), 'admitted', false, false, now(), ''
  FROM bookings_ticket WHERE id = :first + :n + :client_id;
COMMIT;
"""


class Checkin(HttpScenario):
    """Each request uses another ticket of many events, through contract 001."""

    name, title = "checkin", "Check-in of tickets, beside pgbench and beside the plain implementation"
    goals = (Goal("of_limit", 0.17, 0.25),)
    limit_sql, has_floor = SQL, True

    def prepare(self):
        self.world.have(events=1000, tickets=TICKETS)
        self.staff = self.world.administrator.pk
        valid = Ticket.objects.filter(status="valid", booking__idempotency_key__startswith="bulk-").order_by("pk")
        valid = valid.exclude(event__state="cancelled")
        rows = list(valid.values_list("pk", "ticket_code")[: min(ASKED, valid.count() // 2)])
        self.codes = iter([code for _pk, code in rows])  # shared by all rounds and clients
        self.first = rows[-1][0] + 1
        self.told = 0

    def limit_names(self):
        used = Ticket.objects.filter(pk__gte=self.first, status="used").aggregate(last=Max("pk"))["last"]
        return {"first": used or self.first, "n": 0, "step": self._clients, "staff": self.staff}

    def ask(self, client: int) -> Iterator[Request]:
        headers = bearer(self.world.staff_token)
        for code in self.codes:
            yield Request("POST", "/api/admin/scanners/checkin", headers, json.dumps({"code": code, "gate": "A"}))

    def used_by(self, ask, clients=0, rate=0.0):
        result, used = super().used_by(ask, clients, rate)
        self.told += result.statuses[200]
        return result, used

    def wrong(self):
        """Tickets that people were let in with, but that are not used; scans of one ticket that were let in twice."""
        admitted = Scan.objects.filter(by=self.staff, verdict="admitted", gate="A")
        real = admitted.exclude(ticket__pk__gte=self.first)
        return {
            "lost": max(0, self.told - real.filter(ticket__status="used").count()),
            "duplicates": real.count() - real.values("ticket").distinct().count(),
        }


SCENARIOS = (Checkin,)
