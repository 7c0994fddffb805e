"""Handing a shift to a colleague."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import explaining
from accounts.forms import put_into
from accounts.pages import members_only
from crew import candidates, clashes, roster, swaps, telling
from crew.conditions import Refused
from crew.forms import SwapForm
from crew.models import Assignment, Person, Swap
from crew.views_shifts import held_or_404
from eventify.lib.errors import DomainError

MOST = 500  # colleagues to choose from


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def offer(request, uid):
    """`/crew/shifts/<uid>/swap/`: to whom; POST offers it. With `ask` it shows what can be asked in return."""
    shift, mine = held_or_404(request, uid)
    colleagues = colleagues_for(mine)
    data = request.POST if request.method == "POST" else request.GET
    to = next((person for person in colleagues if str(person.uid) == data.get("to", "")), None)
    theirs = exchangeable(mine, to) if to else []
    form = SwapForm(_named(colleagues), [(one.uid, telling.spoken(one.shift)) for one in theirs], data or None)
    asks = "ask" in data
    if request.method == "POST" and not asks and form.is_valid():
        back = next((one for one in theirs if str(one.uid) == form.cleaned_data.get("in_return")), None)
        try:
            swap = swaps.offer(mine, by=request.user, to=to, in_return=back, note=form.cleaned_data["note"])
        except DomainError as refusal:
            put_into(form, refusal)
            explaining.ask_above(form, "offer_shift", shift)
        else:
            messages.success(request, _said(swap))
            return redirect("crew-swap", swap.uid)
    if asks and to is None:
        form.add_error("to", _("Choose a colleague first."))
    context = {"shift": shift, "event": shift.section.event, "form": form, "to": to, "theirs": theirs}
    context["until"] = swaps.offerable_until(mine)
    return render(
        request, "crew/swap_offer.html", context, status=400 if request.method == "POST" and not asks else 200
    )


def _said(swap: Swap) -> str:
    words = {"shift": telling.spoken(swap.offered.shift), "who": roster.short_name(swap.to) if swap.to else ""}
    return _("Offered to %(who)s: %(shift)s.") % words if swap.to else _("%(shift)s: offered to the crew.") % words


def colleagues_for(mine: Assignment) -> list[Person]:
    """Those of the crew who could take the shift over and can say so here, by name."""
    found = candidates.for_shift(mine.shift, candidates.Wanted(), MOST).shown
    fitting = [one.person for one in found if not one.why_not and one.person.user_id not in (None, mine.person.user_id)]
    return sorted(fitting, key=lambda person: (person.name.casefold(), person.pk))


def _named(people: list[Person]) -> list[tuple[Person, str]]:
    return [(person, roster.short_name(person)) for person in people]


def exchangeable(mine: Assignment, to: Person) -> list[Assignment]:
    """The shifts of a colleague that the holder could take in return, soonest first."""
    rows = Assignment.objects.filter(person=to, status=Assignment.Status.APPROVED)
    ahead = roster.in_order(roster.that_count(rows).filter(shift__time_slot__starts_at__gt=timezone.now()))
    found = [one for one in ahead if one.shift_id != mine.shift_id]
    if not found:
        return []
    diary = clashes.diary(mine.person, [one.shift for one in found])
    return [one for one in found if _fits(one, mine, diary)]


def _fits(one: Assignment, mine: Assignment, diary: clashes.Diary) -> bool:
    try:
        swaps.check_taker(one.shift, mine.person, diary, mine)
    except Refused:
        return False
    return True


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def swap_page(request, uid):
    """`/crew/swaps/<uid>/`: what is offered by whom; POST takes, declines or withdraws it (`act`)."""
    swap = get_object_or_404(swaps.visible_to(request.user), uid=uid)
    person = swap.to if swap.to and swap.to.user_id == request.user.pk else None
    person = person or roster.person_for(request.user, swap.offered.shift.section)
    if request.method == "POST":
        return _act(request, swap, person)
    is_mine = swap.offered.person.user_id == request.user.pk
    can_take = not is_mine and swap.status == Swap.Status.OPEN and person is not None
    context = {
        "swap": swap,
        "shift": swap.offered.shift,
        "event": swap.offered.shift.section.event,
        "is_mine": is_mine,
        "is_taker": swap.taken_by is not None and swap.taken_by.user_id == request.user.pk,
        "is_named": swap.to is not None and swap.to.user_id == request.user.pk,
        "can_take": can_take,
        "why_not": swaps.why_not_take(swap.offered.shift, person, swap.in_return) if can_take else "",
        "report_at": roster.report_at(swap.offered.shift),
    }
    return render(request, "crew/swap.html", context)


def _act(request, swap: Swap, person: Person | None):
    acts = {"take": _take, "decline": _decline, "withdraw": _withdraw}
    act = acts.get(request.POST.get("act", ""))
    if act is None:
        messages.error(request, _("Choose what to do with this offer."))
        return redirect("crew-swap", swap.uid)
    try:
        messages.success(request, act(request, swap, person))
    except DomainError as refusal:
        asks = "take_swap" if act is _take else "decide_swap"
        explaining.tell(request, refusal, asks, swap, decision=request.POST["act"])
    return redirect("crew-swap", swap.uid)


def _take(request, swap: Swap, person: Person | None) -> str:
    if person is None:
        raise Http404
    done = swaps.take(swap, person, by=request.user)
    words = {"shift": telling.spoken(swap.offered.shift)}
    if done.status == Swap.Status.WAITING:
        return _("%(shift)s: it is yours as soon as the organisers approve.") % words
    return _("%(shift)s: it is yours.") % words


def _decline(request, swap: Swap, _person) -> str:
    swaps.decline(swap, by=request.user)
    return _("You declined the offer.")


def _withdraw(request, swap: Swap, _person) -> str:
    swaps.withdraw(swap, by=request.user)
    return _("You took the offer back. The shift is still yours.")
