"""The request's id: in the answer, in the log, in the task; and the log without secrets."""

import json
import logging
import re
import sys

import pytest
from celery.app.trace import build_tracer
from django.db import transaction
from django.test import Client

from accounts.factories import UserFactory
from eventify.celery import app
from eventify.contracts.evently.tests.calling import Caller
from eventify.lib import logs, request_ids
from eventify.lib.later import later, nudge


@pytest.fixture(autouse=True)
def _nobodys():
    yield
    request_ids.end()


def record(message="x", *args, **more):
    return logging.LogRecord(
        "bookings.payments", logging.WARNING, __file__, 1, message, args, **{"exc_info": None} | more
    )


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/events", "/api/nope", "/", "/nope", "/static/nope.css", "/login/"])
def test_every_answer_names_the_request(path):
    client = Client()
    made = [client.get(path)["X-Request-Id"] for _time in range(2)]
    assert all(re.fullmatch("[0-9a-f]{20}", one) for one in made) and made[0] != made[1]
    assert client.get(path, headers={"X-Request-ID": "front-door_7.a"})["X-Request-Id"] == "front-door_7.a"


BAD = [
    "",
    "short",
    "x" * 65,
    "two words here",
    "a\tb-c-d-e-f",
    "ünïcödé-id",
    "a;b=c;d=e;f",
    "line\\nbreak",
    "{{7*7}}--",
]


@pytest.mark.parametrize("sent", BAD)
def test_what_is_not_sane_is_not_taken(sent):
    answer = Client().get("/healthz", headers={"X-Request-ID": sent})
    assert re.fullmatch("[0-9a-f]{20}", answer["X-Request-Id"])


@pytest.mark.django_db
def test_another_origin_may_send_and_read_it():
    origin = {"Origin": "http://localhost:5173"}
    asked = {**origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-request-id"}
    assert "x-request-id" in Client().options("/events", headers=asked)["Access-Control-Allow-Headers"]
    assert "X-Request-Id" in Client().get("/events", headers=origin)["Access-Control-Expose-Headers"]


def test_a_line_of_the_log_has_it():
    request_ids.begin("request-1")
    assert logs.Line().format(record("paid %s", 7)).endswith(" WARNING bookings.payments [request-1] paid 7")
    found = json.loads(logs.JSONLine().format(record("paid %s", 7)))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("at"))
    assert found.pop("process") > 0
    assert found == {"level": "WARNING", "logger": "bookings.payments", "request_id": "request-1", "message": "paid 7"}
    request_ids.end()
    assert "[-] paid" in logs.Line().format(record("paid"))
    assert json.loads(logs.JSONLine().format(record()))["request_id"] is None


def test_a_traceback_is_in_the_json_without_secrets():
    try:
        raise ValueError("password=hunter2 was wrong")
    except ValueError:
        found = logs.JSONLine().format(record("no", exc_info=sys.exc_info()))
    assert "hunter2" not in found
    assert "ValueError: password=[hidden] was wrong" in json.loads(found)["error"]


def test_nobody_forges_a_line():
    forged = record("paid %s", "1\r\n2026-11-21 10:00:00 INFO accounts [-] logged in")
    for form in (logs.Line(), logs.JSONLine()):
        assert len(form.format(forged).splitlines()) == 1
    assert json.loads(logs.JSONLine().format(record("lone \ud800")))["message"] == "lone \ud800"


@pytest.mark.parametrize("form", ["line", "json"])
def test_the_setting(form, capsys):
    made = logs.configuration("INFO", form)
    handler = made["formatters"][made["handlers"]["stderr"]["formatter"]]["()"]
    assert handler is {"line": logs.Line, "json": logs.JSONLine}[form]


