"""What the planner's pages of one event share: whose it is, the way there, and the tabs."""

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eventify.lib.desk import nav
from eventify.lib.desk.pages import Crumb
from eventify.lib.desk.resent import Unmoved as Unmoved
from events.models import Event
from partners import members

# url name -> label, in order; a tab shows when its page exists
TABS = (
    ("desk-crew-board", gettext_lazy("Board")),
    ("desk-crew-persons", gettext_lazy("Persons")),
    ("desk-crew-shifts", gettext_lazy("Shifts")),
    ("desk-crew-sections", gettext_lazy("Sections")),
    ("desk-crew-slots", gettext_lazy("Time slots")),
    ("desk-crew-lists", gettext_lazy("Crowd lists")),
    ("desk-crew-rosters", gettext_lazy("Rosters")),
    ("desk-crew-plan", gettext_lazy("Rules")),
)


def managed_events(user):
    """The events whose crew the user plans, with their partner and festival."""
    partners = members.partners_where(user, "manage_crew")
    return Event.objects.filter(partner__in=partners).select_related("partner", "parent")


class AroundEvent:
    """What stands around a page about `self.event`, which the template gets as `event`: the way there, and the tabs."""

    permission, scoped = "manage_crew", True
    event: Event | None = None
    tab = ""  # the url name of the tab that is current; the page's own when empty

    @property
    def place(self) -> str:
        return "desk-crew"

    def at(self, page: str) -> str:
        """The address of a page of this event."""
        return reverse(page, args=[self.event.uid])

    def get_crumbs(self):
        crumbs = [Crumb(_("Crew"), reverse("desk-crew"))]
        if (self.tab or self.url_name) != "desk-crew-board":
            crumbs.append(Crumb(self.event.name, reverse("desk-crew-board", args=[self.event.uid])))
        return crumbs

    def to_board(self) -> Crumb:
        """The step over the board, for a page that is reached from it."""
        return Crumb(self.event.name, reverse("desk-crew-board", args=[self.event.uid]))

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(
            event=self.event, tabs=self._tabs(), tabs_label=_("Crew of this event"), **context
        )

    def _tabs(self) -> list[dict]:
        current = self.tab or self.url_name
        shown = ((name, label, nav.link(name, self.event.uid)) for name, label in TABS)
        return [{"label": label, "url": url, "is_current": name == current} for name, label, url in shown if url]


class OfEvent(AroundEvent):
    """Put before a page's base: `self.event` is the event of the address (`event` is its uid), which the user plans.

    Others' events are a 404. Adds `event` and `tabs` to the template's context, and the crumbs. One query.
    """

    def allowed(self) -> bool:
        if not self.request.user.can_anywhere("manage_crew"):
            return False
        self.event = managed_events(self.request.user).filter(uid=self.kwargs["event"]).first()
        if self.event is None:
            raise Http404
        return super().allowed()


class OfRow(AroundEvent):
    """Put before an object page's base: a page about a row of an event that the user plans; `self.event` is its event.

    `rows` are all there are, joined as far as the event; `path` leads from the row to its event.
    """

    rows = None
    path = "event"

    def visible(self):
        mine = managed_events(self.request.user).values("pk")
        joined = self.rows.all().select_related(f"{self.path}__partner", f"{self.path}__parent")
        return joined.filter(**{f"{self.path}__in": mine})

    def allowed(self) -> bool:
        is_allowed = super().allowed()
        if is_allowed:
            self.event = self.object
            for step in self.path.split("__"):
                self.event = getattr(self.event, step)
        return is_allowed

    def get_crumbs(self):
        """The way leads through the list that the row is in."""
        label = dict(TABS)[self.tab]
        return [*super().get_crumbs(), Crumb(label, self.at(self.tab))]
