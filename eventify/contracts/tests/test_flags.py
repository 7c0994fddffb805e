"""A filter that is true or false takes these words and refuses others; Schemathesis found that they meant no filter."""

import pytest

from accounts import notify
from eventify.contracts.command_center.tests.conftest import client_of, with_role

FILTERS = ("/api/v1/notifications?is_read", "/api/notifications?is_read", "/api/admin/banners?is_active")


@pytest.fixture
def admin(db):
    return with_role("Super Admin")


@pytest.mark.parametrize("filter_", FILTERS)
@pytest.mark.parametrize("word", ["yes", "-1", "2", "null", "%F0%9F%92%A5", "true,false"])
def test_another_word_is_refused_by_name(admin, filter_, word):
    answer = client_of(admin).get(f"{filter_}={word}")
    assert answer.status_code == 422
    assert "Use true or false." in answer.json()["message"]


@pytest.mark.parametrize("filter_", FILTERS)
@pytest.mark.parametrize("word", ["true", "TRUE", "1", "false", "0", "", "%20"])
def test_its_words_and_none_are_taken(admin, filter_, word):
    assert client_of(admin).get(f"{filter_}={word}").status_code == 200


@pytest.mark.parametrize(("word", "left"), [("1", 0), ("true", 0), ("0", 1), ("False", 1), ("", 1)])
def test_they_mean_what_they_say(admin, word, left):
    notify.notify(admin, "Your bell.")
    for path in ("/api/v1/notifications", "/api/notifications"):
        assert len(client_of(admin).get(f"{path}?is_read={word}").json()["data"]) == left
