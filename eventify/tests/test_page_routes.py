"""Every page with every kind of visitor: who gets in, who is sent to log in, who is refused (403), and to whom it is
not there (404). The walk is made of the URL map, so a new page is asked, too; the API has tests of its own.
"""

from collections import Counter
from itertools import product

import pytest
from django.db import connection, transaction

from accounts import explaining
from accounts.tests.coming_in import log_in
from eventify.tests.page_table import (
    ABOUT_ONESELF,
    BOUGHT,
    ELSEWHERE,
    PUBLIC,
    WORKED,
    answer_of,
    expected,
    expected_of_get,
    model_of,
    routes,
    targets,
)
from eventify.tests.page_world import CALLERS
from partners import explaining_pages as pages

EVERY_CALLER = pytest.mark.parametrize("name", CALLERS)
SENT = {"reason": "because", "digest": "x", "name": "Changed", "status": "Active", "next": "/"}
# A page about money, papers, roles or security that wants a fresh proof of who one is.
NEEDS_PROOF = {
    "account-address",
    "account-data",
    "account-erase",
    "account-recovery-codes",
    "account-two-factor",
    "account-two-factor-begin",
    "account-two-factor-off",
    "desk-document",
    "desk-event-cancel",
    "desk-event-refund",
    "desk-kyc",
    "desk-order-give",
    "desk-order-refund",
    "desk-order-tickets",
    "desk-partner-terms",
    "desk-payout-approve",
    "desk-payout-discard",
    "desk-payout-draw-up",
    "desk-payout-executed",
    "desk-payout-file",
    "desk-payout-refused",
    "desk-refund-again",
    "desk-role-delete",
    "desk-role-describe",
    "desk-role-new",
    "desk-role-permissions",
    "desk-role-two-factor",
    "desk-staff-invite",
    "desk-staff-invite-again",
    "desk-staff-revoke",
    "desk-staff-role-change",
    "desk-user-data",
    "desk-user-erase",
    "desk-user-reset-2fa",
    "desk-webhook-replay",
    "partner-bank",
    "partner-key-new",
}
POLICY = ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action", "frame-ancestors 'none'")
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY"}
NO_TOKEN = {"sandbox/pay/<uuid:reference>/", "webhooks/payments/<slug:name>/", "metrics"}  # no browser sends to these


class Writes:
    """Counts what is written into the database."""

    def __init__(self):
        self.found: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        if str(sql).lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            self.found.append(str(sql)[:80])
        return execute(sql, params, many, context)

    def taken(self) -> list[str]:
        """What was written since the last time."""
        found, self.found = self.found, []
        return found


@pytest.fixture
def writes(world):
    counted = Writes()
    with connection.execute_wrapper(counted):
        yield counted


@pytest.fixture(scope="module")
def cases(whole_world) -> list:
    """(route, target) of every page and everything that it can be about."""
    return [(route, target) for route in routes() if route.kind != "public" for target in targets(route, whole_world)]


def text_of(response) -> str:
    body = response.getvalue() if response.streaming else response.content
    return body.decode(errors="replace")


def headers_lacking(response) -> list[str]:
    """What a page must say to the browser, and this one does not: above all that no script of the page itself runs."""
    said = response.headers
    policy = said.get("Content-Security-Policy", "")
    lacking = [name for name, value in HEADERS.items() if said.get(name) != value]
    is_strict = "'unsafe" not in policy and all(part in policy for part in POLICY)
    return lacking if is_strict else [*lacking, "strict policy"]


def is_asked(response) -> bool:
    """Whether the answer asks the person to prove who they are."""
    is_led = response.headers.get("Location", "").startswith("/account/confirm/")
    return is_led or (response.status_code == 403 and "step_up_password" in text_of(response))


def test_every_page_is_known_and_has_an_address(world):
    said, problems = set(PUBLIC) | set(ABOUT_ONESELF) | set(BOUGHT) | set(WORKED), []
    for route in routes():
        if not route.kind:
            problems.append(
                f"{route} is no page of the command center or of a partner. Say in page_table.py what it is: "
                "PUBLIC with the reason, ABOUT_ONESELF, BOUGHT or WORKED."
            )
        elif "<uuid:uid>" in route.path and route.kind != "public" and model_of(route, world) is None:
            problems.append(f"{route} names a row by its uid. Say in page_table.NAMED what kind of row it is.")
        elif not targets(route, world):
            problems.append(f"{route}: page_world.World makes no row of {model_of(route, world)} yet. Make one there.")
        said.discard(route.path)
    assert problems == []
    assert said == set()  # nothing is declared that is not there
    assert all(ELSEWHERE.values()) and all(PUBLIC.values())


