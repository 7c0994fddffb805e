"""What is owed to an endpoint reaches it: at least once, in order, signed, however long it is down."""

import base64
import hashlib
import hmac
import json
import time
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Notification, OutgoingMail
from accounts.tests.racing import race
from eventify.lib.errors import Conflict, Forbidden, Invalid
from integrations import delivering, endpoints, sending, tasks
from integrations.models import Attempt, Delivery, Endpoint
from integrations.tests.scenes import endpoint_of, happen, organisation, receiver

ONE = ["order.paid"]


@pytest.fixture
def partner(db):
    return organisation()


@pytest.fixture
def server():
    with receiver() as one:
        yield one


def after(seconds: float):
    """So much later: the clock stands there."""
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=True)


def test_down_for_days_and_in_the_end_everything_exactly_once(partner, server, monkeypatch):
    """The receiver refuses the connection, hangs, breaks off, answers 500 and 503, then takes: once each, in order."""
    monkeypatch.setattr(sending, "WHOLE", 0.3)
    endpoint = endpoint_of(partner, "http://127.0.0.1:1/", ONE)
    happen(partner, 12)
    moment = timezone.now()
    for trouble in ("refuses", hang, cut, 500, three_and_away(), 503, "refuses", 429, hang, 204, 204, 204):
        server.behave = trouble
        Endpoint.objects.filter(pk=endpoint.pk).update(
            url="http://127.0.0.1:1/" if trouble == "refuses" else server.url
        )
        with time_machine.travel(moment, tick=True):
            tasks.deliver()
        moment += timedelta(hours=8)  # longer than any pause
    numbers = [one["data"]["number"] for one in server.taken]
    assert list(dict.fromkeys(one["id"] for one in server.taken)) == [one["id"] for one in server.taken]
    assert sorted(numbers) == list(range(12)) and Counter(numbers).most_common(1)[0][1] == 1
    assert not Delivery.objects.exclude(status=Delivery.Status.DELIVERED).exists()
    failed = set(Attempt.objects.exclude(status__in=(200, 204)).values_list("status", flat=True))
    assert failed == {0, 429, 500, 502, 503}
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.retry_at) == (0, None, None)


def three_and_away():
    """Takes three, and is gone."""
    left = [200] * 3
    return lambda handler, body: left.pop() if left else 502


def hang(handler, body) -> None:
    time.sleep(0.6)  # longer than an attempt may take; it answers nothing


def cut(handler, body) -> None:
    handler.wfile.write(b"HTTP/1.1 2")
    handler.close_connection = True


