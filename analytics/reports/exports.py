"""Reports as files: asked for, made at once when they are small and by a task when they are not, fetched, removed.

Whether the person may have it is asked three times: when it is asked for, when it is made, and when it is fetched. A
worker that is killed leaves a row that says so; the message comes again, or the sweep finds it.
"""

import hashlib
import logging
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import IO

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.cache import cache
from django.core.files import File
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts import audit, mail, notify
from accounts.models import User
from analytics.models import Asked, Export
from analytics.reports import columns, sheets
from analytics.reports.catalogue import REPORTS, Days, Report, check_right, rows_of, zone_of
from eventify.lib import ratelimit
from eventify.lib.checks import see_one_moment
from eventify.lib.dates import date_format, full_moment
from eventify.lib.errors import Conflict, DomainError, Forbidden, Missing
from eventify.lib.failpoints import failpoint
from eventify.lib.later import later
from eventify.lib.when_needed import WhenNeeded

logger = logging.getLogger(__name__)
F = Asked.Form
AT_ONCE = 2_000  # rows; what has more is made by a task
MOST = {F.CSV: 1_000_000, F.XLSX: 200_000, F.PDF: 10_000}  # rows of one file
CHUNK = 2_000  # rows that are fetched, and told of, at a time
MOST_ATTEMPTS = 3
IN_MEMORY = 4 * 1024 * 1024  # bytes of a file that is being made; a larger one is on the disk
paper = WhenNeeded("analytics.reports.paper")
WRITERS = {F.CSV: sheets.write_csv, F.XLSX: sheets.write_xlsx, F.PDF: lambda *what: paper.write_pdf(*what)}
TYPES = {
    F.CSV: "text/csv; charset=utf-8",
    F.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    F.PDF: "application/pdf",
}
_TASK = "analytics.tasks.make_exports"
_LOCKS = 0x45585054  # the kind of our advisory locks; the other half is the export's id


# --- Asking -------------------------------------------------------------------------------------------


def request(asked: Export, *, small_at_once: bool = True) -> Export:
    """Ask for a report; one with few rows is made before this returns.

    Forbidden without the right, Invalid for impossible days, Conflict where no file of that kind can hold the rows,
    TooManyRequests past the limit "export" of the person.
    """
    report = check_right(asked)
    days = days_of(asked)
    days.check()
    ratelimit.hit("export", str(asked.user_id))
    most = MOST[asked.form]
    count = rows_of(report, asked, days).order_by()[: most + 1].count()
    _check_size(count, asked.form)
    with transaction.atomic():
        create(asked)
        if count > AT_ONCE or not small_at_once:
            later(_TASK, asked.pk)
    if count <= AT_ONCE and small_at_once:
        carry_out(asked.pk)
        asked.refresh_from_db()
    return asked


def create(export: Export) -> None:
    """Write the row down and the line in the audit log; call inside a transaction."""
    export.save(force_insert=True)
    about = {"report": export.report, "form": export.form, "export": str(export.uid)}
    days = {"from": str(export.first_day or ""), "to": str(export.last_day or "")}
    by_itself = {"subscription": str(export.subscription.uid)} if export.subscription else {}
    audit.record("ASKED_FOR_REPORT", export.about or export.user, by=export.user, **about, **days, **by_itself)


def days_of(export: Export) -> Days:
    """From which day to which it goes."""
    return Days(export.first_day, export.last_day)


def _check_size(count: int, form: str) -> None:
    if count > MOST[form]:
        raise Conflict(
            _("A %(form)s file holds at most %(most)s rows here. Narrow the days, or choose CSV.")
            % {"form": form.upper(), "most": f"{MOST[form]:,}"}
        )


# --- Making -------------------------------------------------------------------------------------------


@dataclass
class Made:
    """What a writer needs to know of a report besides its rows."""

    title: object
    columns: tuple[columns.Column, ...]
    about: list[tuple[str, str]]
    totals: list[tuple]
    count: int
    is_of_event: bool = False


