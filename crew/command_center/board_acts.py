"""Doing the same to many rows: each on its own, so that one refusal does not keep the others from being done."""

from collections.abc import Callable, Iterable

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from eventify.lib.errors import DomainError, Invalid

MOST = 500  # rows in one act
SAID = 5  # refusals that are said one by one


def chosen(rows, request: HttpRequest) -> list:
    """The rows whose uids the form sent as `uid`; Invalid for none or too many. What is not there is left out."""
    uids = request.POST.getlist("uid")
    if not uids:
        raise Invalid(_("Choose at least one row."))
    if len(uids) > MOST:
        raise Invalid(_("Choose at most %(most)s rows.") % {"most": MOST})
    return list(rows.filter(uid__in=[uid for uid in uids if _is_uid(uid)]).order_by("pk"))


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
