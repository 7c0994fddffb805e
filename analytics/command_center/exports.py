"""A report that somebody asked for: how far it is, its file; and the end of one that comes by itself. All one's own."""

from django.urls import reverse
from django.utils.translation import gettext as _

from analytics import asking
from analytics.reports import exports, schedules
from eventify.lib.desk.pages import LOGGED_IN, Crumb, DetailPage, ObjectActionPage


class _Own:
    """A page about an export of the visitor's own."""

    permission, place = LOGGED_IN, "desk-reports"

    def visible(self):
        return exports.of(self.request.user)

    def require(self, permission, on=None) -> None:
        """It is one's own: whether one may have the file now is asked when it is fetched."""

    def get_crumbs(self):
        return (Crumb(_("Reports"), reverse("desk-reports")),)


class ExportPage(_Own, DetailPage):
    """`desk-export`; asks itself again, part by part, while the file is being made."""

    template_name = "command_center/analytics/export.html"

    def get_title(self):
        return exports.title_of(self.object)

    def get_context_data(self, **context) -> dict:
        export = self.object
        done, total = exports.progress(export) or (0, export.total or 0)
        return super().get_context_data(
            state=asking.STATES[export.state],
            done=done,
            total=total,
            totals=export.totals,
            may_fetch=exports.may_fetch(export),
            kept_days=exports.kept_days(),
            **context,
        )


class ExportFile(_Own, DetailPage):
    """`desk-export-file`: the file, to be saved; the right is asked once more."""

    def get(self, request, *args, **kwargs):
        return asking.file_of(self.object, request.user)


class Unsubscribe(ObjectActionPage):
    """`desk-subscription-end`."""

    permission, back = LOGGED_IN, "desk-reports"

    def visible(self):
        return schedules.of(self.request.user)

    def require(self, permission, on=None) -> None:
        """It is one's own."""

    def act(self):
        title = exports.title_of(self.object)
        schedules.unsubscribe(self.object, by=self.request.user)
        return _("%(report)s does not come by itself any more.") % {"report": title}
