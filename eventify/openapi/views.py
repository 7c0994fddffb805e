"""The documents over HTTP, and a page that shows them. What makes them is loaded by the first who asks."""

import json
from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from eventify.lib.when_needed import WhenNeeded

documents = WhenNeeded("eventify.openapi.documents")
TITLES = {
    "all": "All",
    "command_center": "000 Command Center",
    "evient": "001 EViENT",
    "evently": "002 Evently",
    "eventify_plus": "003 Eventify Plus",
    "crewli": "004 Crewli",
    "platform": "Platform",
}


@require_safe
def schema(request: HttpRequest, name: str = "all") -> HttpResponse:
    """The OpenAPI document of a contract, or of all, as JSON (and so as YAML, which JSON is a part of)."""
    if name not in TITLES:
        raise Http404
    return HttpResponse(written(name), content_type="application/json", headers={"Cache-Control": "no-cache"})


@lru_cache
def written(name: str) -> bytes:
    """The document as it is sent. It changes only with the code and the settings."""
    return json.dumps(documents.document(name), ensure_ascii=False, separators=(",", ":")).encode()


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The page that shows the documents; `?of=` chooses one."""
    chosen = request.GET.get("of", "all")
    if chosen not in TITLES:
        raise Http404
    address = reverse("api-schema") if chosen == "all" else reverse("api-schema-of", args=[chosen])
    return render(request, "site/api_docs.html", {"chosen": chosen, "titles": TITLES, "document": address})
