"""The walk of the door's API: every route of /door/api/, asked by every kind of device with every door's ids.

The routes come from the URL map. Three events with a phone each, two of them of one organisation, and a second phone
at the first one's door. An answer is judged by five rules: who may not gets 401; nothing is a server error; what is of
another event lets nobody in, and a scan of another phone is not there; nothing is written but into rows of the own
door; and no answer says a word, an id or a code of another event.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from accounts import bans, roles, sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.tests.coming_in import log_in
from bookings.door import api, codes, devices, scanning
from bookings.models import Device, DoubleAdmission, Scan, Ticket
from bookings.tests.doors import LONG_AGO, START, said
from bookings.tests.scenes import book, scene
from eventify.contracts.tests.foreign_walk import written
from eventify.lib.wire import moment
from events.models import Event
from integrations import keys
from integrations.models import Fact
from partners.factories import PartnerFactory

ROOT = "door/api/"
A, PHONE, NEXT, B = "A", "other phone of A", "other event of A", "B"
WORDS = {A: "Quokka", PHONE: "Quokka", NEXT: "Numbat", B: "Wombat"}
ANYBODY, WORKING, DELIVERING = "anybody", "working", "delivering"
# Who may: a phone that may scan now; to deliver what was decided before, also one whose person may scan no more.
ROUTES = {
    "enrol": ("POST", ANYBODY),  # the code in the body is the right
    "event": ("GET", WORKING),
    "counts": ("GET", WORKING),
    "scan": ("POST", WORKING),
    "sync": ("POST", DELIVERING),
    "undo": ("POST", DELIVERING),
}
HERE = {"admitted", "used"}  # verdicts on a ticket of the own event
ELSEWHERE = {"wrong_event", "unknown"}
# Whoever is refused writes nothing; whoever may scan writes into these, and there only what is of their own door.
OWN = {
    Device: lambda row, door: row.pk == door.device.pk,
    Scan: lambda row, door: row.device_id == door.device.pk and row.event_id == door.event.pk,
    Ticket: lambda row, door: row.event_id == door.event.pk,
    DoubleAdmission: lambda row, door: row.event_id == door.event.pk,
    Fact: lambda row, door: row.partner_id == door.event.partner_id,
}


@dataclass
class Door:
    """A phone at an event, a good ticket, and one that this phone let in."""

    event: Event
    device: Device
    token: str
    code: str  # in the QR that enrolled it
    good: Ticket
    used: Ticket
    scan: UUID  # of the used one

    @property
    def secrets(self) -> set[str]:
        """What only its own event's phones may read."""
        letters = [one.ticket_code for one in (self.good, self.used)]
        ids = {str(one.uid) for one in (self.event, self.device, self.good, self.used)} | {str(self.scan)}
        return {*ids, *letters, *map(codes.hashed, letters), self.token}


class Asker(NamedTuple):
    """A kind of caller: which door it is at, and what it holds of WORKING and DELIVERING."""

    door: str
    holds: frozenset = frozenset()


ASKERS = {
    **{f"phone of {name}": Asker(name, frozenset({WORKING, DELIVERING})) for name in WORDS},
    "its person may scan no more": Asker(A, frozenset({DELIVERING})),
    "its person is banned": Asker(A),
    "revoked": Asker(A),
    "its event is over": Asker(A),
    "invited, with the code as a token": Asker(A),
    "access token of a Super Admin": Asker(A),
    "API key of A": Asker(A),
    "logged in as a Super Admin": Asker(A),
    "nobody": Asker(A),
}


