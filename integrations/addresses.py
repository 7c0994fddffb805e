"""Where outgoing requests may go: addresses of the public internet, so that nobody reaches our own network through us.

A name is resolved once, all its addresses are judged, and the connection goes to one that was judged: a name that
means something else a moment later changes nothing.
"""

import ipaddress
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

URL_MAX = 500  # characters
_EMBEDDED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))
_PORTS = range(1, 65536)


class Refused(Exception):
    """The address is none that we send to; the sentence says why."""


class Place(NamedTuple):
    """Where to connect, and what to ask for there."""

    ip: str
    port: int
    host: str
    path: str
    is_secure: bool


def check(url: str) -> None:
    """Refused for a URL that can never do. Names are not resolved: that is done at each sending."""
    _parts(url)


def resolve(url: str) -> Place:
    """Where a URL leads now. Refused when one of its addresses is not public, or its name is not known."""
    parts = _parts(url)
    is_secure = parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    found = _addresses(parts.hostname, port)
    for one in found:
        if not is_allowed(one):
            raise Refused(_("The address %(ip)s is not public.") % {"ip": one})
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return Place(found[0], port, parts.hostname, path, is_secure)


def _parts(url: str):
    if len(url) > URL_MAX or not url.isascii() or not url.isprintable() or " " in url:
        raise Refused(_("Use an address of at most 500 plain characters."))
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port in _PORTS)
    except ValueError:
        raise Refused(_("This is no address of the web.")) from None
    if not is_whole or parts.scheme not in ("https", "http"):
        raise Refused(_("This is no address of the web."))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused(_("Use an address without a user name, a password or a fragment."))
    if parts.scheme == "http" and not settings.EVENTIFY_WEBHOOK_PRIVATE:
        raise Refused(_("Use an https address."))
    _check_literal(parts.hostname)
    return parts


def _check_literal(host: str) -> None:
    """Refused for an address written as numbers that is not public; names are judged when they are resolved."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    if not is_allowed(host):
        raise Refused(_("The address %(ip)s is not public.") % {"ip": host})


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        raise Refused(_("The name %(host)s is not known.") % {"host": host}) from None
    return [entry[4][0] for entry in found]


def is_allowed(text: str) -> bool:
    """Whether an IP address is one of the public internet; loopback where EVENTIFY_WEBHOOK_PRIVATE says so."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_allowed(str(address.ipv4_mapped))
        if address.is_loopback and settings.EVENTIFY_WEBHOOK_PRIVATE:
            return True
        if any(address in network for network in _EMBEDDED):  # an IPv4 address in disguise
            return False
    if address.is_loopback:
        return settings.EVENTIFY_WEBHOOK_PRIVATE
    return address.is_global and not address.is_multicast and not address.is_reserved
