"""The menu of the command center: drawn once for all who may go to the same places, and right for each of them."""

import re

import pytest
from django.test import Client

from accounts import roles
from accounts.factories import UserFactory
from accounts.models import Role
from accounts.tests.coming_in import log_in
from eventify.lib.desk import shell

pytestmark = pytest.mark.django_db
USERS, AUDIT = "/command-center/users/", "/command-center/audit/"


def menu_of(client: Client, path: str = USERS) -> str:
    body = client.get(path).content.decode()
    return re.search(r'<nav class="side.*?</nav>', body, re.DOTALL)[0]


def staff(role: str) -> tuple:
    user = roles.assign(UserFactory(), Role.objects.get(name=role), by=None)
    return user, log_in(Client(), user)


def test_who_may_go_to_the_same_places_has_the_same_menu_which_is_drawn_once():
    shell._places.cache_clear()
    assert menu_of(staff("Support")[1]) == menu_of(staff("Support")[1])
    assert shell._places.cache_info().misses == 1


def test_a_right_that_comes_or_goes_changes_the_menu_at_once():
    user, client = staff("Support")
    role = user.role
    held = ["view_partners", "view_users", "view_events"]
    assert AUDIT not in menu_of(client)
    roles.set_permissions(role, [*held, "view_audit"], by=None)
    assert AUDIT in menu_of(client)
    roles.set_permissions(role, held, by=None)
    assert AUDIT not in menu_of(client)


def test_the_place_where_one_is_is_marked():
    client = staff("Support")[1]
    marked = [re.findall(r'<a href="([^"]+)" aria-current="page"', menu_of(client, path)) for path in (USERS, AUDIT)]
    assert marked == [[USERS], []]  # the second is refused, and no place of theirs


def test_the_menu_speaks_the_language_of_who_reads_it():
    user, client = staff("Support")
    assert ">Users<" in menu_of(client)
    other, dutch = staff("Support")
    dutch.cookies["django_language"] = "nl"
    assert ">Gebruikers<" in menu_of(dutch)
    assert ">Users<" in menu_of(client)
