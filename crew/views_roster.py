"""Somebody's own roster: as a page, and as the calendar that their phone reads."""

from hashlib import sha256

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.pages import members_only
from crew import feeds, roster


@members_only
@require_safe
@never_cache
def roster_page(request):
    """`/crew/roster/`: all own shifts to come, day by day, and the address of their calendar."""
    address = feeds.address_for(request.user)
    context = {
        "rows": roster.marked(request.user),
        "address": address,
        "subscribe": f"webcal:{address.partition(':')[2]}",
    }
    return render(request, "crew/roster.html", context)


@members_only
@require_POST
def renew(request):
    """`/crew/roster/renew/`: a new address for the calendar; the old one ends."""
    feeds.renew(request.user)
    messages.success(request, _("Your calendar has a new address, and the old one has ended."))
    return redirect("crew-roster")


@require_safe
def calendar(request, token):
    """`/crew/calendar/<token>.ics`: the roster of whoever the token is of, without a log-in."""
    user = feeds.user_of(token)
    if user is None:
        raise Http404
    body = feeds.calendar(user)
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    response = HttpResponse(body, content_type=feeds.CONTENT_TYPE)
    response["Cache-Control"] = "private, max-age=300"
    response["X-Robots-Tag"] = "noindex"
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response)
