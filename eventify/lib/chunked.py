"""Bodies of unknown length: Django reads as much as Content-Length says, and a chunked request says nothing."""

import tempfile

MEMORY = 1_000_000  # bytes of a body that are kept in memory; the rest goes to a file
MOST = 32_000_000  # bytes of a body that are read; what is longer arrives cut off, and is refused for its length
_PIECE = 64 * 1024


def with_length(application):
    """The WSGI application, told the length of bodies that came in chunks (the server has put them together)."""

    def measured(environ, start_response):
        if environ.get("HTTP_TRANSFER_ENCODING") and not environ.get("CONTENT_LENGTH"):
            with tempfile.SpooledTemporaryFile(MEMORY) as body:
                environ["CONTENT_LENGTH"] = str(_copy(environ["wsgi.input"], body))
                body.seek(0)
                environ["wsgi.input"] = body
                return application(environ, start_response)
        return application(environ, start_response)

    return measured


def _copy(source, body) -> int:
    """Copy at most MOST bytes and one; returns how many."""
    copied = 0
    while copied <= MOST:
        piece = source.read(min(_PIECE, MOST + 1 - copied))
        if not piece:
            break
        copied += len(piece)
        body.write(piece)
    return copied
