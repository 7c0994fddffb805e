import pytest
from django.conf import settings

from eventify.contracts.evient.tests.conftest import data_of, error_of
from events.models import Banner

PATH = "/api/admin/banners"


def test_crud(as_admin, event, anybody):
    body = {"title": "Summer", "image_url": "https://example.com/s.png", "event_id": str(event.uid), "priority": 3}
    made = data_of(as_admin.post(PATH, body), 201)
    banner = Banner.objects.get()
    assert made == {**body, "id": banner.pk, "link_url": "", "is_active": True}
    assert data_of(as_admin.get(f"{PATH}/{banner.pk}")) == made
    assert data_of(as_admin.get(f"{PATH}?is_active=true&search=SUM")) == [made]
    changed = data_of(as_admin.put(f"{PATH}/{banner.pk}", {**made, "is_active": False, "event_id": None}))
    assert changed == {**made, "is_active": False, "event_id": None}
    assert data_of(anybody.get("/api/banners")) == []
    assert data_of(as_admin.get(f"{PATH}?is_active=false")) == [changed]
    assert data_of(as_admin.delete(f"{PATH}/{banner.pk}")) is None
    assert not Banner.objects.exists()


def test_our_own_pictures_are_absolute(anybody):
    Banner.objects.create(title="Own", image_url="/media/event_images/x.png")
    shown = data_of(anybody.get("/api/banners"))
    assert shown[0]["image_url"] == f"{settings.SITE_URL}/media/event_images/x.png"


def test_bad_values(as_admin):
    assert set(error_of(as_admin.post(PATH, {}), 422, "invalid")) == {"title", "image_url"}
    bad = {
        "title": None,
        "image_url": "",
        "link_url": "javascript:alert(1)",
        "event_id": 5,
        "priority": 10**20,
        "is_active": "perhaps",
        "colour": "red",
    }
    assert set(error_of(as_admin.post(PATH, bad), 422, "invalid")) == set(bad)
    unknown = {"title": "T", "image_url": "/t.png", "event_id": "01900000-0000-7000-8000-000000000000"}
    assert set(error_of(as_admin.post(PATH, unknown), 422, "invalid")) == {"event_id"}
    assert not Banner.objects.exists()


@pytest.mark.parametrize("id", ["0", "x", "-1", "99999999999999999999", "9223372036854775808", "²"])
def test_unknown_banners(as_admin, id):
    for method in ("get", "put", "delete"):
        error_of(getattr(as_admin, method)(f"{PATH}/{id}"), 404, "not_found")
