"""How a mail looks: the text of its template, and the same as HTML, made of the text so that both always agree.

`templates/emails/<template>.txt` is the subject, then the text. In HTML a line that is an address of this site
becomes a button, and `Words: address` a button with these words; other addresses stay text, for what people wrote is
in there as well. `templates/emails/<template>.html` may stand in for `base.html`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from accounts.models import OutgoingMail, User
from eventify.lib.prepared import Param, Prepared

_LABEL_MAX = 80  # characters of a button's words
_SPACES = re.compile(r"[^\S\xa0\u202f]+")  # but those at which no line ends: they keep an amount together


@dataclass(frozen=True)
class Extras:
    """What is made when the mail is sent, not stored: files (name, content, type), and more for the template."""

    attachments: list[tuple[str, bytes, str]] = field(default_factory=list)
    context: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Block:
    """A paragraph (its lines) or a button."""

    lines: tuple[str, ...] = ()
    label: str = ""
    url: str = ""


Maker = Callable[[dict], Extras]
_makers: dict[str, Maker] = {}
_speakers: list[Callable[[dict], str]] = []


def enriches(*templates: str):
    """Decorate the function that makes the Extras of mails with these templates out of their context (and `to`)."""

    def register(maker: Maker) -> Maker:
        _makers.update(dict.fromkeys(templates, maker))
        return maker

    return register


def knows_language(finder: Callable[[dict], str]):
    """Decorate a function that finds, in a mail's context, the language of whom it is to ("" when it cannot)."""
    _speakers.append(finder)
    return finder


def language_of(mail: OutgoingMail) -> str:
    """The language to write it in: of who it is about, of the account with this address, or of when it was queued."""
    known = dict(settings.LANGUAGES)
    return next((language for language in _spoken(mail) if language in known), settings.LANGUAGE_CODE)


def _spoken(mail: OutgoingMail) -> Iterator[str]:
    yield from (find(mail.context) for find in _speakers)
    yield from (language for (language,) in _languages(email=mail.to.lower()))
    yield mail.language


_languages = Prepared(lambda: User.objects.filter(email__lower=Param("email")).order_by("pk").values_list("language"))


def compose(mail: OutgoingMail) -> EmailMultiAlternatives:
    """The message, ready to be sent, in the language of whom it is to. Raises what a template with a mistake raises."""
    with override(language_of(mail)):
        return _compose(mail)


def _compose(mail: OutgoingMail) -> EmailMultiAlternatives:
    maker = _makers.get(mail.template)
    extras = maker({**mail.context, "to": mail.to}) if maker else Extras()
    context = {"site_url": settings.SITE_URL, **extras.context, **mail.context}
    subject, _newline, text = render_to_string(f"emails/{mail.template}.txt", context).partition("\n")
    heading, text = _SPACES.sub(" ", subject).strip(), text.strip() + "\n"
    message = EmailMultiAlternatives(" ".join(heading.split()), text, settings.DEFAULT_FROM_EMAIL, [mail.to])
    message.attach_alternative(_html(mail.template, heading, text), "text/html")
    for name, content, kind in extras.attachments:
        message.attach(name, content, kind)
    return message


def _html(template: str, subject: str, text: str) -> str:
    context = {
        "site_url": settings.SITE_URL,
        "subject": subject,
        "blocks": list(blocks(text)),
        "language": get_language(),
    }
    return render_to_string([f"emails/{template}.html", "emails/base.html"], context)


def blocks(text: str) -> Iterator[Block]:
    """The text in paragraphs and buttons."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        said: list[str] = []
        for line in paragraph.splitlines():
            button = _button(line.strip())
            if button is None:
                said.append(line.strip())
                continue
            if said:
                yield Block(tuple(said))
                said = []
            yield button
        if said:
            yield Block(tuple(said))


def _button(line: str) -> Block | None:
    label, _blank, url = line.rpartition(" ")
    is_ours = url.startswith(f"{settings.SITE_URL}/")
    if not is_ours or len(label) > _LABEL_MAX or (label and not label.endswith(":")):
        return None
    return Block(label=label.rstrip(":") or _("Open"), url=url)
