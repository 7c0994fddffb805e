"""One shift: where to be and what to do; claiming it, giving it back, and its entry for a calendar."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import explaining
from accounts.models import User
from accounts.pages import members_only, safe_next
from crew import assignments, feeds, picking, roster, swaps, telling
from crew.forms import CancelForm
from crew.models import Assignment, Shift, Swap
from eventify.lib.errors import DomainError

A = Assignment.Status
HELD = (A.PENDING, A.APPROVED)


def found_or_404(request, uid) -> tuple:
    """(shift, the visitor's part there, their place in it or None)."""
    found = picking.visible_shift(request.user, uid)
    if found is None:
        raise Http404
    return found


def held_or_404(request, uid) -> tuple[Shift, Assignment]:
    """(shift, the visitor's place in it, which is approved or waits)."""
    shift, _person, mine = found_or_404(request, uid)
    if mine is None or mine.status not in HELD:
        raise Http404
    return shift, mine


def links(shift: Shift, mine: Assignment | None) -> dict:
    """What may be done now with a place in a shift: until when it may be given back or offered, and its open offer."""
    now = timezone.now()
    if mine is None or mine.status not in HELD or shift.time_slot.starts_at <= now:
        return {}
    until = assignments.cancellable_until(mine)
    offer = Swap.objects.filter(offered=mine, status__in=swaps.UNDECIDED).select_related("to", "taken_by").first()
    can_offer = mine.status == A.APPROVED and not offer and now < swaps.offerable_until(mine)
    return {"until": until, "can_cancel": now < until, "can_offer": can_offer, "offer": offer, "is_ahead": True}


@members_only
@require_safe
@never_cache
def shift_page(request, uid):
    """`/crew/shifts/<uid>/`: all that the person has to know of it, and what they can do with it."""
    shift, person, mine = found_or_404(request, uid)
    is_held = mine is not None and mine.is_alive
    [choice] = picking.choices(person, [shift])
    context = {
        "shift": shift,
        "event": shift.section.event,
        "home": person.event,
        "mine": mine if mine and (is_held or not choice.is_free) else None,
        "choice": None if is_held else choice,
        "report_at": roster.report_at(shift),
        "against": _against(request.user, mine) if is_held else None,
        **links(shift, mine),
    }
    return render(request, "crew/shift.html", context)


def _against(user: User, mine: Assignment) -> Assignment | None:
    """Another shift of theirs at the same time."""
    return next((one.against for one in roster.marked(user) if one.pk == mine.pk), None)


@members_only
@require_safe
@never_cache
def download(request, uid):
    """`/crew/shifts/<uid>/shift.ics`: the own place in a shift, for a calendar."""
    shift, mine = held_or_404(request, uid)
    response = HttpResponse(feeds.single(mine), content_type=feeds.CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="shift-{shift.time_slot.date:%Y-%m-%d}.ics"'
    return response


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def claim(request, uid):
    """`/crew/shifts/<uid>/claim/`: POST takes a free place; a refusal is shown where the person was."""
    shift, person, mine = found_or_404(request, uid)
    if request.method != "POST" or (mine is not None and mine.is_alive):  # sent twice: it is theirs already
        return redirect("crew-shift", uid)
    try:
        taken = assignments.claim(shift, person, by=request.user)
    except DomainError as refusal:
        explaining.tell(request, refusal, "claim_shift", shift)
    else:
        messages.success(request, _said(taken))
    return redirect(safe_next(request, reverse("crew-shift", args=[uid])))


def _said(taken: Assignment) -> str:
    words = {"shift": telling.spoken(taken.shift)}
    if taken.status == A.PENDING:
        return _("%(shift)s: held for you until the organisers decide.") % words
    return _("%(shift)s: it is yours.") % words


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cancel(request, uid):
    """`/crew/shifts/<uid>/cancel/`: asks first; POST gives the place back."""
    shift, mine = held_or_404(request, uid)
    form = CancelForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        context = {"shift": shift, "event": shift.section.event, "mine": mine, "form": form, **links(shift, mine)}
        return render(request, "crew/cancel.html", context, status=400 if form.errors else 200)
    try:
        assignments.cancel(mine, by=request.user, reason=form.cleaned_data["reason"])
    except DomainError as refusal:
        explaining.tell(request, refusal, "give_up_shift", shift)
        return redirect("crew-shift", uid)
    messages.success(request, _("%(shift)s: you gave it back.") % {"shift": telling.spoken(shift)})
    return redirect("crew-roster")
