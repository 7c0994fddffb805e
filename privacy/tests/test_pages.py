"""The pages about one's own data, and those of staff about somebody's."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role, User
from accounts.tests.coming_in import log_in
from bookings.tests.scenes import book, scene, text
from privacy import copies, tasks, words
from privacy.models import Copy
from privacy.tests import lives

pytestmark = pytest.mark.django_db
MINE, ERASE = "/account/data/", "/account/data/erase/"


@pytest.fixture
def user() -> User:
    return lives.somebody()


@pytest.fixture
def browser(client, user):
    return log_in(client, user)


def test_the_profile_leads_to_it(browser):
    assert f'href="{MINE}"' in text(browser.get("/account/"))


@pytest.mark.parametrize("path", [MINE, ERASE])
def test_a_proof_of_identity_is_asked_for(client, user, path):
    assert client.get(path)["Location"] == f"/login/?next={path}"
    log_in(client, user, fresh=False)
    assert client.get(path)["Location"].startswith("/account/confirm/")
    answer = client.post(path, {"is_sure": "on"})
    assert answer.status_code == 403 and "step_up_password" in text(answer)
    assert not Copy.objects.exists() and not User.objects.get(pk=user.pk).is_erased


def test_asking_for_a_copy(browser, user):
    assert "Ask for a copy" in text(browser.get(MINE))
    assert browser.post(MINE)["Location"] == MINE
    page = text(browser.get(MINE))
    assert "It is being made." in page and "Your copy is being made." in page and "Ask for a" not in page
    tasks.make_copies()
    page = text(browser.get(MINE))
    assert f'href="{copies.path_of(Copy.objects.get().uid).split(":")[0]}' in page and "Ask for a new copy" in page


def test_what_goes_and_what_stays_is_said_before(browser):
    page = text(browser.get(ERASE))
    assert all(str(sentence) in page for sentence in (*words.GOES, *words.STAYS))
    assert "Erase my account for ever" in page


def test_nothing_is_erased_without_the_tick(browser, user):
    answer = browser.post(ERASE)
    assert answer.status_code == 400 and "Tick this to go on" in text(answer)
    assert not User.objects.get(pk=user.pk).is_erased


def test_erasing_oneself(browser, user):
    answer = browser.post(ERASE, {"is_sure": "on"}, follow=True)
    assert "Your account is erased." in text(answer) and answer.redirect_chain == [("/", 302)]
    assert User.objects.get(pk=user.pk).is_erased
    assert browser.get("/account/")["Location"].startswith("/login/")
    line = AuditLog.objects.get(action="ERASED_PERSON")
    assert line.actor_id == user.pk


def test_what_is_in_the_way_is_said_and_there_is_no_button(browser, user):
    book(scene()[0], user)
    page = text(browser.get(ERASE))
    assert "There is 1 ticket for an event that is still to come." in page and "for ever</button>" not in page
    answer = browser.post(ERASE, {"is_sure": "on"})
    assert answer.status_code == 409 and not User.objects.get(pk=user.pk).is_erased


def test_as_many_queries_whatever_is_there(browser, user):
    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(path).status_code == 200
        return len(asked)

    def grow() -> None:
        for made_at in (user.created_at, user.created_at):
            Copy.objects.create(user=user, requested_by=user, sent_to=user.email, made_at=made_at)
        for _number in range(2):
            book(scene()[0], user)

    grow()
    few = {path: cost(path) for path in (MINE, ERASE)}
    grow()
    assert {path: cost(path) for path in (MINE, ERASE)} == few
    assert max(few.values()) <= 25, few


# --- Staff ----------------------------------------------------------------------------------------------


@pytest.fixture
def desk(client):
    return log_in(client, SuperAdminFactory())


def page_of(user: User, act: str = "") -> str:
    return f"/command-center/users/{user.uid}/{act}"


def test_only_who_may_is_shown_the_buttons(client, desk, user):
    page = text(desk.get(page_of(user)))
    assert page_of(user, "data/") in page and page_of(user, "erase/") in page
    support = roles.assign(UserFactory(), Role.objects.get(name="Support"), by=None)
    log_in(client, support)
    page = text(client.get(page_of(user)))
    assert page_of(user, "data/") not in page and page_of(user, "erase/") not in page
    assert client.get(page_of(user, "erase/")).status_code == 403
    assert client.post(page_of(user, "data/"), {"reason": "x"}).status_code == 403


def test_staff_send_the_person_a_copy(desk, user):
    assert desk.post(page_of(user, "data/"), {}).status_code == 400
    answer = desk.post(page_of(user, "data/"), {"reason": "Asked by letter"}, follow=True)
    assert f"{lives.EMAIL} gets a mail with the link." in text(answer)
    copy = Copy.objects.get()
    assert (copy.user, copy.sent_to, copy.reason) == (user, lives.EMAIL, "Asked by letter")


def test_staff_look_twice_before_they_erase(desk):
    user = lives.a_life()
    page = desk.get(page_of(user, "erase/"))
    assert not User.objects.get(pk=user.pk).is_erased  # the preview took it back
    said = text(page)
    assert "It cannot be taken back." in said and "Erase Quetzal Zyzzyva for ever" in said
    assert dict(page.context["explained"].facts)["Orders that lose their names"] == 2
    digest = page.context["digest"]
    assert desk.post(page_of(user, "erase/"), {"digest": digest}).status_code == 400  # no reason
    assert desk.post(page_of(user, "erase/"), {"reason": "Asked", "digest": "x"}).status_code == 409
    assert not User.objects.get(pk=user.pk).is_erased
    answer = desk.post(page_of(user, "erase/"), {"reason": "Asked", "digest": digest}, follow=True)
    assert "The person is erased." in text(answer) and User.objects.get(pk=user.pk).is_erased
    assert page_of(user, "erase/") not in text(desk.get(page_of(user)))
    assert desk.get(page_of(user, "erase/")).status_code == 404


def test_staff_are_told_what_is_in_the_way(desk, user):
    book(scene()[0], user)
    page = text(desk.get(page_of(user, "erase/")))
    assert "There is 1 ticket for an event that is still to come." in page and "for ever" not in page
