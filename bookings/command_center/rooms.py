"""The waiting room of an event: how many wait and how fast they come in, and what the organiser does about it."""

from datetime import timedelta

from django import forms
from django.db.models import Count
from django.db.models.functions import TruncMinute
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.command_center.events import AboutEvent, address_of, local
from bookings.command_center.fields import LocalMoment, changed
from bookings.models import RoomEntry, WaitingRoom
from bookings.waiting_room import admitting, gate, opening, standing
from eventify.lib.dates import date_format
from eventify.lib.desk import say
from eventify.lib.desk.charts import Chart, Series
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage
from eventify.lib.desk.pages import Action, Crumb, DetailPage, NotNow, ObjectActionPage, ObjectFormPage
from eventify.lib.desk.words import CAUTION, INFORMATION, PLAIN, POSITIVE, Word

P, S = WaitingRoom.Phase, RoomEntry.Status
CHARTED = 30  # minutes
RUN_ROOM = "run_room"  # what is asked why not: start, pause, resume, end, make
PHASES = {
    P.SHUT.value: Word(gettext_lazy("Not open yet"), PLAIN),
    P.GATHERING.value: Word(gettext_lazy("People are coming in"), INFORMATION),
    P.DRAWING.value: Word(gettext_lazy("To be drawn"), CAUTION),
    P.MOVING.value: Word(gettext_lazy("Letting people in"), POSITIVE),
    P.PAUSED.value: Word(gettext_lazy("Paused"), CAUTION),
    P.ENDED.value: Word(gettext_lazy("Ended"), PLAIN),
}


class AboutRoom(AboutEvent):
    """A page about the waiting room of `self.object`, an event that the person may change."""

    permission, scoped = "manage_events", True

    def at(self, page: str) -> str:
        return reverse(page, args=[self.object.uid])

    @property
    def room(self) -> WaitingRoom:
        """The live room; Conflict when the event has none."""
        return opening.live_of(self.object)

    def get_crumbs(self):
        crumbs = (Crumb(_("Events"), reverse("desk-events")), Crumb(self.object.name, address_of(self.object)))
        is_first = self.url_name == "desk-event-room"
        return crumbs if is_first else (*crumbs, Crumb(_("Waiting room"), self.at("desk-event-room")))


class RoomPage(AboutRoom, DetailPage):
    """`desk-event-room`."""

    title, template_name = gettext_lazy("Waiting room"), "command_center/bookings/room.html"

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.newest = None

    def get(self, request, *args, **kwargs):
        self.newest = opening.newest(self.object)
        return self.render()

    def shown_actions(self) -> list[Action | NotNow]:
        room = self.newest
        if room is None or room.ended_at:
            return [Action(_("Make a waiting room"), self.at("desk-event-room-settings"))]
        actions = [Action(_("Settings"), self.at("desk-event-room-settings"), style="secondary")]
        if room.closed_at is None:
            actions.append(Action(_("Begin now"), self.at("desk-event-room-start"), style="secondary"))
        else:
            actions.append(NotNow(_("Begin now"), RUN_ROOM, self.object.uid, "act=start"))
        return [*actions, Action(_("End the waiting room"), self.at("desk-event-room-end"), style="danger")]

    def get_context_data(self, **context) -> dict:
        room, event = self.newest, self.object
        if room is None:
            return super().get_context_data(room=None, **context)
        room.event = event
        self.shared = standing.read(room)
        return super().get_context_data(
            room=room,
            phase=self.shared.phase,
            phases=PHASES,
            metrics=self.metrics(room),
            chart=self.chart(room),
            facts=[(what, value) for what, value in self.facts(room) if value],
            page_url=gate.page_of(event),
            is_paused=room.paused_at is not None and room.ended_at is None,
            can_pause=room.ended_at is None,
            **context,
        )

    def metrics(self, room: WaitingRoom) -> list[dict]:
        many = dict(room.entries.order_by().values_list("status").annotate(Count("pk")))
        gone = sum(many.get(one, 0) for one in (S.LAPSED, S.LEFT))
        speed = self.shared.per_minute if room.drawn_at and not room.ended_at else None
        shown = [
            (_("Waiting"), many.get(S.WAITING, 0), ""),
            (_("Inside"), many.get(S.INSIDE, 0), _("of %(most)s") % {"most": say.plain_number(room.max_inside)}),
            (_("Bought"), many.get(S.BOUGHT, 0), _("%(gone)s left or let it run out") % {"gone": gone} if gone else ""),
            (_("A minute"), "–" if speed is None else round(speed), _("are let in")),
        ]
        return [{"label": label, "value": _said(value), "change": change} for label, value, change in shown]

    def chart(self, room: WaitingRoom) -> Chart | None:
        """How many came in, minute by minute."""
        now = timezone.now().replace(second=0, microsecond=0)
        minutes = [now - timedelta(minutes=ago) for ago in reversed(range(CHARTED))]
        rows = RoomEntry.objects.filter(room=room, admitted_at__gte=minutes[0]).order_by()
        counted = dict(rows.annotate(at=TruncMinute("admitted_at")).values_list("at").annotate(Count("pk")))
        if not counted:
            return None
        labels = [date_format(one.astimezone(room.event.zone), "H:i") for one in minutes]
        series = [Series(_("Let in"), [counted.get(one, 0) for one in minutes])]
        title = _("Let in each minute")
        return Chart(title, labels, series, kind="bar", show=say.plain_number, label_name=_("Minute"))

    def facts(self, room: WaitingRoom) -> list[tuple]:
        event = self.object
        rate = room.rate and ngettext("%(rate)s a minute", "%(rate)s a minute", room.rate) % {"rate": room.rate}
        return [
            (_("Opens"), local(event, room.opens_at)),
            (_("Draws, and the sale begins"), local(event, room.draw_at)),
            (_("Drawn"), local(event, room.drawn_at)),
            (_("Ended"), local(event, room.ended_at)),
            (_("Time zone"), event.timezone),
            (_("Speed"), rate or _("As fast as others go")),
            (_("Minutes to choose"), room.minutes),
            (_("Who may come in"), _("Accounts") if room.needs_login else _("Everybody")),
            (_("Lots drawn"), room.entry_count if room.drawn_at else None),
            (_("Fingerprint of the seed (SHA-256)"), room.seed_hash),
        ]


