"""What the tests of the command center's pages of sales share: who comes in, and how often a page asks the database."""

from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import roles
from accounts.factories import UserFactory
from accounts.models import Role, User
from accounts.tests.coming_in import log_in
from partners import members

DESK = "/command-center"
HOSTILE = ["\x00", "a\x00b", "x" * 100_000, "-1", "9" * 4000, "NaN", "[]", "%", "' OR 1=1", "é"]


def staff(client, role: str) -> User:
    """Somebody of the staff in this role, logged in and proved."""
    user = UserFactory()
    roles.assign(user, Role.objects.get(name=role), by=None)
    log_in(client, user)
    return user


def member(client, partner, role: str) -> User:
    """A member of the partner in this role, logged in and proved."""
    user = UserFactory()
    members.add(partner, user, role, by=None)
    log_in(client, user)
    return user


def queries_of(client, url: str) -> int:
    """How many queries the page asks."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def said(response) -> list[str]:
    """The messages that wait for the next page."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def confirm(client, url: str, **values):
    """Look at the preview, then press its button with these values."""
    page = client.get(url)
    assert page.status_code == 200, page.content.decode()[:500]
    return client.post(url, {"digest": page.context["digest"], **values})


def shown(response) -> list:
    """The rows of a list."""
    return [row.object for row in response.context["table_rows"]]
