"""The rate limits, with the real counter in Redis."""

import pytest

from accounts.factories import UserFactory
from eventify.contracts.evently.tests.calling import Caller, make_event

LOGIN = {"email": "asha@example.com", "password": "wrong"}


@pytest.fixture(autouse=True)
def limits(settings):
    settings.EVENTIFY_RATE_LIMITS = True


def statuses(caller, method, path, body, times, **headers):
    return [caller.send(method, path, body, **headers).status_code for _ in range(times)]


def test_what_the_sixth_login_is_told(anyone):
    assert statuses(anyone, "POST", "/auth/login", LOGIN, 5) == [401] * 5
    answer = anyone.post("/auth/login", LOGIN)
    seconds = int(answer["Retry-After"])
    assert 1 <= seconds <= 60
    assert (answer.status_code, answer.json()) == (429, {"detail": f"Too many requests. Try again in {seconds} s."})


def test_a_slash_a_forged_address_or_a_bad_body_do_not_help(anyone):
    statuses(anyone, "POST", "/auth/login", LOGIN, 5)
    assert anyone.post("/auth/login/", LOGIN).status_code == 429
    assert anyone.post("/auth/login", {}).status_code == 429
    assert anyone.post("/auth/login", LOGIN, X_Forwarded_For="10.9.8.7").status_code == 429
    assert Caller(address="10.0.0.2").post("/auth/login", LOGIN).status_code == 401


def test_one_trusted_proxy_is_believed_and_no_more(anyone, settings):
    settings.EVENTIFY_TRUSTED_PROXIES = 1
    for number in range(5):
        assert anyone.post("/auth/login", LOGIN, X_Forwarded_For=f"1.1.1.{number}, 10.0.0.1").status_code == 401
    assert anyone.post("/auth/login", LOGIN, X_Forwarded_For="9.9.9.9, 10.0.0.1").status_code == 429
    assert anyone.post("/auth/login", LOGIN, X_Forwarded_For="10.0.0.2").status_code == 401


def test_each_limit(admin):
    event = make_event()
    path = f"/admin/events/{event.pk}"
    cases = [
        ("POST", "/auth/signup", 20),
        ("POST", f"/events/{event.pk}/book", 10),
        ("POST", "/admin/events", 20),
        ("PATCH", path, 30),
        ("POST", f"{path}/deactivate", 30),
        ("POST", f"{path}/seats/generate", 10),
        ("DELETE", "/admin/events/999999", 10),
    ]
    for method, target, allowed in cases:
        found = statuses(admin, method, target, {}, allowed + 2)
        assert 429 not in found[:allowed], target
        assert found[allowed:] == [429, 429], target


def test_a_limit_is_per_path(admin):
    first, second = make_event(), make_event()
    statuses(admin, "POST", f"/events/{first.pk}/book", {}, 11)
    assert admin.post(f"/events/{first.pk}/book", {}).status_code == 429
    assert admin.post(f"/events/{second.pk}/book", {}).status_code == 400
    assert admin.get("/events").status_code == 200


def test_off_means_off(anyone, settings):
    settings.EVENTIFY_RATE_LIMITS = False
    assert 429 not in statuses(anyone, "POST", "/auth/login", LOGIN, 8)


@pytest.mark.parametrize("forged", [False, True])
@pytest.mark.django_db(transaction=True)
def test_a_burst_of_40_lets_exactly_5_through(forged, in_parallel):
    UserFactory(email="asha@example.com")

    def log_in(number):
        headers = {"X_Forwarded_For": f"10.1.1.{number}"} if forged else {}
        return Caller().post("/auth/login", LOGIN, **headers).status_code

    found = in_parallel(log_in, 40)
    assert sorted(found) == [401] * 5 + [429] * 35
