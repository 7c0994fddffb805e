"""Doing the same to many rows: each on its own, so that one refusal does not keep the others from being done."""

from collections.abc import Callable, Iterable

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

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
    messages.warning(request, str(refusal.message))
    return redirect(url)


def _is_uid(text: str) -> bool:
    try:
        return bool(forms.UUIDField().clean(text))
    except forms.ValidationError:
        return False


def each(rows: Iterable, act: Callable) -> tuple[int, list[str]]:
    """(how many were done, why the others were not)."""
    done, refusals = 0, []
    for row in rows:
        try:
            act(row)
            done += 1
        except DomainError as refusal:
            refusals.append(str(refusal.message))
    return done, refusals


def say(request: HttpRequest, sentence: str, done: int, refusals: list[str]) -> None:
    """Tell the planner how many were done (`sentence`, with its `n`), and what was refused and why."""
    if done:
        messages.success(request, sentence % {"n": done})
    for refusal in refusals[:SAID]:
        messages.warning(request, refusal)
    if len(refusals) > SAID:
        messages.warning(request, _("%(n)s more were refused.") % {"n": len(refusals) - SAID})
