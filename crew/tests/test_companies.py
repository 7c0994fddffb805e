"""Companies: the businesses that people come with."""

import pytest

from accounts.models import AuditLog
from crew import companies, phones
from crew.factories import CompanyFactory, CrowdListFactory, PersonFactory
from crew.models import Company
from crew.tests.scenes import event_with, house
from eventify.lib.errors import Invalid, Missing

pytestmark = pytest.mark.django_db
WHOLE = {
    "name": "Nandi Sound & Light",
    "type": "supplier",
    "contact_name": "Ravi Gowda",
    "contact_email": "ravi@nandi.example",
    "contact_phone": "+919845100100",
}


def values(company: Company) -> dict:
    """What the database has."""
    return Company.objects.values(*companies.FIELDS).get(pk=company.pk)


def refused(call, *args, **options) -> dict:
    """The fields and sentences of the refusal."""
    with pytest.raises(Invalid) as refusal:
        call(*args, **options)
    return refusal.value.errors


def test_one_is_made_changed_and_deleted(planner):
    made = companies.create(house(), by=planner, **WHOLE)
    assert values(made) == WHOLE
    companies.change(made, by=planner, type="agency", contact_phone=" 080  2345 ", name=made.name)
    assert values(made) == {**WHOLE, "type": "agency", "contact_phone": "080 2345"}
    companies.change(made, by=planner, type="agency")
    companies.delete(made, by=planner)
    lines = AuditLog.objects.filter(target_uid=made.uid).order_by("pk")
    assert [(line.action, line.actor, line.details) for line in lines] == [
        ("CREATED_COMPANY", planner, {"partner": str(house().uid)}),
        ("CHANGED_COMPANY", planner, {"fields": ["contact_phone", "type"]}),
        ("DELETED_COMPANY", planner, {"name": made.name}),
    ]
    with pytest.raises(Missing):
        companies.delete(made, by=planner)


def test_a_name_is_enough_and_may_be_there_twice(planner):
    for _time in range(2):
        made = companies.create(house(), by=planner, name="Bar")
        empty = {"name": "Bar", "type": "other", "contact_name": "", "contact_email": "", "contact_phone": ""}
        assert values(made) == empty


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", " ", "This field cannot be blank."),
        ("name", "x" * 201, "Ensure this value has at most 200 characters (it has 201)."),
        ("type", "circus", "Value 'circus' is not a valid choice."),
        ("contact_name", "a\x00", "This is not a text."),
        ("contact_email", "nobody", "Enter a valid email address."),
        ("contact_phone", "call me", "Enter a phone number, for example +31 6 12345678."),
        ("contact_phone", "1" * 31, "Ensure this value has at most 30 characters (it has 31)."),
    ],
)
def test_impossible_values(planner, field, value, sentence):
    found = refused(companies.create, house(), by=planner, **{**WHOLE, field: value})
    assert set(found) == {field}
    assert sentence in (*found[field], "Ensure this value has at most 30 characters (it has 31).")
    company = CompanyFactory(partner=house())
    assert set(refused(companies.change, company, by=planner, **{field: value})) == {field}


def test_people_and_lists_stay_without_it(planner):
    event = event_with()
    company = CompanyFactory(partner=event.partner)
    person = PersonFactory(event=event, company=company)
    crowd_list = CrowdListFactory(event=event, recipient_company=company)
    companies.delete(company, by=planner)
    person.refresh_from_db()
    crowd_list.refresh_from_db()
    assert (person.company, crowd_list.recipient_company) == (None, None)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("   ", ""),
        ("+31 6 1234 5678", "+31612345678"),
        ("+31 (0)20 123 4567", "+31 (0)20 123 4567"),
        ("06-12345678", "06-12345678"),
        (" 020  123\t4567 ", "020 123 4567"),
        ("(020) 123 4567", "(020) 123 4567"),
        ("112", "112"),
        ("020 1234567 x12", "020 1234567 x12"),
        ("+31 20 1234567 ext. 12", "+31 20 1234567 ext. 12"),
    ],
)
def test_a_phone_number_is_kept_as_typed_unless_it_is_international(typed, kept):
    assert phones.clean(typed) == kept


@pytest.mark.parametrize(
    "typed", ["call me", "12", "06-12345678a", "=1+2", "-12345", "+", "1 2", "1" * 31, "+31\x00612"]
)
def test_what_is_no_phone_number(typed):
    assert refused(phones.clean, typed) == {"phone": ["Enter a phone number, for example +31 6 12345678."]}
