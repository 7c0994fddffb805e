"""Step-up: a proof of identity counts for a while, in a bearer session as in a browser."""

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.http import HttpResponse
from django.urls import path

from accounts import lockout, sessions, step_up
from accounts.factories import UserFactory
from accounts.models import Session
from accounts.step_up import StepUpRequired
from accounts.tests.coming_in import code_of, log_in, turn_on
from eventify.lib.errors import Invalid
from eventify.urls import urlpatterns as real

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HTML = {"HTTP_ACCEPT": "text/html"}


# --- Bearer sessions ------------------------------------------------------------------------------------


def test_a_log_in_counts_for_a_while(settings):
    with time_machine.travel(NOW, tick=False) as clock:
        session = sessions.start(UserFactory())[0]
        clock.shift(timedelta(minutes=settings.EVENTIFY_STEP_UP_MINUTES, seconds=-1))
        step_up.check(Session.objects.get())
        step_up.check(SimpleNamespace(auth=session))  # a request of the API
        clock.shift(1)
        with pytest.raises(StepUpRequired) as refusal:
            step_up.check(Session.objects.get())
        assert (refusal.value.status, refusal.value.code) == (403, "step_up_required")
        step_up.confirm(session, password="secret")
        step_up.check(Session.objects.get())


def test_a_refreshed_token_proves_nothing():
    with time_machine.travel(NOW, tick=False) as clock:
        session = sessions.start(UserFactory())[0]
        clock.shift(timedelta(minutes=20))
        session = sessions.refresh(sessions.refresh_token(session))[0]
        with pytest.raises(StepUpRequired):
            step_up.check(session)


@pytest.mark.parametrize(
    "wrong", [{}, {"password": "wrong"}, {"otp": "123456"}, {"password": "\x00"}, {"password": "\ud800"}]
)
def test_a_wrong_password_is_refused_at_its_field(wrong):
    session = Session.objects.create(user=UserFactory())
    with pytest.raises(Invalid) as refusal:
        step_up.confirm(session, **wrong)
    assert list(refusal.value.errors) == ["password"]
    assert Session.objects.get().confirmed_at is None


def test_with_two_factor_the_code_is_what_counts_once():
    user = UserFactory()
    turn_on(user)
    session = Session.objects.create(user=user)
    for wrong in ({"password": "secret"}, {"otp": "000000"}):
        with pytest.raises(Invalid) as refusal:
            step_up.confirm(session, **wrong)
        assert list(refusal.value.errors) == ["otp"]
    code = code_of(user)
    step_up.confirm(session, otp=code)
    with pytest.raises(Invalid):
        step_up.confirm(session, otp=code)


def test_guessing_is_locked_out():
    session = Session.objects.create(user=UserFactory())
    for _time in range(10):
        with pytest.raises(Invalid):
            step_up.confirm(session, password="wrong", address="203.0.113.7")
    with pytest.raises(lockout.LockedOut):
        step_up.confirm(session, password="secret", address="203.0.113.7")


# --- Pages ----------------------------------------------------------------------------------------------


@step_up.required
def dangerous(request):
    return HttpResponse(f"did {sorted(request.POST.items())}")


urlpatterns = [path("dangerous/", dangerous), *real]


@pytest.fixture
def browser(client, settings):
    settings.ROOT_URLCONF = __name__
    return client


def test_a_fresh_proof_opens(browser):
    log_in(browser, UserFactory())
    assert browser.get("/dangerous/").content == b"did []"


def test_without_one_the_page_asks_and_comes_back(browser):
    log_in(browser, UserFactory(), fresh=False)
    answer = browser.get("/dangerous/?a=1&b=2")
    assert (answer.status_code, answer["Location"]) == (302, "/account/confirm/?next=%2Fdangerous%2F%3Fa%3D1%26b%3D2")
    answer = browser.post(answer["Location"], {"password": "wrong"})
    assert answer.status_code == 422 and "This is not your password." in answer.content.decode()
    answer = browser.post("/account/confirm/", {"password": "secret", "next": "/dangerous/?a=1&b=2"})
    assert (answer.status_code, answer["Location"]) == (302, "/dangerous/?a=1&b=2")
    assert browser.get(answer["Location"]).status_code == 200


def test_a_form_that_comes_too_late_loses_nothing(browser):
    log_in(browser, UserFactory(), fresh=False)
    typed = {"reason": 'He said "no" <b>', "ids": "7", "password": "never kept"}
    answer = browser.post("/dangerous/?x=1", typed)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert 'name="reason" value="He said &quot;no&quot; &lt;b&gt;"' in page and 'name="ids" value="7"' in page
    assert 'action="/dangerous/?x=1"' in page and "never kept" not in page
    kept = {"reason": typed["reason"], "ids": "7"}
    answer = browser.post("/dangerous/?x=1", {**kept, "step_up_password": "wrong"})
    assert answer.status_code == 422 and "This is not your password." in answer.content.decode()
    assert 'name="ids" value="7"' in answer.content.decode() and "wrong" not in answer.content.decode()
    answer = browser.post("/dangerous/?x=1", {**kept, "step_up_password": "secret"})
    assert answer.status_code == 200 and "He said" in answer.content.decode()
    assert browser.get("/dangerous/").status_code == 200  # and the proof counts on


def test_a_form_with_two_factor_asks_for_the_code(browser):
    user = UserFactory()
    turn_on(user)
    log_in(browser, user, fresh=False)
    assert 'name="step_up_otp"' in browser.post("/dangerous/", {"a": "1"}).content.decode()
    assert browser.post("/dangerous/", {"a": "1", "step_up_otp": code_of(user)}).status_code == 200


def test_a_part_of_a_page_leads_to_the_whole_question(browser):
    log_in(browser, UserFactory(), fresh=False)
    answer = browser.get("/dangerous/", HTTP_HX_REQUEST="true")
    assert (answer.status_code, answer["HX-Redirect"]) == (403, "/account/confirm/?next=%2Fdangerous%2F")


def test_who_is_nobody_is_the_pages_own_business(browser):
    assert browser.get("/dangerous/").status_code == 200


def test_a_proof_grows_old_in_a_browser(browser, settings):
    log_in(browser, UserFactory())
    session = browser.session
    session[step_up.MOMENT] = time.time() - settings.EVENTIFY_STEP_UP_MINUTES * 60
    session.save()
    assert browser.get("/dangerous/").status_code == 302