def test_the_signature_is_that_of_standard_webhooks_and_the_body_is_the_fact(partner, server):
    endpoint = endpoint_of(partner, server.url, ONE)
    [fact] = happen(partner, 1)
    tasks.deliver()
    [(headers, body)] = server.sent
    headers = {name.lower(): value for name, value in headers.items()}
    delivery = Delivery.objects.get(fact=fact)
    assert headers["webhook-id"] == str(delivery.uid) and headers["content-type"] == "application/json"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    secret = base64.b64decode(endpoint.secret_shown.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert json.loads(body) == {
        "id": str(fact.uid), "kind": "order.paid", "version": 1, "occurred_at": "2031-01-01T10:00:00Z",
        "organisation_id": str(partner.uid), "data": {"number": 0},
    }  # fmt: skip
    [attempt] = delivery.attempts.all()
    assert (attempt.status, attempt.error) == (204, "")


def test_after_a_rotation_both_secrets_sign_for_a_day(partner, server):
    endpoint = endpoint_of(partner, server.url, ONE)
    endpoints.rotate(endpoint, by=partner.admin)
    happen(partner, 1)
    tasks.deliver()
    happen(partner, 1)
    with after(endpoints.BOTH_FOR.total_seconds() + 60):
        tasks.deliver()
    both, one = (
        {name.lower(): value for name, value in headers.items()}["webhook-signature"] for headers, _body in server.sent
    )
    assert len(both.split()) == 2 and len(one.split()) == 1


def test_one_that_is_refused_lets_the_next_go_ahead_and_then_all_wait(partner, server):
    def poisoned(handler, body):
        return 422 if json.loads(body)["data"]["number"] == 1 else 200

    server.behave = poisoned
    endpoint = endpoint_of(partner, server.url, ONE)
    happen(partner, 4)
    tasks.deliver()
    assert [one["data"]["number"] for one in server.taken] == [0, 2, 3]
    server.behave = 500
    happen(partner, 5)
    tasks.deliver()
    endpoint.refresh_from_db()
    assert endpoint.failures == delivering.REFUSED_MOST and endpoint.retry_at > timezone.now()
    made = Attempt.objects.count()
    tasks.deliver()
    assert Attempt.objects.count() == made  # nobody asks again before the pause is over


def test_after_days_it_is_disabled_and_its_people_are_told_and_nothing_is_lost(partner, server, settings):
    endpoint = endpoint_of(partner, server.url, ONE)
    server.behave = 503
    happen(partner, 3)
    for day in range(settings.EVENTIFY_WEBHOOK_DAYS + 2):
        with after(day * 86_400):
            tasks.deliver()
    endpoint.refresh_from_db()
    assert endpoint.state == Endpoint.State.DISABLED
    assert Notification.objects.filter(recipient=partner.admin, level="critical").count() == 1
    assert OutgoingMail.objects.filter(template="endpoint_disabled", to=partner.admin.email).count() == 1
    happen(partner, 2)
    tasks.deliver()
    assert server.taken == []
    with pytest.raises(Conflict):
        endpoints.replay_since(endpoint, timezone.now() - timedelta(days=30), by=partner.admin)
    server.behave = 200
    with after(day * 86_400 + 3600):
        endpoints.resume(endpoint, by=partner.admin)
        assert endpoints.replay_since(endpoint, timezone.now() - timedelta(days=30), by=partner.admin) == 5
        tasks.deliver()
    assert [one["data"]["number"] for one in server.taken] == [0, 1, 2, 0, 1]


def test_what_happens_during_a_pause_waits(partner, server):
    endpoint = endpoint_of(partner, server.url, ONE)
    endpoints.pause(endpoint, by=partner.admin)
    happen(partner, 2)
    tasks.deliver()
    assert server.taken == []
    endpoints.resume(endpoint, by=partner.admin)
    tasks.deliver()
    assert len(server.taken) == 2


def test_only_the_chosen_kinds_and_only_ones_own(partner, server):
    endpoint_of(partner, server.url, ["payout.paid"])
    other = organisation(name="Other")
    endpoint_of(other, "http://127.0.0.1:1/", ONE)
    happen(partner, 2)
    happen(other, 2, kind="payout.paid")
    happen(partner, 1, kind="payout.paid")
    tasks.deliver()
    assert [(one["kind"], one["organisation_id"]) for one in server.taken] == [("payout.paid", str(partner.uid))]


def test_a_test_and_a_replay_have_the_ids_that_they_should(partner, server):
    endpoint = endpoint_of(partner, server.url, ONE)
    endpoints.test(endpoint, by=partner.admin)
    happen(partner, 1)
    tasks.deliver()
    delivery = Delivery.objects.get(kind="order.paid")
    endpoints.replay(delivery, by=partner.admin)
    tasks.deliver()
    assert [one["kind"] for one in server.taken] == ["webhook.test", "order.paid", "order.paid"]
    assert server.taken[1]["webhook-id"] == server.taken[2]["webhook-id"] == str(delivery.uid)
    assert server.taken[1] == server.taken[2]


def test_a_large_answer_is_cut_and_a_redirect_is_not_followed(partner, server):
    def redirect(handler, body):
        handler.send_response(302)
        handler.send_header("Location", "http://127.0.0.1:1/")
        handler.end_headers()
        handler.wfile.write(b"x" * 100_000)

    server.behave = redirect
    endpoint_of(partner, server.url, ONE)
    happen(partner, 1)
    tasks.deliver()
    [attempt] = Attempt.objects.all()
    assert (attempt.status, len(attempt.answer), attempt.error) == (302, 500, "The answer was 302.")
    assert len(server.sent) == 1


def test_two_workers_at_once_send_each_once(transactional_db, settings):
    settings.EVENTIFY_WEBHOOK_WORKERS = 4
    with receiver() as server:
        partner = organisation()
        endpoint_of(partner, server.url, ONE)
        happen(partner, 30)
        race(*[tasks.deliver] * 4)
        assert [one["data"]["number"] for one in server.taken] == list(range(30))


def test_control_without_the_lease_they_send_twice(transactional_db, settings, monkeypatch):
    """Each takes the endpoint without looking whether somebody has it."""
    settings.EVENTIFY_WEBHOOK_WORKERS = 4
    monkeypatch.setattr(delivering, "_next", unleased)
    with receiver() as server:
        partner = organisation()
        endpoint = endpoint_of(partner, server.url, ONE)
        happen(partner, 10)
        tasks.deliver()  # numbers them; what follows sends them again
        Delivery.objects.update(status="waiting")
        server.taken.clear()
        race(*[lambda: delivering._work_off(Endpoint.objects.get(pk=endpoint.pk))] * 4)
        assert max(server.seen.values()) >= 1 and len(server.taken) > 10


def unleased(endpoint: int, lease) -> Delivery | None:
    rows = delivering.due(timezone.now()).filter(endpoint=endpoint).select_related("endpoint__partner", "fact")
    return rows.order_by("position", "pk").first()


WRONG = (
    "ftp://example.com/", "https://", "https://user:pass@example.com/", "nothing", "", "https://example.com/#part",
    "https://exa mple.com/", "https://example.com:99999/",
)  # fmt: skip


@pytest.mark.parametrize("url", WRONG)
def test_an_address_that_is_none(partner, url):
    with pytest.raises(Invalid) as refusal:
        endpoint_of(partner, url, ONE)
    assert list(refusal.value.errors) == ["url"]


def test_who_may_not(partner):
    endpoint = endpoint_of(partner, "https://example.com/", ONE)
    stranger = organisation(name="Stranger").admin
    for call in (endpoints.pause, endpoints.resume, endpoints.rotate, endpoints.test, endpoints.remove):
        with pytest.raises(Forbidden):
            call(endpoint, by=stranger)
    with pytest.raises(Forbidden):
        endpoints.change(endpoint, by=stranger, url="https://evil.example/")
    with pytest.raises(Invalid):
        endpoints.change(endpoint, by=partner.admin, kinds=["no.such"])
