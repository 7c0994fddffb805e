"""The pages of reports: asking, waiting, fetching, and what comes by itself, for staff and on a partner's own pages."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from accounts.tests.coming_in import log_in
from analytics import tasks
from analytics.models import Export, Subscription
from analytics.reports import exports
from analytics.tests.reported import asked

pytestmark = pytest.mark.django_db
DESK = "/command-center"


def into(user) -> Client:
    return log_in(Client(), user)


def pages(world) -> dict[str, str]:
    """The pages on which a report can be asked for."""
    return {
        "event": f"{DESK}/events/{world.event.uid}/reports/",
        "partner": f"{DESK}/partners/{world.partner.uid}/reports/",
        "own": f"/partner/{world.partner.slug}/reports/",
        "all": f"{DESK}/reports/",
    }


def choices(response) -> list[str]:
    return [one.name for one in response.context["reports"]]


def test_each_page_offers_what_one_may_have_there(world):
    offered = {name: choices(into(world.admin).get(path)) for name, path in pages(world).items()}
    everything = ["attendees", "orders", "ledger", "payouts", "rosters", "scans"]
    assert offered == {
        "event": [one for one in everything if one != "payouts"],
        "partner": everything,
        "own": ["attendees", "orders", "ledger", "payouts"],
        "all": [],
    }
    assert choices(into(world.chief).get(pages(world)["all"])) == everything
    overview = into(world.admin).get(pages(world)["all"]).content.decode()
    assert "Quokka Ltd" in overview and "Wombat" not in overview


@pytest.mark.parametrize("page", ["event", "partner", "own"])
def test_a_small_one_is_there_at_once(world, page):
    client = into(world.member)
    answer = client.post(pages(world)[page], {"report": "orders", "form": "csv"})
    export = Export.objects.get(user=world.member)
    assert answer["Location"] == f"{DESK}/exports/{export.uid}/file/"
    file = client.get(answer["Location"])
    text = file.getvalue().decode()
    assert "Quokka" in text and "Wombat" not in text
    kind = "orders-quokka-night" if page == "event" else "orders-quokka-ltd"
    assert f'filename="{kind}-' in file["Content-Disposition"] and file["Content-Disposition"].startswith("attachment")


def test_what_one_may_not_have_cannot_be_asked_for(world):
    for page in ("event", "partner", "own"):
        answer = into(world.member).post(pages(world)[page], {"report": "ledger", "form": "csv"})
        assert answer.status_code == 400 and "report" in answer.context["form"].errors
    late = {"report": "orders", "form": "csv", "first_day": "2026-02-02", "last_day": "2026-02-01"}
    answer = into(world.member).post(pages(world)["event"], late)
    assert answer.status_code == 422 and "last_day" in answer.context["form"].errors
    assert not Export.objects.exists()


def test_a_large_one_says_how_far_it_is(world, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    client = into(world.admin)
    path = client.post(pages(world)["event"], {"report": "attendees", "form": "xlsx"})["Location"]
    export = Export.objects.get(user=world.admin)
    assert path == f"{DESK}/exports/{export.uid}/"
    page = client.get(path).content.decode()
    assert 'hx-trigger="every 2s"' in page and '<meta http-equiv="refresh"' in page
    Export.objects.update(state="running")
    cache.set(exports._progress_key(export), (4000, 12000))
    page = client.get(path).content.decode()
    assert "4,000 of 12,000 rows" in page and f"{path}file/" not in page
    assert client.get(f"{path}file/").status_code == 404
    assert tasks.make_exports() == 1
    page = client.get(path).content.decode()
    export.refresh_from_db()
    assert f"{path}file/" in page and export.sha256 in page and 'hx-trigger="every 2s"' not in page


def test_why_there_is_no_file(world):
    client, said = into(world.admin), {"failed": "It took too long", "expired": "old"}
    for state, words in said.items():
        export = Export.objects.create(
            user=world.admin, report="orders", form="pdf", partner=world.partner, state=state, reason=words
        )
        assert words in client.get(f"{DESK}/exports/{export.uid}/").content.decode()


def test_what_somebody_else_asked_for_is_not_there(world):
    export = asked(world.admin, "orders", partner=world.partner)
    for path in (f"{DESK}/exports/{export.uid}/", f"{DESK}/exports/{export.uid}/file/"):
        assert into(world.chief).get(path).status_code == 404
    assert into(UserFactory()).get(f"{DESK}/exports/{export.uid}/").status_code == 404


def test_it_can_come_by_itself_and_be_ended(world):
    client, path = into(world.member), pages(world)["own"]
    assert client.post(path, {"report": "orders", "form": "pdf", "every": "week", "hour": "6"}).status_code == 302
    subscription = Subscription.objects.get(user=world.member)
    assert (subscription.every, subscription.hour, subscription.partner) == ("week", 6, world.partner)
    end = f"{DESK}/reports/regular/{subscription.uid}/end/"
    assert end in client.get(path).content.decode()
    assert into(world.admin).post(end).status_code == 404
    assert client.post(end, {"next": path})["Location"] == path
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("page", ["event", "partner", "own", "all"])
def test_a_page_asks_as_much_for_more_rows(world, page):
    client = into(world.admin)
    about = {"event": world.event} if page == "event" else {"partner": world.partner}

    def cost() -> int:
        asked(world.admin, "orders", **about)
        number = Subscription.objects.count()
        Subscription.objects.create(
            user=world.admin, report="orders", form="csv", every="day", hour=number, next_at="2030-01-01T00:00Z",
            time_zone="UTC", **about,
        )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            response = client.get(pages(world)[page])
        assert len(response.context["exports"]) == len(response.context["subscriptions"]) == number + 1
        return len(queries)

    client.get(pages(world)[page])
    assert len({cost() for _more in range(3)}) == 1


def test_the_pages_that_lead_there(world):
    chief = into(world.chief)
    path = pages(world)["event"]
    assert path in chief.get(f"{DESK}/events/{world.event.uid}/").content.decode()
    assert f"{path}?report=rosters" in chief.get(f"{DESK}/crew/{world.event.uid}/rosters/").content.decode()
    assert pages(world)["partner"] in chief.get(f"{DESK}/partners/{world.partner.uid}/").content.decode()
    chosen = chief.get(f"{path}?report=rosters").content.decode()
    assert '<option value="rosters" selected>' in chosen
    assert pages(world)["own"] in into(world.admin).get(f"/partner/{world.partner.slug}/").content.decode()


def test_the_raw_admin_shows_them_without_their_files(world):
    export, client = asked(world.admin, "orders", partner=world.partner), into(world.chief)
    for path in ("export/", f"export/{export.pk}/change/", "subscription/"):
        answer = client.get(f"/django-admin/analytics/{path}")
        assert answer.status_code == 200 and export.file.name not in answer.content.decode()
