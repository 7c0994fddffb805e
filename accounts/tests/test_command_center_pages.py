"""The pages that each person keeps for themselves, and the audit log."""

import pytest

from accounts import audit, notify
from accounts.factories import SuperAdminFactory, UserFactory

pytestmark = pytest.mark.django_db
PAGES = ("audit/", "notifications/", "search/?q=ab", "search/")


@pytest.mark.parametrize("path", PAGES)
def test_smoke(client, path):
    admin = SuperAdminFactory()
    client.force_login(admin)
    for n in range(3):
        audit.record("APPROVED_KYC", UserFactory(), by=admin, before={"status": "a"}, after={"status": "b"})
        notify.notify(admin, f"Title {n}")
    response = client.get(f"/command-center/{path}")
    page = response.content.decode()
    assert response.status_code == 200
    assert "style=" not in page
    open(f"/tmp/h_shell_{path[:5]}.html", "w").write(page)
    assert client.get("/command-center/nope/").status_code == 404
