"""The pages of the books: the ledger, one transfer, and statements that drill down."""

import csv
import io
import re
from html import unescape

import pytest
from django.urls import reverse

from accounts.tests.coming_in import log_in
from partners.models import Partner
from partners.tests.money import (
    event_of,
    refund,
    rich_partner,
    sell,
    staff,
)

pytestmark = pytest.mark.django_db(transaction=True)
DESK = "/command-center/"


def text(response) -> str:
    """A page as people read it."""
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(response.content.decode())).split())


@pytest.fixture
def maker(client):
    user, _other = staff(2)
    return log_in(client, user) and user


# --- The ledger


def rows_of(response) -> list[dict]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def test_the_ledger_is_narrowed_and_downloaded(client, maker):
    partner, elsewhere = rich_partner(100, name="=Formula"), rich_partner(7, name="Elsewhere")
    event = event_of(partner, name="Night")
    order = sell(partner, 900, fee=45, event=event)
    refund(partner, 900, order=order, event=event)
    page = client.get(f"{DESK}ledger/")
    assert page.context["slice"].paginator.count == 10
    assert "Owed to partners" in text(page)

    def found(**query) -> int:
        return client.get(f"{DESK}ledger/", query).context["slice"].paginator.count

    assert found(partner="elsewh") == found(partner=str(elsewhere.uid)) == 1
    assert found(account="platform_fees") == 1
    assert found(kind="refund") == 2
    assert found(event="nig") == found(event=str(event.uid)) == 6
    assert found(order=str(order), account="partner_payable") == 3
    assert found(date_from="2020-01-01") == 10
    assert found(date_to="2020-01-01") == 0
    rows = rows_of(client.get(f"{DESK}ledger/", {"format": "csv", "kind": "fee", "account": "partner_payable"}))
    (row,) = rows
    assert (row["Partner"], row["Kind"], row["Debit"], row["Debit: currency"]) == ("'=Formula", "Fee", "45.00", "INR")
    assert client.get(f"{DESK}ledger/", {"format": "xlsx"}).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"partner": "\x00"},
        {"order": "x"},
        {"account": "moon"},
        {"date_from": "yesterday"},
        {"date_to": "9999-12-31"},
        {"event": "x" * 9999},
        {"page": "-1"},
        {"page": "9" * 400},
        {"sort": "transfer__by__password"},
        {"q": "x"},
    ],
)
def test_any_query_of_the_ledger_is_answered(client, maker, query):
    rich_partner()
    for path in ("ledger/", "payouts/", "payouts/all/"):
        assert client.get(DESK + path, query).status_code == 200


def test_a_transfer_shows_both_sides(client, maker):
    partner = rich_partner(100, name="Monsoon")
    transfer = partner.entries.get().transfer
    page = text(client.get(reverse("desk-transfer", args=[transfer.uid])))
    assert transfer.key in page and "Cash" in page and "Monsoon" in page and "Both sides ₹100.00 ₹100.00" in page


# --- Statements


def statement(client, partner, **query):
    return client.get(reverse("desk-statement", args=[partner.uid]), query)


def test_a_statement_drills_down_from_the_total_to_the_order(client, maker):
    partner = rich_partner(100, name="Monsoon")
    event = event_of(partner, name="Night")
    order = sell(partner, 900, fee=45, event=event)
    sell(partner, 50, event=event)
    days = {"first_day": "2020-01-01", "last_day": "2099-12-31"}
    page = statement(client, partner, **days)
    assert "Night" in text(page) and "₹1,005.00" in text(page)
    whole = page.context["statement"]
    assert (whole.opening, whole.closing) == (0, 1005)
    page = statement(client, partner, event=str(event.uid), **days)
    assert (page.context["level"], page.context["statement"].whole.total, len(page.context["rows"])) == (2, 905, 2)
    page = statement(client, partner, event=str(event.uid), order=str(order), **days)
    assert (page.context["level"], page.context["statement"].whole.total) == (3, 855)
    rows = rows_of(statement(client, partner, format="csv", **days))
    assert {row["Event"]: row["Total"] for row in rows if row["Order"] == str(order)} == {"Night": "855.00"}
    assert len(rows) == 3


@pytest.mark.parametrize(
    "query",
    [
        {"first_day": "x"},
        {"first_day": "2026-02-02", "last_day": "2026-02-01"},
        {"currency": "XXX"},
        {"event": "nonsense"},
        {"first_day": "0001-01-01", "last_day": "9999-12-31"},
        {"order": "\x00"},
    ],
)
def test_any_query_of_a_statement_is_answered(client, maker, query):
    partner = rich_partner()
    assert statement(client, partner, **query).status_code == 200
    assert statement(client, partner, format="csv", **query).status_code in (200, 422)


def test_a_partner_without_any_money_has_an_empty_statement(client, maker):
    empty = Partner.objects.create(name="Empty", slug="empty")
    assert "Nothing moved in these days" in text(statement(client, empty))
