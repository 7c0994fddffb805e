"""GET /api/v1/explain: the sentence, what it tells whom, and what it costs."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from accounts import sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, User
from accounts.tests.racing import errors, good, race
from analytics import explaining
from bookings.models import Order
from bookings.tests.scenes import buy, scene
from eventify.lib.preview import Busy
from events.locking import lock_one
from events.models import Event
from partners.factories import PartnerFactory
from partners.tests.money import rich_partner

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/explain"


def ask(by: User | None, **said):
    headers = {"Authorization": f"Bearer {sessions.start(by)[1]}"} if by else {}
    return Client(headers=headers).get(URL, said)


def test_the_whole_body():
    user, (event, kind) = UserFactory(), scene(capacity=1)
    said = {"action": "book", "object": str(kind.uid)}
    free = ask(user, **said).json()
    nothing = dict.fromkeys(("kind", "code", "rule", "fix"))
    assert free == {"data": {**said, "allowed": True, "sentence": "Nothing stands in the way.", "facts": {}, **nothing}}
    buy(UserFactory(), kind)
    response = ask(user, **said)
    assert (response.status_code, response.json()) == (200, {"data": {
        **said,
        "allowed": False,
        "sentence": f"{event.name}, General admission is sold out.",
        "kind": "limit",
        "code": "sold_out",
        "rule": "sold_out",
        "facts": {"left": 0, "asked": 1},
        "fix": {"sentence": "Join the waitlist on the event's page.", "url": f"/e/{event.slug}/#waitlist"},
    }})  # fmt: skip


@pytest.mark.parametrize(
    ("said", "status", "errors_at"),
    [
        ({}, 422, "action"),
        ({"action": "fly", "object": "x"}, 422, "action"),
        ({"action": "book"}, 422, "object"),
        ({"action": "book", "object": "x" * 301}, 422, "object"),
        ({"action": "book", "object": "\x00"}, 422, "object"),
        ({"action": "book", "object": "no id"}, 404, None),
        ({"action": "book", "object": "EVENT", "quantity": "many"}, 422, "quantity"),
        ({"action": "refund", "object": "EVENT", "amount": "ten"}, 422, "amount"),
        ({"action": "book", "object": "EVENT", "seats": "A-1\x00"}, 422, "seats"),
        ({"action": "book", "object": "EVENT", "seats": "A-1," * 501}, 422, "seats"),
        ({"action": "book", "object": "EVENT", "types": "A-1:2"}, 422, "types"),
        ({"action": "book", "object": "EVENT", "for": "EVENT"}, 403, None),
        ({"action": "open_page", "object": "no path"}, 404, None),
        ({"action": "open_page", "object": "/api/v1/explain"}, 200, None),
    ],
)
def test_what_cannot_be_asked(said, status, errors_at):
    event, _kind = scene()
    said = {name: str(event.uid) if value == "EVENT" else value for name, value in said.items()}
    response = ask(UserFactory(), **said)
    assert response.status_code == status, response.json()
    assert list(response.json().get("errors", {})) == ([errors_at] if errors_at else [])


def test_without_a_token_nothing_is_said():
    assert ask(None, action="book", object=str(scene()[1].uid)).status_code == 401


def test_staff_ask_for_somebody_else_and_it_is_written_down():
    admin, user, (_event, kind) = SuperAdminFactory(), UserFactory(), scene()
    order = buy(user, kind)
    said = {"action": "refund", "object": str(order.uid), "for": str(user.uid)}
    data = ask(admin, **said).json()["data"]
    assert (data["allowed"], data["kind"], data["rule"]) == (False, "role", "permission")
    line = AuditLog.objects.get(action="ASKED_WHY_NOT")
    assert (line.actor, line.target_uid) == (admin, user.uid)
    assert line.details == {"question": "refund", "object": str(order.uid), "allowed": False, "rule": "permission"}
    ask(admin, **{**said, "for": str(admin.uid)})
    assert ask(admin, **{**said, "for": str(order.uid)}).status_code == 404
    assert AuditLog.objects.filter(action="ASKED_WHY_NOT").count() == 1
    User.objects.filter(pk=user.pk).update(banned_at=order.created_at)
    assert ask(admin, **said).json()["data"]["rule"] == "banned"


def test_money_wants_a_fresh_proof_when_nothing_else_is_in_the_way():
    rich, poor = rich_partner(), PartnerFactory()
    session, token = sessions.start(SuperAdminFactory())[:2]
    client = Client(headers={"Authorization": f"Bearer {token}"})

    def rule(partner):
        return client.get(URL, {"action": "draw_up_payout", "object": str(partner.uid)}).json()["data"]["rule"]

    assert [rule(rich), rule(poor)] == [None, "no_bank_account"]
    type(session).objects.filter(pk=session.pk).update(confirmed_at=None)
    assert [rule(rich), rule(poor)] == ["step_up_required", "no_bank_account"]


def test_too_many_questions(settings):
    settings.EVENTIFY_RATE_LIMITS = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "explain": (2, 60)}
    user, (_event, kind) = UserFactory(), scene()
    said = {"action": "book", "object": str(kind.uid)}
    assert [ask(user, **said).status_code for _time in range(3)] == [200, 200, 429]
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "explain": (9, 60), "explain_row": (3, 60)}
    assert [ask(UserFactory(), **said).status_code for _time in range(2)] == [
        200,
        429,
    ]  # the one thing, by all together


def queries(by, said) -> int:
    client = Client(headers={"Authorization": f"Bearer {sessions.start(by)[1]}"})
    client.get(URL, said)
    with connection.execute_wrapper(counter := Counter()):
        assert client.get(URL, said).status_code == 200
    return counter.asked


class Counter:
    asked = 0

    def __call__(self, execute, sql, params, many, context):
        self.asked += 1
        return execute(sql, params, many, context)


@pytest.mark.parametrize("places", [1, 3])
def test_the_number_of_queries_does_not_grow(places):
    user, (_event, kind) = UserFactory(), scene(capacity=5)
    for _order in range(places):
        buy(user, kind)
    order = buy(UserFactory(), kind, qty=1)
    counted = [
        queries(user, {"action": "book", "object": str(kind.uid)}),
        queries(order.user, {"action": "cancel", "object": str(order.uid)}),
        queries(user, {"action": "open_page", "object": "/command-center/events/"}),
    ]
    assert counted == [8, 22, 4]


def test_a_question_waits_for_nobody_and_holds_nobody_up():
    """While somebody holds the event, who asks is told to come back; who buys meanwhile just buys."""
    event, kind = scene(capacity=50, seating=Event.Seating.AUTOMATIC)
    users = UserFactory.create_batch(10)
    said = {"action": "book", "object": str(kind.uid)}

    def question(user):
        return explaining.answer(said, asker=user, address="10.0.0.1", is_fresh=True)[1]

    with transaction.atomic():
        lock_one(event)
        assert len(errors(race(lambda: question(users[0])), Busy)) == 1
    asked = [lambda user=user: question(user) for user in users[:5]]
    bought = [lambda user=user: buy(user, kind) for user in users[5:]]
    results = race(*asked, *bought)
    answers = [one for one in good(results) if not isinstance(one, Order)]
    assert len(good(results)) == len(results) - len(errors(results, Busy)) and all(one.allowed for one in answers)
    assert Order.objects.count() == len(bought)
    event.refresh_from_db()
    assert event.booked_count == len(bought)  # the questions have taken nothing


def test_the_document_names_every_action_and_input():
    text = (Path(settings.BASE_DIR) / "eventify/contracts/platform/CONTRACT.md").read_text().partition("## Why not?")[2]
    rows = dict(re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", text.partition("| action |")[2], re.MULTILINE))
    said = {name: set(re.findall(r"`(\w+)` \(", inputs)) - {"A"} for name, inputs in rows.items()}
    said["review_paper"].add("reason")
    assert said == {one.id: {part.name for part in one.inputs} for one in explaining.ACTIONS.values()}
