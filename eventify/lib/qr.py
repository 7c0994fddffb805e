"""QR codes on pages."""

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from eventify.lib.when_needed import WhenNeeded

segno = WhenNeeded("segno")


def inline(text: str, label: str, mask: int | None = None) -> SafeString:
    """The text as an inline SVG that screen readers call `label`; the stylesheet gives it white paper, in the dark too.

    Without a `mask` (0 to 7) the best one is looked for, which takes most of the time.
    """
    code = segno.make(text, error="m", micro=False, mask=mask)
    svg = code.svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None)
    return mark_safe(svg.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1))