def _said(value) -> str:
    return value if isinstance(value, str) else say.plain_number(value)


class RoomForm(forms.Form):
    """When people may come in, when the lots are drawn, and how fast people are let in."""

    opens_at = LocalMoment(required=True, label=gettext_lazy("The room opens"))
    draw_at = LocalMoment(
        required=True,
        label=gettext_lazy("The lots are drawn, and the sale begins"),
        help_text=gettext_lazy("All who are there by then have the same chance. Ten to thirty minutes are usual."),
    )
    max_inside = forms.IntegerField(
        label=gettext_lazy("People who may buy at the same time"), min_value=1, max_value=opening.INSIDE_MAX
    )
    rate = forms.IntegerField(
        label=gettext_lazy("Let in a minute, at most"),
        required=False,
        min_value=1,
        max_value=opening.RATE_MAX,
        help_text=gettext_lazy("Empty: somebody comes in when somebody else has bought, left or let the time run out."),
    )
    minutes = forms.IntegerField(label=gettext_lazy("Minutes to choose"), min_value=1, max_value=opening.MINUTES_MAX)
    needs_login = forms.BooleanField(
        label=gettext_lazy("With an account only"),
        required=False,
        help_text=gettext_lazy("One place for each account. Without it one person can have a place in each browser."),
    )


class Settings(AboutRoom, ObjectFormPage):
    """`desk-event-room-settings`: makes the room, or changes it."""

    form_class, asks = RoomForm, RUN_ROOM

    @property
    def says(self) -> str:
        return "act=change" if opening.live(self.object) else "act=make"

    def get_title(self):
        return _("Settings") if opening.live(self.object) else _("New waiting room")

    def get_submit(self):
        return _("Save") if opening.live(self.object) else _("Make the waiting room")

    @property
    def lead(self):
        if opening.live(self.object):
            return _("Times are in the event's own zone (%(zone)s).") % {"zone": self.object.timezone}
        sentence = _("From now on nobody can book without being let in. Times are in the event's own zone (%(zone)s).")
        return sentence % {"zone": self.object.timezone}

    def get_form(self, data=None, files=None):
        room = opening.live(self.object)
        form = RoomForm(data, initial=self.get_initial(room))
        for name in ("opens_at", "draw_at"):
            form.fields[name].zone = self.object.zone
        if room and room.closed_at:
            for name in ("opens_at", "draw_at", "needs_login"):
                del form.fields[name]
        return form

    def get_initial(self, room: WaitingRoom | None = None) -> dict:
        if room is None:
            return {"max_inside": 200, "minutes": 10, "needs_login": True}
        return {name: getattr(room, name) for name in RoomForm.base_fields}

    def act(self, form):
        room, values = opening.live(self.object), form.cleaned_data
        if room is None:
            opening.make(self.object, by=self.request.user, **values)
            return self.done(_("The waiting room is there."), self.at("desk-event-room"))
        opening.change(room, by=self.request.user, **changed(room, values))
        return self.done(_("The waiting room is changed."), self.at("desk-event-room"))


class Pause(AboutRoom, ObjectActionPage):
    """`desk-event-room-pause` and `desk-event-room-resume`."""

    is_pause, asks = True, RUN_ROOM

    @property
    def says(self) -> str:
        return "act=pause" if self.is_pause else "act=resume"

    def act(self):
        if self.is_pause:
            opening.pause(self.room, by=self.request.user)
            return _("Nobody is let in until you go on. Who is inside can still buy.")
        opening.resume(self.room, by=self.request.user)
        return _("People are let in again.")

    def back_url(self) -> str:
        return self.next_url(self.at("desk-event-room"))


class Start(AboutRoom, ObjectConfirmPage):
    """`desk-event-room-start`: draws now instead of later."""

    title, asks, says = gettext_lazy("Begin now"), RUN_ROOM, "act=start"

    def change(self, values: dict) -> dict:
        room = opening.start(self.room, by=self.request.user)
        return {"here": room.entries.filter(is_early=True).count(), "most": room.max_inside}

    def explain(self, facts: dict) -> Explained:
        return Explained(
            _("The list is closed, the lots are drawn, and the first people come in. This cannot be taken back."),
            submit=_("Draw the lots and begin"),
            facts=[(_("People in the room"), facts["here"]), (_("Who come in at once, at most"), facts["most"])],
            is_danger=False,
        )

    def finished(self, facts: dict):
        admitting.move(self.room)
        return self.done(_("The sale has begun."), self.at("desk-event-room"))


class End(AboutRoom, ObjectConfirmPage):
    """`desk-event-room-end`: everybody may book, in whatever order they come."""

    title, asks, says = gettext_lazy("End the waiting room"), RUN_ROOM, "act=end"

    def change(self, values: dict) -> dict:
        return opening.end(self.room, by=self.request.user)

    def explain(self, facts: dict) -> Explained:
        return Explained(
            _("Everybody can book at once, and those who wait lose their places in the order."),
            submit=_("End the waiting room"),
            facts=[(_("People who wait"), facts["waiting"]), (_("People inside"), facts["inside"])],
        )

    def finished(self, facts: dict):
        return self.done(_("The waiting room has ended."), self.at("desk-event-room"))
