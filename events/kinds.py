"""What kinds of events are called: plain names in the reader's language, any other as staff wrote it."""

from django.utils.translation import gettext_lazy as _

# name, lower case -> its words
_NAMES = {
    "art": _("Art"),
    "comedy": _("Comedy"),
    "concert": _("Concert"),
    "conference": _("Conference"),
    "dance": _("Dance"),
    "family": _("Family"),
    "festival": _("Festival"),
    "film": _("Film"),
    "food": _("Food"),
    "music": _("Music"),
    "party": _("Party"),
    "sports": _("Sports"),
    "talks": _("Talks"),
    "tech": _("Tech"),
    "theatre": _("Theatre"),
    "workshop": _("Workshop"),
}


def said(name: str) -> str:
    """The name of a category as the reader says it: `Music` is `संगीत` in Hindi."""
    return str(_NAMES.get(name.lower(), name))
