"""Bringing people into an event from a file: upload, a preview of every row, then the import.

The preview is the rules' own judgement, made afresh each time it is looked at. Between the steps the rows of the file
wait in the cache for an hour, for who uploaded them alone; the database hears of them when they are imported.
"""

import json
import zlib
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crew import importing, sheets
from crew.command_center.base import OfEvent
from crew.command_center.fields import OfUid
from crew.command_center.people_forms import crowd_types
from crew.importing_rows import BAD, NEW, SAME, UPDATE, Row
from crew.importing_words import LABELS
from crew.models import CrowdType
from crew.sheets import Sheet
from eventify.lib.desk import say
from eventify.lib.desk.pages import Crumb, FormPage, Page
from eventify.lib.desk.words import INFORMATION, NEGATIVE, PLAIN, POSITIVE, Word
from eventify.lib.errors import DomainError

KEPT = 3600  # seconds
PER_PAGE = 100
ACCEPT = ".csv,.xlsx,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OUTCOMES = {
    NEW: Word(gettext_lazy("New"), POSITIVE),
    UPDATE: Word(gettext_lazy("Changes"), INFORMATION),
    SAME: Word(gettext_lazy("Already there"), PLAIN),
    BAD: Word(gettext_lazy("Problem"), NEGATIVE),
}
HINTED = "hints"
SHOWN = {
    "": gettext_lazy("All rows"),
    BAD: gettext_lazy("Problems"),
    HINTED: gettext_lazy("Remarks"),
    NEW: gettext_lazy("New"),
    UPDATE: gettext_lazy("Changes"),
    SAME: gettext_lazy("Already there"),
}


