"""Whether everything that must hold does: what the last check of it found, and a button that runs it again."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import fsck
from analytics.models import FsckRun
from eventify.lib.desk.pages import ActionPage, Page
from eventify.lib.desk.words import NEGATIVE, POSITIVE, Word

HOLDS, BROKEN = "holds", "broken"
STATES = {HOLDS: Word(gettext_lazy("Holds"), POSITIVE), BROKEN: Word(gettext_lazy("Broken"), NEGATIVE)}
RUNS = 10  # earlier ones that are listed


class Integrity(Page):
    """`desk-fsck`."""

    permission = fsck.PERMISSION
    title = gettext_lazy("Integrity")
    lead = gettext_lazy("What must be true of every row is checked each hour: nothing sold twice, paid twice or lost.")
    template_name = "command_center/analytics/fsck.html"

    def get_context_data(self, **context) -> dict:
        run = fsck.latest()
        return super().get_context_data(
            run=run,
            under_way=fsck.under_way(),
            areas=_areas(run) if run else [],
            broken=[one for one in run.results if one["breaches"]] if run else [],
            earlier=FsckRun.objects.exclude(finished_at=None).defer("results").order_by("-finished_at")[1 : RUNS + 1],
            states=STATES,
            **context,
        )


def _areas(run: FsckRun) -> list[dict]:
    """The results under the names of their areas, as they are said in the reader's language."""
    names = {str(check.name): area.name for area in fsck.AREAS for check in area.checks}
    found: dict[str, list[dict]] = {}
    for one in run.results:
        state = BROKEN if one["breaches"] else HOLDS
        found.setdefault(str(names.get(one["check"], one["area"])), []).append({**one, "state": state})
    return [{"name": name, "results": results} for name, results in found.items()]


class RunAgain(ActionPage):
    """`desk-fsck-run`."""

    permission, back = fsck.PERMISSION, "desk-fsck"

    def act(self):
        fsck.request(by=self.request.user)
        return _("Everything is being checked. The result comes here in a moment.")
