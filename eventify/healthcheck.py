"""Does a web server answer? `python -m eventify.healthcheck` asks this container's, exit code 0 means yes."""

import os
import sys
import urllib.error
import urllib.request


def site_name():
    """A host name that ALLOWED_HOSTS admits."""
    return os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".") or "localhost"


def is_healthy(address):
    """Whether the server at `address` (host:port) answers 200 to /healthz within 5 seconds."""
    request = urllib.request.Request(f"http://{address}/healthz", headers={"Host": site_name()})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status == 200
    except (OSError, urllib.error.HTTPError):
        return False


if __name__ == "__main__":
    sys.exit(0 if is_healthy(f"127.0.0.1:{os.environ.get('PORT') or 8000}") else 1)
