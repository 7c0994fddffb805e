"""What a page with the form of reports does, in the command center and on a partner's own pages."""

from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from analytics.models import Export, Subscription
from analytics.reports import exports, schedules
from eventify.lib.desk.words import CAUTION, INFORMATION, NEGATIVE, POSITIVE, Word
from events.models import Event
from partners.models import Partner

SHOWN = 20
STATES = {
    Export.State.QUEUED: Word(_("Waits"), CAUTION),
    Export.State.RUNNING: Word(_("Is being made"), INFORMATION),
    Export.State.DONE: Word(_("Ready"), POSITIVE),
    Export.State.FAILED: Word(_("Failed"), NEGATIVE),
    Export.State.EXPIRED: Word(_("File removed")),
}


def subscribe(user: User, values: dict, *, partner: Partner | None, event: Event | None) -> Subscription:
    """Have what the form says sent regularly."""
    about = {name: values[name] for name in ("report", "form", "every", "hour")}
    return schedules.subscribe(Subscription(user=user, partner=partner, event=event, **about))


def export(user: User, values: dict, *, partner: Partner | None, event: Event | None) -> HttpResponse:
    """Ask for what the form says; on to the file itself when it is small, else to the page that tells how far it is."""
    about = {name: values[name] for name in ("report", "form", "first_day", "last_day")}
    made = exports.request(Export(user=user, partner=partner, event=event, **about))
    page = "desk-export-file" if made.state == Export.State.DONE else "desk-export"
    return redirect(reverse(page, args=[made.uid]))


def file_of(export: Export, user: User) -> HttpResponse:
    """The file, to be saved. Missing and Forbidden as `exports.fetch`."""
    file = exports.fetch(export, by=user)
    name, kind = exports.file_name(export), exports.TYPES[export.form]
    response = FileResponse(file, as_attachment=True, filename=name, content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def listed(user: User, *, partner: Partner | None = None, event: Event | None = None) -> dict:
    """What the person asked for and what comes by itself, of this event or partner (neither: all). Two queries."""
    about = {"event": event} if event else {"partner": partner} if partner else {}
    rows = list(exports.of(user).filter(**about)[:SHOWN])
    regular = list(schedules.of(user).filter(**about)[: schedules.MOST])
    return {
        "exports": [{"row": one, "title": exports.title_of(one), "state": STATES[one.state]} for one in rows],
        "subscriptions": [{"row": one, "title": exports.title_of(one)} for one in regular],
        "kept_days": exports.kept_days(),
    }