TICKET = "ABCDEFGHIJKLMNOPQRSTUVWXY2"
HASH = "0123456789abcdef" * 2
RANDOM = "aB3-xY_9kLmN0pQrStUvWxYz12-4567_abcdefghiJK"
SECRETS = [
    ("password=hunter2", "hunter2"),
    ("{'password': 'hunter 2', 'a': 1}", "hunter 2"),
    ('{"new_password": "x y", "email": "a@b.c"}', "x y"),
    ("refresh_token: abc123", "abc123"),
    ('"access_token":"abc"', "abc"),
    ("Authorization: Bearer abc.def", "abc.def"),
    ("HTTP_AUTHORIZATION='Basic Zm9vOmJhcg=='", "Zm9v"),
    ("sent Bearer abcdefgh12", "abcdefgh12"),
    ("api_key=k1&x=2", "k1"),
    ("Set-Cookie: sessionid=abc; Path=/", "abc"),
    ("csrftoken=zzz", "zzz"),
    ("?code=AB12CD34", "AB12CD34"),
    ('{"code": "123456"}', "123456"),
    ("otp: 123456", "123456"),
    ("redis://user:word@host:6379/0", "word"),
    ("postgresql://eventify:s3cret@db/eventify", "s3cret"),
    ("key sk_live_51HxYzAbC", "51HxYzAbC"),
    ("whsec_abcdefghij", "abcdefghij"),
    ("eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl", "c2lnbmF0"),
    (f"ticket {TICKET} used", TICKET),
    (f"GET /orders/{HASH}/ failed", HASH),
    (f"GET /claim/{RANDOM}/ failed", RANDOM),
    (f"/reset/MQ/c9abcd-{HASH}/", HASH),
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_secrets_are_hidden(text, secret):
    """The control: the text does have it."""
    assert secret in text
    for form in (logs.Line(), logs.JSONLine()):
        said = form.format(record("%s", text))
        assert secret not in said and "[hidden]" in said


PLAIN = [
    "payment 0197f3a2-5c3e-7b1a-9d2e-0123456789ab: the provider does not answer",
    "broker unreachable, the sweep will find accounts.tasks.send_pending_mail()",
    "Internal Server Error: /e/rooftop-quartet-in-the-park-2030-summer/",
    "redis unreachable, counting in process: Error 111 connecting to /tmp/eventify-0-abc12345/redis.sock",
    "refused, code: conflict, status code: 500",
    "SELECT bookings_order.id FROM bookings_order WHERE id = 1234567890123456789",
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_secret_stays(text):
    assert logs.scrub(text) == text


@pytest.mark.parametrize(
    "text", ["A" * 1_000_000, "aB3-" * 250_000, "password=" * 100_000, '"' * 1_000_000, "/" * 10**6]
)
def test_a_huge_line_is_cut(text):
    assert len(logs.scrub(text)) <= 30_000


@pytest.mark.django_db
def test_what_a_request_gets_wrong_is_not_in_the_log(caplog, capsys):
    """A wrong password, a wrong token, a wrong code: not one line tells them."""
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(logs.Line())
    Caller().post("/auth/login", {"email": UserFactory().email, "password": "Very-Wrong-Word-1"})
    Caller().get("/me/bookings", Authorization="Bearer wrong-token-1")
    Client().get(f"/orders/{RANDOM}/")
    for secret in ("Very-Wrong-Word-1", "wrong-token-1", RANDOM):
        assert secret not in caplog.text + capsys.readouterr().err


@pytest.fixture
def sent(monkeypatch):
    """What is handed to the broker: (task, request id)."""
    found = []
    monkeypatch.setattr(app, "send_task", lambda task, headers, **_: found.append((task, headers["request_id"])))
    return found


@pytest.mark.django_db
def test_a_task_that_a_request_queues_has_its_id(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        request_ids.begin("request-7")
        later("accounts.tasks.send_mail", 1)
        nudge("tests.never_sent_before")
    assert sent == [("accounts.tasks.send_mail", "request-7"), ("tests.never_sent_before", "request-7")]


@pytest.mark.parametrize(("header", "found"), [("request-7", "request-7"), (None, "task-0001"), ("bad id", None)])
def test_the_task_goes_on_under_it(header, found):
    seen = []

    @app.task(name=f"tests.tell_id_{header}", shared=False)
    def tell():
        seen.append(request_ids.current())

    request = {"id": "task-0001", "request_id": header} if header else {"id": "task-0001"}  # the message's headers
    build_tracer(tell.name, tell, app=app)("task-0001", (), {}, request)
    del app.tasks[tell.name]
    assert seen == [found] if found else re.fullmatch("[0-9a-f]{20}", seen[0])
    assert request_ids.current() == ""