class UploadForm(forms.Form):
    """The file, and what counts where it says nothing."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,  # the rules' sentence says what to do
        max_length=None,
        error_messages={"required": gettext_lazy("Choose a file first.")},
        help_text=gettext_lazy("CSV or Excel (XLSX), at most 5 MB and 5,000 rows. The first row has the headings."),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )
    update = forms.BooleanField(
        label=gettext_lazy("Change people who are here already"),
        required=False,
        help_text=gettext_lazy("They are known by their e-mail address. Off: they stay as they are."),
    )
    create_companies = forms.BooleanField(label=gettext_lazy("Add companies that are new"), required=False)

    def __init__(self, *args, event, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["crowd_type"] = OfUid(
            crowd_types(event),
            label=gettext_lazy("Crowd type of rows that name none"),
            required=False,
            empty_label=gettext_lazy("Each row must name one"),
        )
        self.order_fields(["file", "crowd_type", "update", "create_companies"])


class OfImport(OfEvent):
    """A page of the import."""

    tab = "desk-crew-persons"

    def get_crumbs(self):
        return [*super().get_crumbs(), Crumb(_("Persons"), self.at("desk-crew-persons"))]


class Upload(OfImport, FormPage):
    """`desk-crew-import`: a file that is no list of people is refused at once; nothing is written."""

    title, submit = gettext_lazy("Import people"), gettext_lazy("Show what would happen")
    template_name = "command_center/crew/import.html"

    def get_form(self, data=None, files=None):
        return UploadForm(data, files, event=self.event)

    def act(self, form):
        values = form.cleaned_data
        sheet = sheets.read(values.pop("file"))
        importing.read(sheet, self.event, **values)
        upload = uuid4()
        kind = values["crowd_type"]
        keep(key_of(self, upload), sheet, values | {"crowd_type": kind and kind.pk})
        return reverse("desk-crew-import-preview", args=[self.event.uid, upload])

    def get_context_data(self, **context) -> dict:
        labels = [str(label) for label in LABELS.values()]
        return super().get_context_data(
            template_url=self.at("desk-crew-import-template"), columns=", ".join(labels), **context
        )


class Template(OfImport, Page):
    """`desk-crew-import-template`: an empty file with the headings."""

    def get(self, request, *args, **kwargs):
        head = {"Content-Disposition": 'attachment; filename="people.csv"'}
        return HttpResponse(importing.template(), content_type="text/csv; charset=utf-8", headers=head)


def key_of(page: Page, upload: UUID) -> str:
    """Where the rows wait: only who uploaded them finds them, and only at the event that they are for."""
    return f"crew-import-{page.event.pk}-{page.request.user.pk}-{upload}"


def keep(key: str, sheet: Sheet, options: dict) -> None:
    """Put the rows and the options away for an hour."""
    kept = {"headings": sheet.headings, "rows": sheet.rows, "options": options}
    cache.set(key, zlib.compress(json.dumps(kept).encode()), KEPT)


def kept(key: str) -> tuple[Sheet, dict] | None:
    """What was put away; None when it is gone."""
    found = cache.get(key)
    if found is None:
        return None
    read = json.loads(zlib.decompress(found))
    return Sheet(read["headings"], [(number, cells) for number, cells in read["rows"]]), read["options"]


class Preview(OfImport, Page):
    """`desk-crew-import-preview`: every row with what would become of it; the button does exactly that."""

    template_name = "command_center/crew/import_preview.html"
    title = gettext_lazy("What the import would do")
    place_gone = gettext_lazy(
        "This preview is gone: it was imported already, or more than an hour has passed. Upload the file again if "
        "somebody is missing."
    )

    def get_crumbs(self):
        return [*super().get_crumbs(), Crumb(_("Import people"), self.at("desk-crew-import"))]

    @cached_property
    def key(self) -> str:
        return key_of(self, self.kwargs["upload"])

    @cached_property
    def kept(self) -> tuple[Sheet, dict] | None:
        """The rows and the options that the rules take; None when they are gone, or the crowd type is."""
        found = kept(self.key)
        if found is None:
            return None
        sheet, options = found
        kind = CrowdType.objects.filter(partner=self.event.partner_id, pk=options["crowd_type"]).first()
        return sheet, options | {"crowd_type": kind}

    def get(self, request, *args, **kwargs):
        return self.render() if self.kept else self.gone()

    def post(self, request, *args, **kwargs):
        """Import what was shown; what has moved since is shown again."""
        if not self.kept:
            return self.gone()
        sheet, options = self.kept
        asked = {"digest": request.POST.get("digest", ""), "only_good": "only_good" in request.POST}
        done = importing.import_(sheet, self.event, by=request.user, **asked, **options)
        cache.delete(self.key)
        for sentence in said(done):
            messages.success(request, sentence)
        return redirect(self.at("desk-crew-persons"))

    def refused(self, refusal: DomainError) -> HttpResponse:
        return self.render(status=refusal.status, refusal=str(refusal.message))

    def gone(self) -> HttpResponse:
        messages.warning(self.request, self.place_gone)
        return redirect(self.at("desk-crew-import"))

    @cached_property
    def show(self) -> str:
        """Which rows are shown; all for a word that means none."""
        wanted = self.request.GET.get("show", "")
        return wanted if wanted in SHOWN else ""

    def get_context_data(self, **context) -> dict:
        sheet, options = self.kept
        table = importing.read(sheet, self.event, **options)
        rows = [row for row in table.rows if self.is_shown(row)]
        slice_ = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            table=table,
            headings=[LABELS[column] for column in table.columns],
            slice=slice_,
            shown=[shown(row, table.columns) for row in slice_],
            views=self.views(table),
            digest=table.digest,
            button=label(table.counts),
            bad=table.counts[BAD],
            good=table.counts[NEW] + table.counts[UPDATE],
            **context,
        )

    def is_shown(self, row: Row) -> bool:
        return bool(row.hints) if self.show == HINTED else self.show in ("", row.outcome)

    def views(self, table: importing.Table) -> list[dict]:
        """The ways to look at it, each with how many rows it has; those of none are left out."""
        hinted = sum(1 for row in table.rows if row.hints)
        counts = {"": len(table.rows), HINTED: hinted, **table.counts}
        names = [name for name in SHOWN if counts[name] or not name]
        return [
            {"label": SHOWN[name], "url": f"?show={name}", "is_current": name == self.show, "count": counts[name]}
            for name in names
        ]


def label(counts: dict[str, int]) -> str:
    """What the button does: `Import 312 people and change 4`."""
    new, changed = counts[NEW], counts[UPDATE]
    added = ngettext("Import %(n)s person", "Import %(n)s people", new) % {"n": say.plain_number(new)}
    if not changed:
        return added
    words = {"n": say.plain_number(changed), "added": added}
    if not new:
        return ngettext("Change %(n)s person", "Change %(n)s people", changed) % words
    return ngettext("%(added)s and change %(n)s", "%(added)s and change %(n)s", changed) % words


def said(done: importing.Done) -> list[str]:
    """What an import did, in sentences."""
    sentences = [ngettext("%(n)s person is added.", "%(n)s people are added.", done.created) % {"n": done.created}]
    if done.updated:
        sentences.append(ngettext("%(n)s is changed.", "%(n)s are changed.", done.updated) % {"n": done.updated})
    if done.left_out:
        n = done.left_out
        left = ngettext("%(n)s row with a problem was left out.", "%(n)s rows with problems were left out.", n)
        sentences.append(left % {"n": n})
    if done.matches:
        waits = ngettext("%(n)s identity match waits.", "%(n)s identity matches wait.", done.matches)
        sentences.append(waits % {"n": done.matches})
    return sentences


def shown(row: Row, columns: list[str]) -> dict:
    """A row of the preview: its cells with what is wrong in each, and what is wrong in none of them."""
    elsewhere = [sentence for column, found in row.errors.items() if column not in columns for sentence in found]
    return {
        "number": row.number,
        "pill": say.pill(row.outcome, OUTCOMES),
        "is_bad": row.outcome == BAD,
        "cells": [_cell(row, column) for column in columns],
        "errors": elsewhere,
        "hints": row.hints,
    }


def _cell(row: Row, column: str) -> dict:
    before, after = row.changes.get(column, ("", ""))
    said_there = {"value": row.values.get(column, ""), "errors": row.errors.get(column, [])}
    return {"label": LABELS[column], "before": before, "after": after, **said_there}
