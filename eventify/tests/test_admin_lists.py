"""The raw admin's pages of every model: they open, search, and ask the same number of queries for 1 and 3 rows."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.factories import SuperAdminFactory, UserFactory
from eventify.tests.admin_world import address, one_of_each
from eventify.tests.lent import for_the_module

APPS = ("accounts", "partners", "events", "bookings", "crew", "integrations", "analytics", "privacy")
OURS = {*APPS, "guardian"}
MODELS = sorted((m for m in admin.site._registry if m._meta.app_label in OURS), key=lambda m: m._meta.label)
EVERY = pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
EDITABLE = {
    "Banner",
    "Category",
    "Event",
    "EventImage",
    "Member",
    "Notification",
    "Partner",
    "Role",
    "TicketType",
    "User",
}

pytestmark = pytest.mark.django_db


one_row = for_the_module(one_of_each)


@pytest.fixture(scope="module")
def asked(one_row) -> dict:
    """What each list asks of the database with one row and with three, and how many it shows then."""
    client = Client()
    with transaction.atomic():
        client.force_login(SuperAdminFactory())
        few = {model: queries_of(client, model)[0] for model in MODELS}
        one_of_each()
        one_of_each()
        many = {model: queries_of(client, model) for model in MODELS}
        transaction.set_rollback(True)
    return {model: (few[model], *many[model]) for model in MODELS}


def queries_of(client, model) -> tuple[list[str], int]:
    """What the list asks when it is shown for the second time, and how many rows it finds."""
    assert client.get(address(model)).status_code == 200  # fills the content type cache
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address(model))
    return [query["sql"][:200] for query in captured.captured_queries], response.context["cl"].result_count


@pytest.fixture
def staff(client, one_row):
    user = SuperAdminFactory()
    client.force_login(user)
    return user


def test_every_model_of_our_apps_has_a_page():
    ours = {m for app in APPS for m in apps.get_app_config(app).get_models()}
    assert ours - set(MODELS) == set()


@EVERY
def test_a_list_asks_as_many_queries_for_3_rows_as_for_1(asked, model):
    few, many, rows = asked[model]
    assert rows >= 3
    assert len(many) == len(few), many


@EVERY
@pytest.mark.parametrize(
    "words", ["x", "\x00", "é" * 5000, "99999999999999999999", "'; --", "a b c d e f"], ids=lambda text: ascii(text[:9])
)
def test_a_search_is_never_a_server_error(client, staff, model, words):
    assert client.get(address(model), {"q": words}).status_code == 200


@EVERY
def test_its_pages_open(client, staff, model):
    row = model._default_manager.first()
    assert client.get(address(model, "change", row.pk)).status_code == 200
    added = client.get(address(model, "add")).status_code
    assert added == (200 if model.__name__ in EDITABLE else 403)


@EVERY
def test_only_superusers_come_in(client, model):
    client.force_login(UserFactory())
    assert client.get(address(model)).status_code == 302
    client.force_login(UserFactory(is_staff=True))
    assert client.get(address(model)).status_code == 403
