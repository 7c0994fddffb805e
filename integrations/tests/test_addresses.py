"""Outgoing requests go to the public internet only, whatever a name means from one moment to the next."""

import socket

import pytest

from integrations import addresses, sending

PUBLIC = ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946")
REFUSED = (
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "192.0.2.1", "224.0.0.1", "233.252.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "::7f00:1", "2001:db8::1", "nothing",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _production(settings):
    settings.EVENTIFY_WEBHOOK_PRIVATE = False


@pytest.mark.parametrize("ip", REFUSED)
def test_addresses_that_are_not_public(ip, settings):
    assert not addresses.is_allowed(ip)
    settings.EVENTIFY_WEBHOOK_PRIVATE = True  # loopback, and nothing else
    assert addresses.is_allowed(ip) == (ip in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"))


def test_addresses_that_are():
    assert all(map(addresses.is_allowed, PUBLIC))


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest/meta-data/", "http://example.com/"]
)
def test_urls_that_are_refused_before_anything_is_asked(url):
    with pytest.raises(addresses.Refused):
        addresses.check(url)


@pytest.mark.parametrize("name", ["https://2130706433/", "https://0x7f.1/", "https://017700000001/", "https://127.1/"])
def test_numbers_in_other_spellings_are_judged_by_what_they_mean(name):
    with pytest.raises(addresses.Refused):
        addresses.resolve(name)


def names(monkeypatch, *answers: list[str]):
    """The resolver's next answers, one after the other."""
    left = list(answers)

    def resolved(host, port, **options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in left.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    return left


def test_one_private_address_among_public_ones_is_enough(monkeypatch):
    names(monkeypatch, [PUBLIC[0], "10.0.0.1"])
    with pytest.raises(addresses.Refused, match=r"10\.0\.0\.1"):
        addresses.resolve("https://hooks.example.com/")


def test_a_name_that_changes_its_mind_is_asked_once(monkeypatch):
    """DNS rebinding: the second answer would be our own machine; the connection goes where the first one said."""
    left = names(monkeypatch, [PUBLIC[0]], ["127.0.0.1"])
    place = addresses.resolve("https://hooks.example.com:8443/in?a=1")
    connection = sending._connection(place)
    assert (connection.host, connection.port, connection.server_hostname) == (PUBLIC[0], 8443, "hooks.example.com")
    assert connection.assert_hostname == "hooks.example.com" and place.path == "/in?a=1"
    assert left == [["127.0.0.1"]]


def test_a_sending_to_a_private_address_makes_no_connection(monkeypatch):
    names(monkeypatch, ["169.254.169.254"])
    monkeypatch.setattr(socket, "create_connection", None)
    outcome = sending.post("https://metadata.example.com/", b"{}", {})
    assert (outcome.status, outcome.is_good) == (0, False) and "not public" in outcome.error


def test_a_name_that_nobody_knows(monkeypatch):
    def unknown(*args, **options):
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "not known" in sending.post("https://nowhere.example/", b"{}", {}).error
