"""The businesses that people come with."""

import pytest

from crew.factories import CompanyFactory, PersonFactory
from crew.models import Company
from eventify.contracts.crewli.tests.conftest import data_of, errors_of, list_of, refusal_of, ulid
from eventify.lib.wire import moment
from partners.factories import PartnerFactory

FULL = {
    "name": "Sound Ltd",
    "type": "supplier",
    "contact_name": "Sam",
    "contact_email": "sam@sound.example",
    "contact_phone": "+31201234567",
}


@pytest.fixture
def companies(path):
    return f"{path}/companies"


def shown(company: Company, **changed) -> dict:
    return {"id": ulid(company), **FULL, "created_at": moment(company.created_at), **changed}


EMPTY = {"type": "other", "contact_name": None, "contact_email": None, "contact_phone": None}


def test_the_list_by_name(as_manager, org, companies):
    sound, agency = CompanyFactory(partner=org, **FULL), CompanyFactory(partner=org, name="Agency")
    CompanyFactory(partner=PartnerFactory())
    answer = as_manager.get(companies)
    assert list_of(answer) == [shown(agency, **EMPTY, name="Agency"), shown(sound)]
    assert answer.json()["meta"] == {"current_page": 1, "per_page": 25, "total": 2, "last_page": 1}


def test_making_one(as_manager, org, companies):
    made = data_of(as_manager.post(companies, FULL), 201)
    row = Company.objects.get()
    assert row.partner == org and made == shown(row)
    bare = data_of(as_manager.post(companies, {"name": "Bare", "contact_email": None, "contact_name": ""}), 201)
    assert bare == shown(Company.objects.get(name="Bare"), **EMPTY, name="Bare")


@pytest.mark.parametrize("word", Company.Type.values)
def test_every_type(as_manager, companies, word):
    assert data_of(as_manager.post(companies, {"name": "X", "type": word}), 201)["type"] == word


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"type": "Supplier"}, "type"),
        ({"contact_email": "sam"}, "contact_email"),
        ({"contact_phone": "12"}, "contact_phone"),
        ({"contact_name": 5}, "contact_name"),
        ({"partner_id": 1}, "partner_id"),
    ],
)
def test_fields_that_cannot_be(as_manager, org, companies, change, field):
    company = CompanyFactory(partner=org, **FULL)
    assert list(errors_of(as_manager.post(companies, {**FULL, **change}))) == [field]
    assert list(errors_of(as_manager.put(f"{companies}/{ulid(company)}", change))) == [field]
    assert Company.objects.count() == 1
    company.refresh_from_db()
    assert company.name == "Sound Ltd"


def test_changing_some_fields(as_manager, org, companies):
    company = CompanyFactory(partner=org, **FULL)
    address = f"{companies}/{ulid(company)}"
    changed = {"contact_phone": None, "type": "agency"}
    found = data_of(as_manager.put(address, changed))
    assert found == shown(company, **changed)
    assert data_of(as_manager.put(address, found)) == found


def test_deleting_leaves_its_people(as_manager, org, companies, event):
    company = CompanyFactory(partner=org)
    person = PersonFactory(event=event, company=company)
    assert as_manager.delete(f"{companies}/{ulid(company)}").json() == {"data": None}
    person.refresh_from_db()
    assert person.company is None
    refusal_of(as_manager.delete(f"{companies}/{ulid(company)}"), 404, "not_found")


def test_one_of_another_organisation_is_not_there(as_manager, companies):
    other = CompanyFactory(partner=PartnerFactory())
    for method in ("put", "delete"):
        refusal_of(getattr(as_manager, method)(f"{companies}/{ulid(other)}"), 404, "not_found")
