"""Requests that do not say how long their body is: many HTTP clients send JSON in chunks."""

import io

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import WSGIRequest

from eventify.lib import chunked


@chunked.with_length
def echo(environ, _start_response):
    """An application that answers the body as Django reads it."""
    return WSGIRequest(environ).body


def send(source: io.BytesIO, **environ) -> bytes:
    return echo({"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": source, **environ}, None)


@pytest.mark.parametrize("body", [b"", b'{"a": 1}', b"x" * 2_000_000])
def test_a_body_in_chunks_is_read(body):
    assert send(io.BytesIO(body), HTTP_TRANSFER_ENCODING="chunked") == body


def test_a_length_is_believed():
    assert send(io.BytesIO(b"abcd"), CONTENT_LENGTH="3") == b"abc"
    assert send(io.BytesIO(b"abcd"), CONTENT_LENGTH="3", HTTP_TRANSFER_ENCODING="chunked") == b"abc"
    assert send(io.BytesIO(b"abcd")) == b""


def test_a_long_body_in_chunks_is_refused_and_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr(chunked, "MOST", 3_000_000)
    source = io.BytesIO(b" " * 4_000_000)
    with pytest.raises(RequestDataTooBig):
        send(source, HTTP_TRANSFER_ENCODING="chunked")
    assert source.tell() == 3_000_001
