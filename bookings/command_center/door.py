"""The door of an event as staff see it: who is inside, through which gate, who was refused, and the devices."""

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import queries
from bookings.command_center import door_words
from bookings.command_center.events import address_of
from bookings.door import figures, lists
from bookings.models import DoubleAdmission
from eventify.lib.dates import date_format
from eventify.lib.desk import say
from eventify.lib.desk.charts import Chart, Series
from eventify.lib.desk.pages import Action, Crumb, DetailPage
from events.models import Event

# url name -> label, in order
TABS = (
    ("desk-event-door", gettext_lazy("Now")),
    ("desk-event-door-scans", gettext_lazy("Scans")),
    ("desk-event-door-paper", gettext_lazy("Paper list")),
)


class AboutDoor:
    """A page about the door of `self.object`, an event where the person may check in."""

    place, permission, scoped = "desk-events", "check_in", True

    def visible(self):
        return queries.events_of(self.request.user, "check_in").select_related("partner")

    def at(self, page: str) -> str:
        """The address of a page of this event."""
        return reverse(page, args=[self.object.uid])

    def get_crumbs(self):
        crumbs = [Crumb(_("Events"), reverse("desk-events")), Crumb(self.object.name, address_of(self.object))]
        is_first = self.url_name == "desk-event-door"
        return crumbs if is_first else [*crumbs, Crumb(_("Door"), self.at("desk-event-door"))]

    def tabs(self) -> list[dict]:
        """The pages of the door; conflicts are a list of their own, narrowed to this event."""
        tabs = [
            {"label": label, "url": self.at(page), "is_current": page == self.url_name, "count": None}
            for page, label in TABS
        ]
        many = DoubleAdmission.objects.filter(event=self.object, settled_at=None).count()
        tabs.append({"label": _("Conflicts"), "url": conflicts_of(self.object), "is_current": False, "count": many})
        return tabs

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(event=self.object, tabs=self.tabs(), tabs_label=_("Door"), **context)


def conflicts_of(event: Event) -> str:
    """The inbox of conflicts, narrowed to the event."""
    return f"{reverse('desk-door-conflicts')}?event={event.uid}"


class DoorPage(AboutDoor, DetailPage):
    """`desk-event-door`."""

    template_name = "command_center/bookings/door.html"
    title = gettext_lazy("Door")

    def shown_actions(self) -> list[Action]:
        own = Action(_("Use this browser as a scanner"), reverse("door-mine"), style="secondary")
        return [Action(_("Enrol a device"), self.at("desk-event-door-enrol")), own]

    def get_context_data(self, **context) -> dict:
        event = self.object
        self.counted = lists.counts(event)
        reasons = figures.refusals(event)
        scans = self.at("desk-event-door-scans")
        return super().get_context_data(
            metrics=self.metrics(sum(reasons.values())),
            gates=figures.gates(event, self.counted["gates"]),
            refusals=[
                (door_words.VERDICTS[reason].label, many, f"{scans}?verdict={reason}")
                for reason, many in reasons.items()
            ],
            let_in_anyway=event.scans.filter(was_let_in=True, undone_at=None).count(),
            let_in_url=f"{scans}?was_let_in=true",
            scans_url=scans,
            chart=self.chart(),
            devices=[door_words.shown(one, event) for one in self.devices()],
            **context,
        )

    def metrics(self, refused: int) -> list[dict]:
        sold, inside = self.counted["sold"], self.counted["inside"]
        share = _("of %(tickets)s tickets") % {"tickets": say.plain_number(sold)}
        return [
            {"label": _("Inside"), "value": say.plain_number(inside), "change": share},
            {"label": _("Still to come"), "value": say.plain_number(sold - inside), "change": ""},
            {"label": _("Refused"), "value": say.plain_number(refused), "change": _("scans")},
        ]

    def devices(self):
        """Those that may scan first, then those that may no more."""
        rows = self.object.door_devices.select_related("enrolled_by", "revoked_by")
        return sorted(rows.order_by("name", "pk"), key=lambda one: one.revoked_at is not None)

    def chart(self) -> Chart | None:
        came = figures.arrivals(self.object)
        if not came:
            return None
        zone, has_days = self.object.zone, came[-1][0] - came[0][0] > timedelta(hours=20)
        said = "j M, H:i" if has_days else "H:i"
        return Chart(
            title=_("Arrivals per 15 minutes"),
            labels=[date_format(at.astimezone(zone), said) for at, _many in came],
            series=[Series(_("Arrivals"), [many for _at, many in came])],
            kind="bar",
            show=say.plain_number,
            label_name=_("From"),
        )
