"""Each page for buyers, volunteers, partners and the door, in each language: nothing of it is left in English."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.test import Client

from accounts.tests.coming_in import log_in
from eventify.tests.browser.site import PAGES, Site
from eventify.tests.browser.test_accessibility import shown
from eventify.tests.lent import for_the_module

LANGUAGES = ["en", *(code for code, _name in settings.LANGUAGES if code != "en")]
APART = ("hi", "vi")
NOWHERE = "/nothing-here/"
SPOKEN = ("alt", "aria-label", "content", "placeholder", "title")
WORD = re.compile(r"[a-z]{3}")
# What is the same in all languages: names of the site's world, addresses, and words of HTML.
DATA = re.compile(
    r"Alpha (CRM|hook|is down|Hall|Night|Place|Section|Shift|Slot|Tag)|Rush Night|Sold Out Night|Tulip Play"
    r"|Event \d+|Hall A|Stalls|Balcony|General admission|Second|Main bar|Bartender|Asha Buyer|Ada Admin"
    r"|See you there!|1 Main Road Bengaluru 560001|nothing like it|Eventify( order)?|English|Nederlands|scan\.pdf"
    r"|\S+@example\.com|https?://\S+|[0-9a-f-]{16,}|\d+ bytes?|[a-z]+\.[a-z_]+|evk_\w+…|[a-z]+_[a-z_]+|permission"
    r"|noindex|follow|website|summary\w*|light|dark|width=device-width.*|\{.*\}"
)


class Words(HTMLParser):
    """What a page says: its texts, and what it says in attributes."""

    def __init__(self, page: str):
        super().__init__()
        self.said, self.language, self._silent = [], "", 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        self.language = self.language or known.get("lang", "")
        self._silent += tag in ("script", "style", "option", "svg")
        self.said += [known[name] for name in SPOKEN if known.get(name)]

    def handle_endtag(self, tag):
        self._silent -= tag in ("script", "style", "option", "svg")

    def handle_data(self, data):
        if data.strip() and not self._silent:
            self.said.append(" ".join(data.split()))


site = for_the_module(Site)


def addresses(site: Site) -> list[tuple[Client, str]]:
    """(who looks, where) for all of them."""
    public = [(who, address) for pages in PAGES.values() for who, address in pages]
    clients = {who: site.client(who) or Client() for who, _address in public}
    found = [(clients[who], address(site)) for who, address in public]
    for user, names in (
        (site.admin, [*shown("partner/<"), *(one for one in shown("account/") if "<" not in one[0])]),
        (site.volunteer, [*shown("crew/"), *shown("wallet/")]),
        (site.buyer, [one for one in shown("crew/") if "uuid" not in one[0]]),
    ):
        client = log_in(Client(), user)
        found += [(client, site.address(path, name)) for path, name in names]
    return [*found, (Client(), "/door/"), (Client(), NOWHERE)]


@pytest.mark.django_db
def test_each_page_speaks_each_language(site):
    """What Hindi and Vietnamese have in common with English is data. (Dutch shares too many words with it.)"""
    left = {}
    for client, address in addresses(site):
        english, *others = (spoken(client, address, language) for language in LANGUAGES)
        same = {one for one in english.said if WORD.search(DATA.sub("", one))}
        for language, page in zip(LANGUAGES[1:], others, strict=True):
            assert page.said != english.said, (address, language)
            left |= {(language, one): address for one in same & set(page.said) if language in APART}
    assert left == {}


def spoken(client: Client, address: str, language: str) -> Words:
    """The page in this language."""
    client.cookies["django_language"] = language
    response = client.get(address)
    assert response.status_code == (404 if address == NOWHERE else 200), address
    words = Words(response.content.decode())
    assert words.language == language, address
    return words
