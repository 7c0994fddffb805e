"""Identity matches: what waits, what a decision does, and many at once with what refused each."""

import pytest

from accounts.factories import UserFactory
from accounts.models import OutgoingMail
from crew import persons
from crew.factories import CrowdTypeFactory, PersonFactory
from crew.models import IdentityMatch, Person
from eventify.contracts.crewli.tests.conftest import API, client_of, data_of, errors_of, list_of, refusal_of, ulid
from eventify.contracts.crewli.tests.planning import BAD_IDS, NO_ID, insiders
from eventify.lib.wire import moment
from events.factories import EventFactory
from partners import inviting
from partners.factories import PartnerFactory


def matched(event, email: str, user=None) -> IdentityMatch:
    """A person of the event with the address of an account."""
    user = user or UserFactory(email=email)
    kind = CrowdTypeFactory(partner=event.partner)
    person = persons.create(event, by=None, crowd_type=kind, name=f"Person {email}", email=email)
    return IdentityMatch.objects.get(person=person, user=user)


def shown(match: IdentityMatch, **changed) -> dict:
    match = IdentityMatch.objects.select_related("person__event", "user").get(pk=match.pk)
    person = match.person
    return {
        "id": ulid(match),
        "match_id": ulid(match),
        "matched_user": {"id": ulid(match.user), "name": match.user.full_name, "email": match.user.email},
        "matched_on": "email",
        "confidence": "exact",
        "status": "pending",
        "person": {
            "id": ulid(person),
            "event_id": ulid(person.event),
            "event_name": person.event.name,
            "user_id": person.user and ulid(person.user),
            "name": person.name,
            "email": person.email or None,
        },
        "created_at": moment(match.created_at),
        **changed,
    }


@pytest.fixture
def matches(path):
    return f"{path}/identity-matches"


def test_the_matches_that_wait_the_newest_first(as_manager, matches, event):
    first, second, done = (matched(event, f"{name}@example.nl") for name in ("a", "b", "c"))
    IdentityMatch.objects.filter(pk=done.pk).update(status="dismissed")
    matched(EventFactory(), "d@example.nl")
    assert list_of(as_manager.get(matches)) == [shown(second), shown(first)]
    answer = as_manager.get(f"{matches}?per_page=1&page=2").json()
    assert answer["data"] == [shown(first)]
    assert as_manager.get(matches).json()["meta"] == {"current_page": 1, "per_page": 25, "total": 2, "last_page": 1}


def test_the_match_of_a_person(as_manager, path, event):
    match = matched(event, "a@example.nl")
    one = f"{path}/persons/{ulid(match.person)}/identity-match"
    assert data_of(as_manager.get(one)) == shown(match)
    IdentityMatch.objects.update(status="dismissed")
    assert data_of(as_manager.get(one)) is None
    for person in (ulid(PersonFactory()), NO_ID, "x"):
        errors_of(as_manager.get(f"{path}/persons/{person}/identity-match"), 404, "not_found")


def test_confirming_links_the_person(as_manager, manager, matches, event):
    match = matched(event, "a@example.nl")
    answered = data_of(as_manager.post(f"{matches}/{ulid(match)}/confirm"))
    assert answered == shown(match, status="confirmed")
    assert answered["person"]["user_id"] == ulid(match.user)
    match.refresh_from_db()
    assert (match.person.user, match.decided_by) == (match.user, manager)
    for verb in ("confirm", "dismiss"):
        body = refusal_of(as_manager.post(f"{matches}/{ulid(match)}/{verb}"), 409, "conflict")
        assert body["message"] == "Somebody decided this already."
    assert list_of(as_manager.get(matches)) == []


def test_dismissing_hides_the_match_and_leaves_the_person(as_manager, matches, event):
    match = matched(event, "a@example.nl")
    assert data_of(as_manager.post(f"{matches}/{ulid(match)}/dismiss")) == shown(match, status="dismissed")
    assert Person.objects.get().user is None
    assert list_of(as_manager.get(matches)) == []


def test_an_account_has_one_person_in_an_event(as_manager, matches, event):
    match = matched(event, "a@example.nl")
    PersonFactory(event=event, user=match.user)
    answer = as_manager.post(f"{matches}/{ulid(match)}/confirm")
    assert refusal_of(answer, 409, "conflict")["message"] == "User already has a person record in this event."
    assert data_of(as_manager.get(matches)) == [shown(match)]


