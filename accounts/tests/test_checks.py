"""A demo's database does not serve in production."""

import pytest
from django.core.checks import Tags, run_checks

from accounts.factories import SuperAdminFactory

pytestmark = pytest.mark.django_db


def found() -> list[str]:
    return [error.id for error in run_checks(tags=[Tags.database], databases=["default"])]


@pytest.mark.parametrize(("password", "errors"), [("admin123", ["accounts.E001"]), ("chosen by the owner", [])])
def test_the_demo_administrator_must_have_another_password(settings, password, errors):
    SuperAdminFactory(email="Admin@evient.com", password=password)
    assert found() == []  # the demo may
    settings.PRODUCTION = True
    assert found() == errors


def test_a_closed_account_does_no_harm(settings):
    settings.PRODUCTION = True
    SuperAdminFactory(email="admin@evient.com", password="admin123", is_active=False)
    assert found() == []


def test_without_a_demo_administrator_all_is_well(settings):
    settings.PRODUCTION = True
    assert found() == []