class DoorWorld:
    """The doors, and the secret that each asker sends as a token."""

    def __init__(self):
        self.admin = SuperAdminFactory(full_name="Boss")
        self.role = roles.set_permissions(roles.create("Door", by=None), ["check_in"], by=None)
        partner, other = PartnerFactory(name="Quokka Ltd"), PartnerFactory(name="Wombat Ltd")
        event = self._event(partner, WORDS[A])
        events = {A: event, PHONE: event, NEXT: self._event(partner, WORDS[NEXT]), B: self._event(other, WORDS[B])}
        self.doors = {name: self._door(one, WORDS[name]) for name, one in events.items()}
        self.api_key = keys.make(partner, name="CRM", scopes=["feed:read"], by=self.admin).key

    def _event(self, partner, word: str) -> Event:
        return scene(capacity=100, partner=partner, name=f"{word} Night")[0]

    def _door(self, event: Event, word: str) -> Door:
        person = roles.assign(UserFactory(full_name=f"{word} Person"), self.role, by=None)
        row, code = devices.invite(event, by=person, name=f"{word} phone", gate=f"{word} gate")
        device, token = devices.enrol(code)
        Device.objects.filter(pk=row.pk).update(enrolled_at=LONG_AGO)
        good, used = book(event, UserFactory(full_name=f"{word} Guest"), 2).tickets.order_by("pk")
        scan = scanning.take(devices.of(token), said(used)).scan
        return Door(event, device, token, code, good, used, scan.client_uid)

    def token(self, asker: str) -> str:
        """What the asker has in its hand; those that were let down become so now."""
        door = self.doors[ASKERS[asker].door]
        change = {
            "its person may scan no more": lambda: roles.revoke(door.device.enrolled_by, by=self.admin),
            "its person is banned": lambda: bans.ban(door.device.enrolled_by, reason="spam", by=self.admin),
            "revoked": lambda: devices.revoke(door.device, by=self.admin),
            "its event is over": partial(_end, door.event),
        }
        change.get(asker, lambda: None)()
        tokens = {
            "invited, with the code as a token": lambda: devices.invite(door.event, by=self.admin, name="New")[1],
            "access token of a Super Admin": lambda: sessions.start(self.admin)[1],
            "API key of A": lambda: self.api_key,
            "logged in as a Super Admin": lambda: "",
            "nobody": lambda: "",
        }
        return tokens.get(asker, lambda: door.token)()

    def strangers(self, asker: str) -> list[Door]:
        """The doors of other events."""
        mine = self.doors[ASKERS[asker].door].event
        return [door for door in self.doors.values() if door.event.pk != mine.pk]


def _end(event: Event) -> None:
    long_ago = timezone.now() - devices.AFTER - timedelta(hours=1)
    Event.objects.filter(pk=event.pk).update(starts_at=long_ago - timedelta(hours=3), ends_at=long_ago)


@cache
def routes() -> set[str]:
    """The names of the routes under /door/api/ in the URL map."""
    return {route.removeprefix(ROOT).rstrip("/") for route in _paths(get_resolver("eventify.urls")) if ROOT in route}


def _paths(resolver, before: str = ""):
    for one in resolver.url_patterns:
        path = before + str(one.pattern)
        if hasattr(one, "url_patterns"):
            yield from _paths(one, path)
        else:
            yield path


# --- Asking -------------------------------------------------------------------------------------------


def bodies(route: str, door: Door) -> list[dict]:
    """What is sent about this door: its tickets by their letters and signed, its scan, its spent code."""
    offline = {"verdict": "admitted", "undone_at": moment(START), "undo_reason": "mistake"}
    return {
        "enrol": [{"code": door.code}, {"code": door.code, "client_uid": str(uuid4())}],
        "event": [{}, {"cursor": moment(START)}],
        "counts": [{}],
        "scan": [_scan(door.good.ticket_code), _scan(codes.payload(door.good)), _scan(door.used.ticket_code)],
        "sync": [
            {"scans": [_scan(door.good.ticket_code, verdict="admitted"), _scan(door.used.ticket_code, verdict="used")]},
            {"scans": [_scan(door.used.ticket_code, uid=door.scan, **offline)]},
        ],
        "undo": [{"client_uid": str(door.scan), "reason": "mistake"}],
    }.get(route, [{}])


def _scan(code: str, uid: UUID | None = None, **more) -> dict:
    return {"client_uid": str(uid or uuid4()), "code": code, "scanned_at": moment(START), **more}