def test_a_new_account_is_matched_and_never_linked(as_manager, matches, org, event):
    person = PersonFactory(event=event, email="new@example.nl", status="pending")
    inviting.invite(org, "new@example.nl", role="volunteer", by=None)
    token = inviting.token_of(OutgoingMail.objects.get(template="partner_invitation").context["seed"])
    body = {"name": "New", "password": "a long enough secret 1"}
    data_of(client_of().post(f"{API}invitations/{token}/accept", body))
    match = IdentityMatch.objects.get()
    assert list_of(as_manager.get(matches)) == [shown(match)]
    person.refresh_from_db()
    assert (match.person, match.user.email, person.user) == (person, "new@example.nl", None)


# --- Many at once -------------------------------------------------------------------------------------


def test_many_are_confirmed_each_for_itself(as_manager, matches, event):
    good, also, decided, twice, foreign = (matched(event, f"{name}@example.nl") for name in "abcde")
    IdentityMatch.objects.filter(pk=decided.pk).update(status="dismissed")
    PersonFactory(event=event, user=twice.user)
    other = matched(EventFactory(partner=PartnerFactory()), "f@example.nl")
    ids = [ulid(good), str(also.uid), ulid(decided), ulid(twice), ulid(other), NO_ID, ulid(good)]
    answer = as_manager.post(f"{matches}/bulk-confirm", {"match_ids": ids})
    result = {
        "confirmed": 2,
        "errors": [
            {"match_id": ulid(decided), "error": "Somebody decided this already."},
            {"match_id": ulid(twice), "error": "User already has a person record in this event."},
            {"match_id": ulid(other), "error": "There is no such match."},
            {"match_id": NO_ID, "error": "There is no such match."},
        ],
    }
    assert answer.status_code == 200
    assert answer.json() == {"data": result, **result}
    linked = Person.objects.filter(user__isnull=False, identity_matches__status="confirmed")
    assert set(linked) == {good.person, also.person}
    assert list_of(as_manager.get(matches)) == [shown(foreign), shown(twice)]
    other.refresh_from_db()
    assert other.status == "pending"


@pytest.mark.parametrize("ids", [None, "x", {}, 5, [], [NO_ID] * 101, *([one] for one in BAD_IDS if one != NO_ID)])
def test_many_are_at_most_100_ids(as_manager, matches, event, ids):
    match = matched(event, "a@example.nl")
    for sent in (ids, [ulid(match), *ids] if ids and isinstance(ids, list) else ids):
        errors = errors_of(as_manager.post(f"{matches}/bulk-confirm", {"match_ids": sent}))
        assert all(name.split(".")[0] == "match_ids" for name in errors)
    assert errors_of(as_manager.post(f"{matches}/bulk-confirm")) == {"match_ids": ["This field is required."]}
    match.refresh_from_db()
    assert match.status == "pending"


# --- Who ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method, parts",
    [("GET", ""), ("GET", "person"), ("POST", "confirm"), ("POST", "dismiss"), ("POST", "bulk-confirm")],
)
def test_only_planners_see_and_decide_matches(as_stranger, path, matches, event, method, parts):
    match = matched(event, "a@example.nl")
    own = f"{path}/persons/{ulid(match.person)}/identity-match"
    address = {
        "": matches,
        "person": own,
        "bulk-confirm": f"{matches}/bulk-confirm",
    }.get(parts, f"{matches}/{ulid(match)}/{parts}")  # fmt: skip
    for who, client in insiders(event).items():
        assert getattr(client, method.lower())(address, {"nonsense": 1}).status_code == 403, who
    assert getattr(as_stranger, method.lower())(address).status_code == 404
    errors_of(getattr(client_of(), method.lower())(address), 401, "unauthenticated")
    match.refresh_from_db()
    assert match.status == "pending"


@pytest.mark.parametrize("verb", ["confirm", "dismiss"])
def test_a_match_is_found_only_in_its_organisation(as_manager, matches, verb):
    other = matched(EventFactory(partner=PartnerFactory()), "a@example.nl")
    for id in (ulid(other), NO_ID, "x", "9" * 40):
        errors_of(as_manager.post(f"{matches}/{id}/{verb}"), 404, "not_found")
