"""`python -m eventify.healthcheck`: exit code 0 when the web server of this container answers /healthz with 200."""

import os
import sys
import urllib.error
import urllib.request


def is_healthy(port, host):
    """Ask 127.0.0.1:`port`, under the host name that the site is known by."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=3) as answer:
            return answer.status == 200
    except (OSError, urllib.error.HTTPError):
        return False


if __name__ == "__main__":
    name = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
    sys.exit(0 if is_healthy(os.environ.get("PORT", "8000"), name) else 1)
