"""An unknown path answers in the shape of the contract to whose area it belongs, the root of the area included."""

import pytest

EVIENT = ("/api", "/api/nope", "/api/events/x/nope", "/api/users", "/api/userx", "/api/admin/nope")
EVENTLY = (
    *("/auth", "/auth/nope", "/bookings", "/me", "/me/nope", "/stats", "/stats/nope", "/events/1/nope"),
    *("/admin/nope", "/admin/analytics", "/healthz/nope", "/metrics/nope"),
)
V1 = ("/api/v1", "/api/v1/nope", "/api/v1/partners/x/nope", "/api/v1/admin", "/api/v1/auth", "/api/v1/events/nope")
PLUS = ("/api/user", "/api/user/nope", "/api/events/type-list/nope", "/api/events/events-by-date/x/y")
SITE = ("/nope", "/authors", "/meadow", "/apix", "/eventsx")
PLAIN = {
    **dict.fromkeys(V1, {"message", "errors", "code"}),
    **dict.fromkeys(EVIENT, {"success", "data", "message", "error"}),
    **dict.fromkeys(EVENTLY, {"detail"}),
    **dict.fromkeys(PLUS, {"status", "message"}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", PLAIN)
def test_unknown_paths_answer_in_their_contracts_shape(client, path, slash):
    for answer in (client.get(path + slash), client.post(path + slash, "{", content_type="application/json")):
        assert answer.status_code == 404
        assert set(answer.json()) == PLAIN[path]


@pytest.mark.django_db
@pytest.mark.parametrize("path", SITE)
def test_other_paths_answer_with_a_page(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.django_db
def test_the_sentence_is_in_the_language_that_is_asked_for(client):
    said = {
        language: client.get("/api/v1/nope", headers={"Accept-Language": language}).json()["message"]
        for language in ("en", "nl")
    }
    assert said == {"en": "Not found.", "nl": "Niet gevonden."}