def make(only: int | None = None) -> int:
    """Make the exports that wait, or whose worker is gone (or `only` this one); how many were made."""
    keys = [only] if only else list(Export.objects.filter(state__in=Export.OPEN).order_by("pk").values_list("pk")[:20])
    return sum(carry_out(key if only else key[0]) for key in keys)


def carry_out(key: int) -> bool:
    """Make this export, unless it is made or somebody else is at it; whether there is a file now.

    All that a report says is of one moment. An error that nobody thought of comes out; the sweep tries again, three
    times at most.
    """
    export = _claim(key)
    if export is None:
        return False
    failpoint("export.after_claim")
    with override(export.user.language or settings.LANGUAGE_CODE):
        try:
            return _make(export)
        except DomainError as refusal:
            _fail(export, str(refusal.message))
        except SoftTimeLimitExceeded:
            _fail(export, _("It took too long. Narrow the days."))
        except OSError as error:
            logger.warning("export %s could not be stored: %s", export.uid, error)
    return False


def _claim(key: int) -> Export | None:
    """Count an attempt before it is made. Locks the row; leaves it alone while its worker lives."""
    with transaction.atomic():
        waiting = Export.objects.select_for_update(of=("self",)).filter(pk=key, state__in=Export.OPEN)
        export = waiting.select_related("user", "event__partner", "partner").first()
        if export is None or not _is_alone(export):
            return None
        if export.attempts < MOST_ATTEMPTS:
            export.attempts, export.state = export.attempts + 1, Export.State.RUNNING
            export.save(update_fields=["attempts", "state", "updated_at"])
            return export
    _fail(export, _("It was interrupted again and again. Narrow the days."))
    return None


def _is_alone(export: Export) -> bool:
    """Take the lock that whoever makes the export holds to the end of the transaction; whether it was free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCKS, export.pk % 2**31])
        return cursor.fetchone()[0]


def _make(export: Export) -> bool:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        with transaction.atomic():
            see_one_moment()
            if not _is_alone(export):
                return False
            made = _write(export, file)
        failpoint("export.after_writing")
        size, digest = file.tell(), _digest(file)
        file.seek(0)
        export.file.save("", File(file), save=False)
    failpoint("export.after_storing")
    totals = [[str(label), str(figure), currency] for label, figure, currency in made.totals]
    return _finish(export, size=size, sha256=digest, total=made.count, totals=totals)


def _write(export: Export, file: IO[bytes]) -> Made:
    report = check_right(export)
    rows = rows_of(report, export, days_of(export))
    count = rows.order_by().count()
    _check_size(count, export.form)
    totals = report.totals(rows)
    made = Made(report.title, report.columns, list(about(export)), totals, count, export.event_id is not None)
    WRITERS[export.form](file, made, _told(export, _cells(report, rows, export), count))
    file.seek(0, 2)
    return made


def _cells(report: Report, rows: QuerySet, export: Export) -> Iterator[list]:
    made = columns.converters(report.columns, zone_of(export))
    values = rows.values_list(*columns.keys(report.columns))
    return (columns.cells(row, made) for row in values.iterator(chunk_size=CHUNK))


def _told(export: Export, rows: Iterator[list], count: int) -> Iterator[list]:
    """The rows; how many have come is told on the way."""
    for number, row in enumerate(rows):
        if number % CHUNK == 0:
            cache.set(_progress_key(export), (number, count), timeout=600)
        yield row


def about(export: Export) -> Iterator[tuple[str, str]]:
    """What the file is about, as (what, value)."""
    zone = zone_of(export)
    if export.event:
        yield _("Event"), export.event.name
    if export.scope:
        yield _("Partner"), export.scope.name
    if export.first_day:
        yield _("From"), date_format(export.first_day, "j M Y")
    if export.last_day:
        yield _("To"), date_format(export.last_day, "j M Y")
    yield _("Made"), full_moment(timezone.now().astimezone(zone))
    yield _("Time zone"), zone.key


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _finish(export: Export, **values) -> bool:
    """Say that there is a file, once: who comes second throws the own one away."""
    done = {"state": Export.State.DONE, "ended_at": timezone.now(), "file": export.file.name, **values}
    with transaction.atomic():
        is_first = Export.objects.filter(pk=export.pk, state__in=Export.OPEN).update(**done)
        if is_first:
            _tell(export, values["total"])
        failpoint("export.before_done")
    if not is_first:
        export.file.delete(save=False)
    return bool(is_first)


def _tell(export: Export, total: int) -> None:
    """By mail of what comes by itself, in the inbox of what took a while."""
    if export.subscription_id:
        said = {"user": str(export.user.uid), "path": page_of(export), "report": str(title_of(export))}
        mail.queue("report_ready", export.user.email, **said, name=export.user.first_name, about=about_of(export))
    elif total > AT_ONCE:
        title = _("Your report is ready: %(report)s") % {"report": title_of(export)}
        notify.notify(export.user, title, url=page_of(export))


def _fail(export: Export, reason: str) -> None:
    waiting = Export.objects.filter(pk=export.pk, state__in=Export.OPEN)
    waiting.update(state=Export.State.FAILED, reason=reason[:300], ended_at=timezone.now())


# --- Looking and fetching -----------------------------------------------------------------------------


def title_of(asked: Asked):
    """What the report is called."""
    return REPORTS[asked.report].title if asked.report in REPORTS else asked.report


def about_of(asked: Asked) -> str:
    """The event or partner that it is about; empty for the platform."""
    return str(asked.about or "")


def page_of(export: Export) -> str:
    """The path of its page."""
    return f"/command-center/exports/{export.uid}/"


def _progress_key(export: Export) -> str:
    return f"export:{export.pk}"


def progress(export: Export) -> tuple[int, int] | None:
    """Rows that are done and rows in all, as last told; None while nobody knows."""
    return cache.get(_progress_key(export)) if export.state == Export.State.RUNNING else None


def of(user: User) -> QuerySet[Export]:
    """What the person has asked for, the newest first: nobody else's is there for them."""
    return Export.objects.filter(user=user).select_related("event__partner", "partner").order_by("-pk")