class Walk:
    """One asker's requests; `wrong` says what was wrong with the answers."""

    def __init__(self, world: DoorWorld, asker: str):
        self.world, self.asker, self.kind = world, asker, ASKERS[asker]
        self.client, self.wrong, self.cases, self.reached = Client(raise_request_exception=False), [], 0, set()
        self.headers = {api.TOKEN: world.token(asker)}
        if asker == "access token of a Super Admin":
            self.headers["Authorization"] = f"Bearer {self.headers[api.TOKEN]}"
        if asker == "logged in as a Super Admin":
            log_in(self.client, world.admin)
        self.rows = {model: _rows(model) for model in OWN}

    def run(self) -> "Walk":
        """Ask every route about every door; whatever a request changes is taken back."""
        for route, (method, need) in ROUTES.items():
            for name, door in self.world.doors.items():
                for body in bodies(route, door):
                    with transaction.atomic():
                        problems = self._judge(route, method, need, name, body)
                        transaction.set_rollback(True)
                    self.cases += 1
                    self.wrong += [f"{self.asker}, {method} {route}, of {name}: {one}" for one in problems]
        return self

    def _judge(self, route: str, method: str, need: str, name: str, body: dict) -> list[str]:
        before, response = written(), self._ask(route, method, body)
        text, is_allowed = response.content.decode(), need in self.kind.holds
        problems = self._wrong_answers(route, name, response) if is_allowed else _wrong_refusal(response)
        if is_allowed and response.status_code == 200:
            self.reached.add(route)
        problems += self._wrong_writes({table for table, rows in written().items() if rows != before.get(table, 0)})
        sent, strangers = json.dumps(body), self.world.strangers(self.asker)
        secret = set().union(*({*one.secrets, one.event.name, one.device.name, one.device.gate} for one in strangers))
        return problems + [f"shows {one}" for one in sorted(secret) if one in text and one not in sent]

    def _ask(self, route: str, method: str, body: dict):
        path = f"/{ROOT}{route}/"
        if method == "GET":
            return self.client.get(path, body, headers=self.headers)
        return self.client.post(path, body, content_type="application/json", headers=self.headers)

    def _wrong_answers(self, route: str, name: str, response) -> list[str]:
        """What is wrong with the answer to a phone that may."""
        mine, theirs = self.world.doors[self.kind.door], self.world.doors[name]
        if route == "undo" and theirs is not mine:
            return [] if response.status_code == 404 else [f"{response.status_code}: a scan of another phone"]
        if response.status_code != 200:
            return [f"{response.status_code} {response.content[:80]}"]
        answer = response.json()
        verdicts = {one["verdict"] for one in answer.get("scans", [answer]) if "verdict" in one}
        expected = HERE if theirs.event.pk == mine.event.pk else ELSEWHERE
        return [] if verdicts <= expected else [f"{sorted(verdicts)} of another event"]

    def _wrong_writes(self, tables: set[str]) -> list[str]:
        """Rows of others that changed, or came into being; whoever may do nothing writes nothing at all."""
        models, found = {model._meta.db_table: model for model in OWN}, []
        door = self.world.doors[self.kind.door]
        for table in tables:
            changed = _changed(models[table], self.rows[models[table]]) if table in models else ["rows"]
            if not self.kind.holds or table not in models:
                found += [f"changed {table}"] if changed else []
            else:
                found += [f"changed {table} {one.pk}" for one in changed if not OWN[models[table]](one, door)]
        return found


def _wrong_refusal(response) -> list[str]:
    is_right = response.status_code == 401 and response.json().get("error") == "not_enrolled"
    return [] if is_right else [f"{response.status_code}, though it may not"]


def _rows(model) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT id, t::text FROM "{model._meta.db_table}" t')
        return dict(cursor.fetchall())


def _changed(model, before: dict[int, str]) -> list:
    """The rows that are new or not what they were; one that is gone counts as one of nobody's."""
    now = _rows(model)
    gone = [model(pk=pk) for pk in before.keys() - now.keys()]
    return gone + list(model.objects.filter(pk__in=[pk for pk, row in now.items() if row != before.get(pk)]))
