"""A festival from nothing to a shift that somebody has, through the API alone."""

from accounts.models import OutgoingMail
from crew.tests import invariants
from eventify.contracts.crewli.tests.conftest import API, client_of, data_of, errors_of, list_of, refusal_of
from events.models import Event
from partners import inviting

PASSWORD = "a-place-by-the-river-7"


def post(client, path: str, body=None, status: int = 201) -> dict:
    """Send a body, and return the data of the success."""
    return data_of(client.post(f"{API}{path}", {} if body is None else body), status)


def joined(client, org: str, email: str, role: str, name: str):
    """Invite somebody, who accepts by the link in their mail and logs in; their client, and who they are."""
    post(client, f"organisations/{org}/invite", {"email": email, "role": role})
    letter = OutgoingMail.objects.get(template="partner_invitation", to=email)
    token = inviting.token_of(letter.context["seed"])
    newcomer = client_of()
    post(newcomer, f"invitations/{token}/accept", {"name": name, "password": PASSWORD}, 200)
    session = post(newcomer, "auth/login", {"email": email, "password": PASSWORD}, 200)
    newcomer.credentials(HTTP_AUTHORIZATION=f"Bearer {session['access_token']}")
    return newcomer, data_of(newcomer.get(f"{API}auth/me"))


def planned(planner, org: str) -> dict:
    """A festival with one day, open for registration; the ids of its parts."""
    events = f"organisations/{org}/events"
    days = {"start_date": "2031-06-13", "end_date": "2031-06-15", "timezone": "Europe/Amsterdam"}
    festival = post(planner, events, {"name": "River Fest", "event_type": "festival", **days})["id"]
    day = post(planner, events, {
        "name": "Friday", "parent_event_id": festival, "start_date": "2031-06-13", "end_date": "2031-06-13",
    })["id"]  # fmt: skip
    for one in (festival, day):
        post(planner, f"{events}/{one}/transition", {"status": "published"}, 200)
    answer = planner.post(f"{API}{events}/{day}/transition", {"status": "registration_open"})
    body = refusal_of(answer, 422, "invalid_transition")
    assert body["errors"]["status"] == [
        "To open registration an event needs at least one time slot.",
        "To open registration an event needs at least one section.",
    ]
    assert (body["current_status"], body["requested_status"]) == ("published", "registration_open")
    assert "registration_open" in body["allowed_transitions"]
    slot = post(planner, f"events/{day}/time-slots", {
        "name": "Evening", "person_type": "VOLUNTEER", "date": "2031-06-13", "start_time": "18:00", "end_time": "01:00",
    })  # fmt: skip
    section = post(planner, f"events/{day}/sections", {"name": "Main bar", "category": "Bar", "crew_need": 2})
    opened = post(planner, f"{events}/{day}/transition", {"status": "registration_open"}, 200)
    assert opened["status"] == "registration_open"
    place = post(planner, f"events/{day}/locations", {"name": "Bar tent", "latitude": 52.37, "longitude": 4.9})
    shift = post(planner, f"events/{day}/sections/{section['id']}/shifts", {
        "time_slot_id": slot["id"], "location_id": place["id"], "title": "Tapping", "slots_total": 2,
        "slots_open_for_claiming": 1, "report_time": "17:45", "status": "open",
    })  # fmt: skip
    return {"festival": festival, "day": day, "slot": slot, "section": section["id"], "shift": shift}


def test_from_nothing_to_a_claimed_shift(as_admin):
    org = post(as_admin, "organisations", {"name": "River People", "contact_email": "hello@river.example"})["id"]
    planner, me = joined(as_admin, org, "petra@river.example", "event_manager", "Petra Planner")
    assert [one["role"] for one in me["organisations"]] == ["event_manager"]
    plan = planned(planner, org)
    day, shift = plan["day"], plan["shift"]
    shifts = f"events/{day}/sections/{plan['section']}/shifts"

    # The planner knows somebody by their address; the account that comes later is matched, not linked.
    kind = post(planner, f"organisations/{org}/crowd-types", {"name": "Volunteer", "system_type": "VOLUNTEER"})["id"]
    body = {"crowd_type_id": kind, "name": "Vera", "email": "Vera@home.example"}
    person = post(planner, f"events/{day}/persons", body)
    assert (person["status"], person["user_id"], person["pending_identity_match"]) == ("pending", None, None)
    volunteer, _vera = joined(as_admin, org, "vera@home.example", "volunteer", "Vera Visser")
    errors_of(volunteer.get(f"{API}{shifts}"), 404, "not_found")  # not her event yet
    waiting = list_of(planner.get(f"{API}organisations/{org}/identity-matches"))
    assert [match["matched_user"]["email"] for match in waiting] == ["vera@home.example"]
    address = f"{API}organisations/{org}/identity-matches/bulk-confirm"
    result = planner.post(address, {"match_ids": [waiting[0]["match_id"]]}).json()
    assert (result["confirmed"], result["errors"]) == (1, [])

    # She claims a shift, but has to be approved first; then her claim waits for the planner.
    assert list_of(volunteer.get(f"{API}{shifts}")) == [shift]
    answer = volunteer.post(f"{API}{shifts}/{shift['id']}/claim")
    said = "Main bar, Evening, Fri 13 Jun, 18:00 to 01:00: Vera has to be approved first."
    assert refusal_of(answer, 422, "not_approved")["message"] == said
    approved = post(planner, f"events/{day}/persons/{person['id']}/approve", status=200)
    assert approved == {**person, "status": "approved", "user_id": approved["user_id"]} and approved["user_id"]
    claimed = post(volunteer, f"{shifts}/{shift['id']}/claim")
    assert (claimed["status"], claimed["person_id"]) == ("pending_approval", person["id"])
    decided = post(planner, f"events/{day}/shift-assignments/{claimed['id']}/approve", status=200)
    assert decided == {**claimed, "status": "approved"}
    assert list_of(volunteer.get(f"{API}events/{day}/shift-assignments")) == [decided]
    assert list_of(volunteer.get(f"{API}{shifts}")) == [
        {**shift, "filled_slots": 1, "fill_rate": 0.5, "claimable_slots": 0}
    ]
    told = OutgoingMail.objects.filter(to="Vera@home.example").order_by("id").values_list("template", flat=True)
    assert list(told) == ["crew_approved", "crew_claim_approved"]
    invariants.check(Event.objects.get(name="Friday"))
