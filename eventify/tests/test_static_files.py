"""Static files as they are served: compressed, and good for ever under a name that has their hash."""

import gzip
import json
import re

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from whitenoise.middleware import WhiteNoiseMiddleware

SMALL = 2_000  # bytes; what is larger must be compressed if it is text
TEXTS = (".css", ".js", ".svg", ".json")


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """What `collectstatic` makes, and the middleware that serves it as in production."""
    root = tmp_path_factory.mktemp("static")
    storages = {**configured.STORAGES, "staticfiles": {"BACKEND": configured.HASHED_STATIC}}
    with override_settings(STATIC_ROOT=root, STORAGES=storages):
        call_command("collectstatic", verbosity=0, interactive=False)
        yield root, WhiteNoiseMiddleware(lambda _request: HttpResponse(status=404))


def paths(root) -> dict[str, str]:
    """Each file's name and the one that has its hash."""
    return json.loads((root / "staticfiles.json").read_text())["paths"]


def body(answer) -> bytes:
    """What is sent; the file is closed without the signals of a request's end, which would look for a database."""
    with answer.file_to_stream as file:
        return file.read()


def test_texts_are_compressed(collected):
    root, _serve = collected
    files = [root / hashed for name, hashed in paths(root).items() if name.endswith(TEXTS)]
    large = [file for file in files if file.stat().st_size > SMALL]
    assert len(large) > 30
    for file in large:
        packed = file.with_name(f"{file.name}.gz")
        assert packed.exists() and packed.stat().st_size < file.stat().st_size, file.name
        assert gzip.decompress(packed.read_bytes()) == file.read_bytes()


def test_they_are_served_compressed_and_for_ever(collected):
    root, serve = collected
    found = {name: hashed for name, hashed in paths(root).items() if not name.startswith(("unfold/", "admin/"))}
    assert {"css", "js", "img", "fonts"} <= {name.split("/")[0] for name in found}
    for name, hashed in found.items():
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", hashed), name
        answer = serve(RequestFactory().get(f"/static/{hashed}", headers={"Accept-Encoding": "gzip"}))
        assert (answer.status_code, answer["Cache-Control"]) == (200, "max-age=315360000, public, immutable"), name
        is_packed = (root / f"{hashed}.gz").exists()
        assert answer.get("Content-Encoding") == ("gzip" if is_packed else None)
        assert ("Accept-Encoding" in answer.get("Vary", "")) is is_packed
        sent = gzip.decompress(body(answer)) if is_packed else body(answer)
        assert sent == (root / name).read_bytes() or name.endswith((".css", ".js"))  # those name others by their hash


def test_without_its_hash_a_file_is_asked_for_again(collected):
    """For a minute it may be kept; then an unchanged one is not sent again."""
    root, serve = collected
    name = next(name for name in paths(root) if name.endswith(".css"))
    answer = serve(RequestFactory().get(f"/static/{name}"))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "max-age=60, public")
    assert body(answer) == (root / name).read_bytes()
    headers = {"If-None-Match": answer["ETag"]} if "ETag" in answer else {"If-Modified-Since": answer["Last-Modified"]}
    assert serve(RequestFactory().get(f"/static/{name}", headers=headers)).status_code == 304


def test_who_takes_no_gzip_gets_the_same_file(collected):
    root, serve = collected
    hashed = next(hashed for hashed in paths(root).values() if (root / f"{hashed}.gz").exists())
    plain = serve(RequestFactory().get(f"/static/{hashed}", headers={"Accept-Encoding": "identity"}))
    packed = serve(RequestFactory().get(f"/static/{hashed}", headers={"Accept-Encoding": "gzip"}))
    assert "Content-Encoding" not in plain and plain["Vary"] == packed["Vary"] == "Accept-Encoding"
    assert body(plain) == gzip.decompress(body(packed)) == (root / hashed).read_bytes()
