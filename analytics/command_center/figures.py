"""Figures of one event: how it sells beside earlier ones, and how many people are there against what is licensed."""

from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import headcount, pace
from analytics.forms import LicenceForm
from bookings import queries
from bookings.command_center.events import AboutEvent, local
from eventify.lib.dates import date_format
from eventify.lib.desk import say
from eventify.lib.desk.charts import Chart, Series
from eventify.lib.desk.pages import Action, Crumb, DetailPage, ObjectFormPage
from events import licence

CHOICES = 30  # earlier events that one may choose from
POINTS = 60  # of a chart


class PacePage(AboutEvent, DetailPage):
    """`desk-event-pace`; `?against=` (an event's uid, several times) chooses what it is held against."""

    permission, scoped = "view_analytics", True
    template_name = "command_center/analytics/pace.html"
    title = gettext_lazy("Sales pace")
    lead = gettext_lazy("Tickets sold, by the days that were left until the start, beside earlier events.")

    def visible(self):
        return queries.events_of(self.request.user, "view_analytics").select_related("partner", "category")

    def get_context_data(self, **context) -> dict:
        chosen = [uid for uid in map(_uuid, self.request.GET.getlist("against")) if uid]
        found = pace.of(self.object, chosen)
        if found is None:
            return super().get_context_data(**context)
        known = {one.event.pk for one in found.others}
        choices = [(one, one.pk in known) for one in pace.comparable(self.object)[:CHOICES]]
        return super().get_context_data(
            found=found, chart=_pace_chart(found), metrics=_pace_metrics(found), choices=choices,
            rows=[self._row(found, one) for one in (found.mine, *found.others)], most=pace.COMPARED, **context,
        )  # fmt: skip

    def _row(self, found: pace.Pace, line: pace.Line) -> dict:
        is_mine = line is found.mine
        url = "" if is_mine else reverse("desk-event-pace", args=[line.event.uid])
        return {
            "event": line.event,
            "url": url,
            "starts": local(line.event, line.event.starts_at),
            "figures": [line.at(found.today), _week_before(found, line)],
            "total": None if is_mine else found.totals[line.event.pk],
        }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _week_before(found: pace.Pace, line: pace.Line) -> int:
    """What it had seven days before the day that is compared; what it had first, when it was not on sale then."""
    return line.at(min(found.today + 7, found.days[0]))


def _pace_chart(found: pace.Pace) -> Chart:
    """The event, the average of the others, and the best of them."""
    step = max(1, -(-len(found.days) // POINTS))
    days = found.days[::-1][::step][::-1]  # the day that is compared is always there
    series = [Series(found.mine.event.name, [found.mine.at(day) for day in days])]
    if found.others:
        series.append(Series(_("Average of the earlier ones"), [round(found.average(day), 1) for day in days]))
    if len(found.others) > 1:
        best = max(found.others, key=lambda one: one.at(found.today))
        series.append(Series(best.event.name, [best.at(day) for day in days]))
    return Chart(
        title=_("Tickets by days before the start"),
        labels=[str(day) for day in days],
        series=series,
        kind="line",
        show=say.plain_number,
        label_name=_("Days left"),
    )


def _pace_metrics(found: pace.Pace) -> list[dict]:
    mine, average = found.mine.at(found.today), found.average(found.today)
    if average is None:
        return [{"label": _("Sold so far"), "value": say.plain_number(mine), "change": ""}]
    step = round(100 * (mine - average) / average) if average else 0
    said = _("%(step)s %% against earlier ones") % {"step": f"{step:+d}"} if step else ""
    end = sum(found.totals.values()) / len(found.totals)
    return [
        {"label": _("Sold so far"), "value": say.plain_number(mine), "change": said, "is_good": step > 0 or None},
        {"label": _("Earlier ones at this time"), "value": say.plain_number(round(average, 1)), "change": ""},
        {"label": _("Earlier ones in the end"), "value": say.plain_number(round(end, 1)), "change": ""},
    ]


class HeadcountPage(AboutEvent, DetailPage):
    """`desk-event-headcount`; asks itself again each half minute."""

    permission, scoped = "view_events", True
    template_name = "command_center/analytics/headcount.html"
    title = gettext_lazy("Headcount")

    def shown_actions(self) -> list[Action]:
        if not self.may("manage_events", self.object):
            return []
        url = reverse("desk-event-licence", args=[self.object.uid])
        return [Action(_("Licensed capacity"), url, style="secondary")]

    def get_context_data(self, **context) -> dict:
        found = headcount.of(self.object)
        return super().get_context_data(
            found=found,
            warning=_warning(found),
            metrics=_people(found),
            chart=_hours_chart(found) if found.hours else None,
            rows=[
                {"hour": label, "people": people}
                for label, (_hour, people) in zip(_labels(found), found.hours, strict=True)
            ],
            linger=int(headcount.LINGER.total_seconds() // 3600),
            **context,
        )


def _warning(found: headcount.Headcount) -> dict:
    """What to say above the figures: how bad, and the sentence; empty when all is well."""
    if found.percent is None or found.percent < headcount.NEAR:
        return {}
    words = {"people": say.plain_number(found.now.total), "most": say.plain_number(found.event.licensed_capacity)}
    if found.percent >= headcount.FULL:
        return {"tone": "negative", "text": _("Full: %(people)s people of %(most)s. Let nobody in.") % words}
    return {"tone": "caution", "text": _("Nearly full: %(people)s people of %(most)s.") % words}


def _people(found: headcount.Headcount) -> list[dict]:
    licensed, now = found.event.licensed_capacity, found.now
    share = (
        _("%(percent)s %% of %(most)s") % {"percent": found.percent, "most": say.plain_number(licensed)}
        if licensed
        else ""
    )
    shown = [
        (_("There now"), now.total, share or _("nobody has said how many may be")),
        (_("Ticket holders inside"), now.tickets, ""),
        (_("Crew on shift"), now.crew, ""),
        (_("Guests on lists"), now.guests, ""),
    ]
    return [{"label": label, "value": say.plain_number(value), "change": change} for label, value, change in shown]


def _labels(found: headcount.Headcount) -> list[str]:
    form = "j M, H:i" if len(found.hours) > 20 else "H:i"
    return [date_format(hour.astimezone(found.event.zone), form) for hour, _people in found.hours]


def _hours_chart(found: headcount.Headcount) -> Chart:
    series = [
        Series(_("All"), [people.total for _hour, people in found.hours]),
        Series(_("Ticket holders"), [people.tickets for _hour, people in found.hours]),
    ]
    if found.event.licensed_capacity:
        series.append(Series(_("Licensed"), [found.event.licensed_capacity] * len(found.hours)))
    return Chart(
        title=_("People in each hour"),
        labels=_labels(found),
        series=series,
        kind="line",
        show=say.plain_number,
        label_name=_("Hour"),
    )


class Licence(AboutEvent, ObjectFormPage):
    """`desk-event-licence`."""

    permission, scoped = "manage_events", True
    title, form_class = gettext_lazy("Licensed capacity"), LicenceForm

    def visible(self):
        return queries.events_of(self.request.user, "manage_events").select_related("partner")

    def get_initial(self) -> dict:
        return {"licensed_capacity": self.object.licensed_capacity}

    def get_crumbs(self):
        url = reverse("desk-event-headcount", args=[self.object.uid])
        return (*super().get_crumbs(), Crumb(_("Headcount"), url))

    def act(self, form):
        licence.set_capacity(self.object, form.cleaned_data["licensed_capacity"], by=self.request.user)
        return self.done(_("The licensed capacity is saved."), self.get_crumbs()[-1].url)
