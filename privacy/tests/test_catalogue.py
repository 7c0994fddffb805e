"""No table about people is forgotten: each is declared, column by column, or said to hold nothing about them."""

import re

import pytest
from django.apps import apps
from django.db import connection, models

from accounts.factories import UserFactory
from accounts.models import User
from crew.models import Person
from eventify.lib.personal import DELETED, Data, Who
from privacy import catalogue, copies
from privacy.tests import lives

WORDS = {
    "address", "agent", "attendee", "attendees", "avatar", "body", "born", "birth", "buyer", "company", "contact",
    "context", "data", "details", "district", "email", "gender", "holder", "ip", "latitude", "longitude", "message",
    "name", "note", "notes", "phone", "photo", "pincode", "recipient", "surname", "to", "username",
}  # fmt: skip


def is_personal(field: models.Field) -> bool:
    """Whether a column may say something about somebody: it leads to them, or is called so."""
    if field.is_relation:
        return field.related_model in (User, Person)
    return bool(WORDS & set(re.split("_", field.name)))


def declarations(model: type[models.Model]) -> list[Data]:
    return [data for data in catalogue.DATA if data.table is model]


def forgotten() -> list[str]:
    """A sentence for each column that nobody has said anything about."""
    said_nothing = {apps.get_model(one.model) for one in catalogue.NOTHING}
    found = []
    for model in apps.get_models(include_auto_created=True):
        known = set().union(*(data.speaks_of() for data in declarations(model)))
        if model in said_nothing:
            continue
        if not declarations(model):
            found.append(f"{model._meta.label} is in no app's privacy.py: declare it, or say that it holds nothing.")
        for field in model._meta.concrete_fields:
            if is_personal(field) and field.name not in known:
                found.append(f"{model._meta.label}.{field.name} may be about people, and its privacy.py is silent.")
    return found


def test_nothing_is_forgotten():
    assert forgotten() == []


@pytest.mark.parametrize("label", ["accounts.Session", "crew.Person", "events.Event"])
def test_control_a_table_that_nobody_declared_is_named(monkeypatch, label):
    monkeypatch.setattr(catalogue, "DATA", tuple(one for one in catalogue.DATA if one.model != label))
    monkeypatch.setattr(catalogue, "NOTHING", tuple(one for one in catalogue.NOTHING if one.model != label))
    assert f"{label} is in no app's privacy.py: declare it, or say that it holds nothing." in forgotten()


def test_control_a_column_that_nobody_declared_is_named(monkeypatch):
    silent = Data("accounts.Notification", "notifications", ("title",), user=("recipient",))
    others = tuple(one for one in catalogue.DATA if one.model != "accounts.Notification")
    monkeypatch.setattr(catalogue, "DATA", (*others, silent))
    assert forgotten() == ["accounts.Notification.message may be about people, and its privacy.py is silent."]


def test_nothing_is_said_twice_and_each_has_a_file_of_its_own():
    names = [data.name for data in catalogue.DATA if data.fields]
    assert len(names) == len(set(names)) and "-" not in names
    nothing = [one.model for one in catalogue.NOTHING]
    assert len(nothing) == len(set(nothing))
    assert not {data.model for data in catalogue.DATA} & set(nothing)
    assert all(one.why.endswith(".") for one in catalogue.NOTHING)


def test_what_erasure_leaves_says_why():
    assert [data.name for data in catalogue.DATA if data.erased != DELETED and not data.why] == []


@pytest.mark.django_db
def test_every_declaration_can_be_asked_by_account_and_by_address():
    user = UserFactory()
    who = Who(user.pk, user.uid, user.email)
    for data in catalogue.DATA:
        assert all(isinstance(row, dict) for row in [*data.copy(who), *data.acts(who)])
        data.erase(who)


@pytest.mark.django_db
def test_an_address_counts_only_once_it_is_confirmed():
    user = UserFactory(email="Asha@Example.com")
    assert copies.who_is(user).address == ""
    user.email_confirmed_at = user.created_at
    assert copies.who_is(user).address == "asha@example.com"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "index"), [("orders", "order_by_buyer"), ("tickets", "order_by_buyer"), ("payments", "order_by_buyer"),
                        ("tickets-with-my-address", "ticket_by_attendee")]
)  # fmt: skip
def test_an_address_is_found_by_an_index(name, index):
    """However many orders there are. The few rows of a test are read whole, or through the index of named tickets that
    has nothing to do with addresses, unless PostgreSQL cannot.
    """
    [data] = [one for one in catalogue.DATA if one.name == name]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; DROP INDEX ticket_named")
    assert index in data.rows(copies.who_is(lives.somebody())).explain()
