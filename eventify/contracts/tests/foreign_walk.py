"""The walk of the suite of foreign ids: every route of the contracts, asked by every visitor about every owner.

The routes come from the URL map. An answer is judged by four rules: who may not gets 401, 403 or 404; nothing is a
server error; no answer says a word or an id of a stranger; and whoever is refused leaves every table as it was, which
the statements and PostgreSQL's own counters say.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, get_resolver

from accounts import bans, sessions
from eventify.contracts.crewli.tests import bodies as crewli_bodies
from eventify.contracts.tests.foreign_table import (
    ANYBODY,
    BODIES,
    NAMES_A_ROW,
    REACH,
    SESSION,
    TOKENS,
    UPLOADS,
    crewli_body,
    may,
)
from eventify.contracts.tests.foreign_world import OWNERS, SECRET, ForeignWorld, digest, digests
from eventify.lib.ids import from_ulid, to_ulid
from eventify.tests.page_world import CALLERS, WORDS, A, B, Caller
from partners.tests.papers import picture

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED = {401, 403, 404}
HEADERS = {"content-security-policy", "x-content-type-options", "referrer-policy"}  # of every answer
DRAFT = "draft"  # stands for an owner: an event that is not published, of the owner B
# What a request of somebody who is refused may write all the same, and why.
MAY_WRITE = {
    "accounts_session": "When the session was used last.",
    "accounts_user": "When the account was used last.",
    "accounts_devicetoken": "When the device was used last.",
}
_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_ULID = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")
_PARAMETER = re.compile(r"\(\?P<(\w+)>[^)]*\)")
_WRITTEN = """SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
    WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND schemaname = current_schema()"""  # not the copies in another one
_WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')
_addresses = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in count(1))  # no limit counts two cases together


class Route(NamedTuple):
    """A route and a method of a contract."""

    contract: str
    method: str
    path: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def __str__(self):
        return f"{self.contract}: {self.name}"

    @property
    def places(self) -> list[tuple[str, str]]:
        """(parameter, the word before it) of each id in the address."""
        parts = self.path.replace("v1/admin/users", "v1/admin/staff").split("/")
        return [(one[1:-1], parts[n - 1]) for n, one in enumerate(parts) if one.startswith("<")]

    @property
    def is_about_an_owner(self) -> bool:
        return bool(self.places) or self.name in NAMES_A_ROW


class Target(NamedTuple):
    """Whose row each place of the address names; one owner for an address without ids ("": nobody's)."""

    owners: tuple[str, ...]

    @property
    def owner(self) -> str:
        """Whose things all of it is about; "mixed" when the row of one is asked for below another's."""
        return self.owners[0] if len(set(self.owners)) == 1 else "mixed"


@dataclass
class Walked:
    """What became of a visitor's walk."""

    wrong: list[str] = field(default_factory=list)
    statuses: Counter = field(default_factory=Counter)  # (whether they may, hundreds of the status) -> cases
    reached: set[Route] = field(default_factory=set)  # answered 2xx about one's own

    @property
    def cases(self) -> int:
        return self.statuses.total()


@cache
def routes() -> tuple[Route, ...]:
    """Every route and method of every contract in the URL map."""
    found = set()
    for pattern in _patterns(get_resolver("eventify.urls")):
        view = getattr(pattern.callback, "view_class", pattern.callback)
        module = view.__module__.split(".")
        if module[:2] == ["eventify", "contracts"]:
            path = _PARAMETER.sub(r"<\1>", str(pattern.pattern)).removeprefix("^").removesuffix("/?$")
            methods = [one for one in METHODS if hasattr(view, one.lower())] or ["GET"]  # functions are read
            found |= {Route(module[2], one, path) for one in methods}
    return tuple(sorted(found))


def _patterns(resolver):
    for one in resolver.url_patterns:
        if isinstance(one, URLPattern):
            yield one
        else:
            yield from _patterns(one)


def targets(route: Route, caller: Caller) -> list[Target]:
    """Whose rows the visitor asks for. Whoever is inside also tries a stranger's row below what is their own."""
    places = len(route.places) or 1
    if not route.is_about_an_owner:
        return [Target(("",))]
    found = [Target((owner,) * places) for owner in OWNERS]
    if caller.works_for or caller.volunteers_at or caller.name == "Super Admin":
        found += [Target((A,) * n + (B,) + (A,) * (places - n - 1)) for n in range(places) if places > 1]
    if route.contract in ("evient", "evently") and route.places and is_public(route):
        found.append(Target((DRAFT,)))
    return found


def is_public(route: Route) -> bool:
    """Whether it is about events that anybody may see, or may book."""
    return any(word in ("events", DRAFT) for _place, word in route.places) and "/admin/" not in f"/{route.path}"


def is_known(route: Route, world: ForeignWorld) -> bool:
    """Whether the world has a row for every id in the address."""
    if route.contract == "crewli":
        return all(hasattr(world.crew[A], place) for place, _word in route.places)
    return all(word in world.rows[A] for _place, word in route.places)


# --- Asking -------------------------------------------------------------------------------------------


class Asker:
    """A visitor with their tokens."""

    def __init__(self, world: ForeignWorld, name: str):
        self.world, self.caller, self.client = world, CALLERS[name], Client(raise_request_exception=False)
        self.headers, self.device = {}, {}
        if name != "nobody":
            self._log_in(name)
        self.digests, self.counts, self.stated = digests(), written(), set()

    def written_since(self) -> set[str]:
        """The tables that were written to since the last time, but those of MAY_WRITE."""
        before, self.counts = self.counts, written()
        counted = {table for table, rows in self.counts.items() if rows != before.get(table, 0)}
        stated, self.stated = self.stated, set()
        return (counted | stated) - MAY_WRITE.keys()

    def note(self, execute, sql, params, many, context):
        """Wraps each statement: what it says that it writes to is remembered."""
        self.stated |= set(_WRITES.findall(str(sql))) & self.digests.keys()
        return execute(sql, params, many, context)

    def _log_in(self, name: str) -> None:
        user = self.world.users[name]
        self.headers = {"Authorization": f"Bearer {sessions.start(user)[1]}", "Idempotency-Key": f"key-{user.pk}"}
        self.device = {"token": sessions.new_device_token(user), "username": user.username}
        if name == "banned":
            bans.ban(user, reason="spam", by=self.world.admin)

    def ask(self, route: Route, target: Target):
        """The response."""
        address, body = self.address(route, target), self.body(route, target)
        options = {"headers": self.headers, "REMOTE_ADDR": next(_addresses)}
        if route.name in UPLOADS:
            return self.client.post(address, body, **options)
        if route.method == "GET":
            return self.client.get(address, body, **options)
        sent = json.dumps(body)
        return self.client.generic(route.method, address, sent, content_type="application/json", **options)

    def address(self, route: Route, target: Target) -> str:
        address = route.path
        for (place, word), owner in zip(route.places, target.owners, strict=False):
            address = address.replace(f"<{place}>", self._id(route, place, word, owner), 1)
        return f"/{address}"

    def _id(self, route: Route, place: str, word: str, owner: str) -> str:
        if route.contract == "crewli":
            unused = crewli_bodies.UNUSED.get(route.name.replace("api/v1/", ""), {})
            row = getattr(self.world.crew[owner], unused.get(place, place))
            return row if isinstance(row, str) else to_ulid(row.uid)
        row = self.world.rows[B]["drafts"] if owner == DRAFT else self.world.rows[owner][word]
        return str(row.pk if route.contract == "evently" or word == "banners" else row.uid)

    def body(self, route: Route, target: Target) -> dict:
        """What is sent, with the ids of the first owner of the target (of the visitor's own, where there is none)."""
        owner = target.owners[0] if target.owners[0] in OWNERS else A
        if route.contract == "crewli":
            return crewli_body(route.name, self.world.crew[owner], self.caller)
        if route.name in UPLOADS:
            return {"type": "PAN", "file": SimpleUploadedFile("scan.png", picture())}
        body = filled(BODIES.get(route.name, {}), route.contract, self.world.rows[owner])
        return body | self.device if route.contract == "eventify_plus" else body


def filled(body, contract: str, rows: dict):
    """The body with ids where it names rows: "documents" is the document's id, "tickets.ticket_code" its code."""
    if isinstance(body, dict):
        return {name: filled(value, contract, rows) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(one, contract, rows) for one in body]
    word, _dot, attribute = body.partition(".") if isinstance(body, str) else ("", "", "")
    if word not in rows:
        return body
    by_number = contract in ("evently", "eventify_plus")
    found = getattr(rows[word], attribute or ("pk" if by_number else "uid"))
    return found if by_number or attribute else str(found)


# --- Judging ------------------------------------------------------------------------------------------


def walk(world: ForeignWorld, name: str, only=None) -> Walked:
    """Ask every route (those that `only` says yes to) as this visitor; whatever a request changes is taken back."""
    asker, walked = Asker(world, name), Walked()
    chosen = [route for route in routes() if only is None or only(route)]
    cases = [(route, target) for route in chosen for target in targets(route, asker.caller)]
    with connection.execute_wrapper(asker.note):
        for route, target in cases:
            with transaction.atomic():
                problems = judge(asker, route, target, walked)
                transaction.set_rollback(True)
            walked.wrong += [f"{name}, {route}, rows of {'+'.join(target.owners)}: {one}" for one in problems]
    return walked


def judge(asker: Asker, route: Route, target: Target, walked: Walked) -> list[str]:
    """What is wrong with the answer to one case."""
    response = asker.ask(route, target)
    touched = asker.written_since()
    allowed = is_allowed(asker.caller, route, target)
    walked.statuses[allowed, response.status_code // 100] += 1
    problems = [f"{response.status_code} ({allowed=})"] if is_wrong(response, route, allowed, asker.caller) else []
    if allowed and 200 <= response.status_code < 300 and route.is_about_an_owner:
        walked.reached.add(route)
    problems += [f"says no {header}" for header in HEADERS - {one.lower() for one in response.headers}]
    if not allowed:
        problems += [f"changed {table}" for table in sorted(touched) if asker.digests.get(table, "") != digest(table)]
    return problems + [f"shows {found}" for found in shown(asker, route, target, response)]


def is_allowed(caller: Caller, route: Route, target: Target) -> bool:
    """Whether the table gives the visitor what they ask for. What is mixed, or a draft to the public, is not there."""
    if target.owner == "mixed" or target.owner == DRAFT:
        return False
    return may(route.contract, route.name, caller, target.owner)


def is_wrong(response, route: Route, allowed: bool, caller: Caller) -> bool:
    """Whether the status is none that the contracts decide for who may, or may not."""
    if response.status_code >= 500 or route.name in TOKENS:
        return response.status_code >= 500
    if allowed:
        return response.status_code in (401, 403, 404) and not is_about_a_password(response)
    without = {401, 404} | ({400} if route.contract == "eventify_plus" else set())  # 003: no token at all is 400
    return response.status_code not in (REFUSED if caller.is_in else without)


def is_about_a_password(response) -> bool:
    """A log-in with an empty body is refused by its fields (422, 400) or its words (401): that is for everybody."""
    return response.status_code == 401 and response.wsgi_request.path.rstrip("/").endswith(("login", "refresh"))


def shown(asker: Asker, route: Route, target: Target, response) -> set[str]:
    """The words and ids of strangers in the answer. Of what is published, only what is secret counts."""
    if route.name in TOKENS:
        return set()
    text, found = body_of(response).lower(), set()
    for owner in asker.caller.strangers:
        word = f"{WORDS[owner]}-{SECRET}" if is_everybodys(route) else WORDS[owner]
        found |= {word} if word.lower() in text else set()
        found |= uids_in(text) & asker.world.uids.get(owner, set())
    return found and found - uids_in(asker.address(route, target) + json.dumps(asker.body(route, target), default=str))


def is_everybodys(route: Route) -> bool:
    """Whether what is published is part of the answer: the routes without a permission."""
    return REACH[route.contract].get(route.name) in (ANYBODY, SESSION)


def body_of(response) -> str:
    return (response.getvalue() if response.streaming else response.content).decode(errors="replace")


def uids_in(text: str) -> set[str]:
    """The ids in a text, as UUIDs; a ULID is another spelling of one."""
    return {*_UID.findall(text.lower()), *map(_uid_of, _ULID.findall(text.upper()))}


def _uid_of(text: str) -> str:
    try:
        return str(from_ulid(text))
    except ValueError:  # letters that only look like one
        return ""


def written() -> dict[str, int]:
    """table -> rows that this transaction has written into it so far, those that were taken back included."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN)
        return dict(cursor.fetchall())
