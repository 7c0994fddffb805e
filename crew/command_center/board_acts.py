"""Doing the same to many rows: each on its own, so that one refusal does not keep the others from being done."""

from collections.abc import Callable, Iterable

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import explaining
from eventify.lib.errors import DomainError, Invalid

MOST = 500  # rows in one act
SAID = 5  # refusals that are said one by one


def chosen(rows, request: HttpRequest) -> list:
    """The rows whose uids the form sent as `uid`; Invalid for none or too many. What is not there is left out."""
    uids = at_most(request.POST.getlist("uid"))
    return list(rows.filter(uid__in=[uid for uid in uids if _is_uid(uid)]).order_by("pk"))


def at_most(found: list) -> list:
    """The same; Invalid, saying what to do, for none or too many."""
    if not found:
        raise Invalid(_("Nothing is chosen. Tick the rows first, then press the button again."))
    if len(found) > MOST:
        raise Invalid(_("At most %(most)s rows at a time. Narrow the list first.") % {"most": MOST})
    return found


def back_with(request: HttpRequest, refusal: DomainError, url: str) -> HttpResponse:
    """To the list whose button it was, with what it refused: it keeps its filters, and one can go on."""
    explaining.tell(request, refusal, level=messages.WARNING)
    return redirect(url)


def _is_uid(text: str) -> bool:
    try:
        return bool(forms.UUIDField().clean(text))
    except forms.ValidationError:
        return False


def each(rows: Iterable, act: Callable) -> tuple[int, list[tuple[Model, str]]]:
    """(how many were done, the others and why they were not)."""
    done, refusals = 0, []
    for row in rows:
        try:
            act(row)
            done += 1
        except DomainError as refusal:
            refusals.append((row, explaining.sentence_of(refusal)))
    return done, refusals


def say(request: HttpRequest, sentence: str, done: int, refusals: list[tuple], asks: str) -> None:
    """Tell the planner how many were done (`sentence`, with its `n`), and what was refused and why.

    `asks` is the question why not about a row that refused; what is gone is no row (None).
    """
    if done:
        messages.success(request, sentence % {"n": done})
    for row, refusal in refusals[:SAID]:
        explaining.tell(request, refusal, asks, row, level=messages.WARNING)
    if len(refusals) > SAID:
        messages.warning(request, _("%(n)s more were refused.") % {"n": len(refusals) - SAID})
