"""The door."""

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from bookings import checkin
from eventify.contracts.evient import rows, shapes
from eventify.contracts.evient.conventions import View, ok
from eventify.contracts.fields import Body, Text, Uid, read
from eventify.contracts.needs import organiser
from eventify.lib.errors import Missing
from eventify.lib.wire import moment
from events.models import Event

CODE_MAX = 200


class Scan(Body):
    """`event_id` is the event that the gate is for: a ticket of another one is refused."""

    code = Text(max_length=CODE_MAX)
    gate = Text(max_length=100, required=False, allow_blank=True, allow_null=True)
    event_id = Uid(required=False, allow_null=True)


class Question(Body):
    """A code, and the event that the gate is for."""

    code = Text(max_length=CODE_MAX)
    event_id = Uid(required=False, allow_null=True)


class Validate(View):
    """GET whether the ticket with this code would be admitted; changes nothing."""

    needs = {"GET": organiser("check_in")}

    def get(self, request):
        asked = _from_query(request)
        ticket = checkin.look_up(asked["code"], by=request.user)
        reason = checkin.why_not(ticket, _event(request.user, asked.get("event_id")))
        message = checkin.sentence(ticket, reason) if reason else _("The ticket is valid.")
        answer = {"valid": not reason, "reason": reason or None, "ticket": shapes.admin_ticket(ticket)}
        return ok(answer, message)


class Checkin(View):
    """POST: use the ticket, once."""

    needs = {"POST": organiser("check_in")}

    def post(self, request):
        asked = read(request, Scan)
        event = _event(request.user, asked.get("event_id"))
        try:
            ticket = checkin.admit(asked["code"], by=request.user, gate=asked.get("gate") or "", event=event)
        except checkin.NotValid as refusal:
            refusal.details |= _when_and_where(refusal.ticket)
            raise
        return ok({"ticket": shapes.admin_ticket(ticket)}, _("Welcome!"))


def _from_query(request) -> dict:
    names = [name for name in ("code", "event_id") if request.query_params.get(name)]
    asked = Question(data={name: request.query_params[name] for name in names})
    if not asked.is_valid():
        raise ValidationError(asked.errors)
    return asked.validated_data


def _event(user, uid) -> Event | None:
    """The event that is scanned for; Missing when the user checks nobody in there."""
    if uid is None:
        return None
    event = rows.one(Event.objects.select_related("partner"), str(uid))
    if not user.can("check_in", event):
        raise Missing
    return event


def _when_and_where(ticket) -> dict:
    return {
        "ticket_id": str(ticket.uid),
        "status": ticket.status,
        "used_at": moment(ticket.used_at),
        "used_gate": ticket.used_gate or None,
    }