@EVERY_CALLER
def test_who_gets_in(world, cases, name):
    """Also: what anybody is shown, in refusals too, names nothing of owners for whom they do not work."""
    caller, client, wrong = CALLERS[name], world.client(name), []
    traces = [trace for owner in caller.strangers for trace in world.traces_of(owner)]
    for route, target in cases:
        response = client.get(target.url)
        answer, right = answer_of(response), expected_of_get(route, caller, target)
        text = text_of(response) if traces else ""
        leaks = [trace for trace in traces if trace not in target.url and trace in text]
        lacking = headers_lacking(response)
        if answer not in right or leaks or lacking:
            wrong.append(f"{route}, {target.url}: {answer}, not {right}; shows {leaks}; says no {lacking}")
    assert not wrong, "\n".join(wrong)


NOT_TOLD = {"orders/"}  # who has no account may have a guest's orders there
# What is said of why a page does not open -> what opening it must answer.
SAID = {None: "in", "forbidden": 403, "not_found": 404, "unauthenticated": "login", "two_factor_required": "set-up"}


@pytest.mark.parametrize("name", ["Finance", "org_admin of A", "two-factor is lacking", "nobody"])
def test_why_it_does_not_open_is_what_opening_it_says(world, cases, name):
    """Of every page that can be asked about: those of the command center, of partners, and without an id. A page that
    looks for its row when it is run is not told, but for the role that it needs."""
    caller, user, wrong = CALLERS[name], world.users.get(name), []
    for route, target in cases:
        if (route.kind not in ("desk", "partner") and "<" in route.path) or route.path in NOT_TOLD:
            continue
        right = expected(route, caller, target)
        said = explaining.explain(pages.ACTION, target.url, asker=user, by=user, said={}, is_fresh=True)
        is_a_row = "<uuid:uid>" in route.path and right <= {"in", 404}
        if SAID.get(said.code) not in right and not (is_a_row and said.code == "invalid"):
            wrong.append(f"{route}, {target.url}: {said.code} ({said.sentence}), not {right}")
    assert not wrong, "\n".join(wrong)


@EVERY_CALLER
def test_who_is_refused_changes_nothing(world, cases, writes, name):
    """And is told nothing of owners for whom they do not work."""
    caller, client, wrong = CALLERS[name], world.client(name), []
    traces = [trace for owner in caller.strangers for trace in world.traces_of(owner)]
    for route, target in cases:
        right = expected(route, caller, target)
        if "in" in right:
            continue
        if not hasattr(route.view, "post"):
            right = right | {405}  # a page that nobody sends anything to may say just that
        writes.taken()
        response = client.post(target.url, SENT)
        answer, written, text = answer_of(response), writes.taken(), text_of(response) if traces else ""
        leaks = [trace for trace in traces if trace not in target.url and trace in text]
        if answer not in right or written or leaks:
            wrong.append(f"{route}, {target.url}: {answer}, not {right}; wrote {written}; shows {leaks}")
    assert not wrong, "\n".join(wrong)


def test_what_is_written_is_noticed(world, writes):
    """The control of the test above: a button of somebody who may press it writes."""
    world.client("outsider").post("/command-center/notifications/read/")
    assert [sql for sql in writes.taken() if sql.startswith('UPDATE "accounts_notification"')]


def test_no_form_is_taken_from_another_site(world, writes):
    """Without its token a form is refused (403) before anything else, whoever sends it."""
    clients = [world.client(name, enforce_csrf_checks=True) for name in ("Super Admin", "org_admin of A", "nobody")]
    wrong = []
    for route in routes():
        if route.path in NO_TOKEN:
            continue
        for client, target in product(clients, targets(route, world)[:1]):
            writes.taken()
            status, written = client.post(target.url, SENT).status_code, writes.taken()
            if status != 403 or written:
                wrong.append(f"{route}: {status}; wrote {written}")
    assert not wrong, "\n".join(wrong)


def test_which_pages_want_a_fresh_proof(world, cases, writes):
    """Who came in long ago is asked who they are before money, papers, roles and security; others go on."""
    asked = set()
    for name in ("Super Admin", "org_admin of A"):
        client = world.client(name)
        log_in(client, world.users[name], fresh=False)
        for route, target in cases:
            if expected(route, CALLERS[name], target) != {"in"}:
                continue
            writes.taken()
            with transaction.atomic():
                response = client.post(target.url, SENT) if route.is_button else client.get(target.url)
                transaction.set_rollback(True)
            assert response.status_code < 500, route
            if is_asked(response):
                asked.add(str(route))
                assert not writes.taken(), route
    assert asked == NEEDS_PROOF


def test_how_much_is_walked(cases):
    """The numbers, for who wants to quote them: `pytest eventify/tests/test_page_routes.py -k how_much -rP`."""
    kinds = Counter(route.kind for route in routes())
    rights = [expected(route, caller, target) for caller in CALLERS.values() for route, target in cases]
    answers = Counter(" or ".join(sorted(str(one) for one in right)) for right in rights)
    print(
        f"{sum(kinds.values())} pages {dict(kinds)}; {len(cases)} addresses x {len(CALLERS)} visitors = {len(rights)}"
    )
    print(f"Right answers: {dict(answers)}; {len(rights) - answers['in']} refused forms; {len(NEEDS_PROOF)} want proof")
    assert kinds["desk"] > 60 and kinds["partner"] > 10 and len(rights) > 2500
