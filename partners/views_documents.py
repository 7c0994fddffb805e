"""The files of documents, behind their links: the original as a download, its pages as pictures."""

from csp.decorators import csp_replace
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from eventify.lib.errors import DomainError
from partners import documents

# Should a browser ever show the file itself: nothing in it runs, loads, or is framed by others.
NOTHING = {
    "default-src": ["'none'"],
    "sandbox": [""],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
}


def _open(request, token: str) -> documents.Opened:
    browser_of = request.user if request.user.is_authenticated else None
    return documents.open_link(token, browser_of=browser_of)


def _refused(request, refusal: DomainError):
    context = {"status": refusal.status, "sentence": str(refusal.message)}
    return render(request, "errors/error.html", context, status=refusal.status)


@require_safe
@never_cache
@csp_replace(NOTHING)
def original(request, token: str):
    """`/documents/<token>/`: the file as it was uploaded, as a download that no browser interprets."""
    try:
        opened = _open(request, token)
        file = documents.original(opened)
    except DomainError as refusal:
        return _refused(request, refusal)
    document = opened.document
    response = FileResponse(file, as_attachment=True, filename=document.name, content_type=document.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
@cache_control(private=True, max_age=documents.LIFE)
@csp_replace(NOTHING)
def page(request, token: str, number: int):
    """`/documents/<token>/pages/<n>.png`: a picture of a page, made by us."""
    try:
        png = documents.page(_open(request, token), number)
    except DomainError as refusal:
        return _refused(request, refusal)
    return HttpResponse(png, content_type="image/png", headers={"X-Content-Type-Options": "nosniff"})