def file_name(export: Export) -> str:
    """What the file is called when it is saved."""
    parts = (export.report, slugify(str(export.about or "all"))[:60], f"{export.ended_at:%Y-%m-%d}")
    return f"{'-'.join(filter(None, parts))}.{export.form}"


def fetch(export: Export, *, by: User) -> IO[bytes]:
    """The file, open for reading; that it was fetched is audited.

    Missing for somebody else's and when there is no file, Forbidden when the right has gone since it was made.
    """
    if export.user_id != by.pk or export.state != Export.State.DONE:
        raise Missing(_("There is no file. Ask for the report again."))
    check_right(export)
    try:
        file = export.file.storage.open(export.file.name, "rb")
    except FileNotFoundError:
        raise Missing(_("There is no file. Ask for the report again.")) from None
    audit.record("FETCHED_REPORT", export.about or by, by=by, report=export.report, export=str(export.uid))
    return file


def may_fetch(export: Export) -> bool:
    """Whether its person may have the file now."""
    with suppress(Forbidden):
        return export.state == Export.State.DONE and bool(check_right(export))
    return False


# --- Removing -----------------------------------------------------------------------------------------


def kept_days() -> int:
    """For how many days a file can be fetched; 0: as long as there is one."""
    return settings.EVENTIFY_KEEP_DAYS["exports"]


def expire() -> int:
    """Remove the files that are older than the setting; how many. The rows go as many days after that (privacy)."""
    if not kept_days():
        return 0
    old = Export.objects.filter(state=Export.State.DONE, ended_at__lt=timezone.now() - timedelta(days=kept_days()))
    gone = 0
    for export in old.order_by("ended_at")[:500]:
        export.file.storage.delete(export.file.name)  # first: when this is interrupted, the next run goes on
        gone += Export.objects.filter(pk=export.pk, state=Export.State.DONE).update(
            state=Export.State.EXPIRED, ended_at=timezone.now(), file=""
        )
    return gone
