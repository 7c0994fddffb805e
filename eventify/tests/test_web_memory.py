"""What the web server does not hold: each MB that it loads is there as long as it runs."""

import json
import os
import subprocess
import sys

RARE = {"PIL", "openpyxl", "reportlab", "segno", "sepaxml", "stripe", "unittest", "cryptography.x509"}
PROGRAM = """
import json, sys
from eventify import warm
warm.TIMES = 0  # no request, so no database
warm.load()
json.dump(sorted(sys.modules), sys.stdout)
"""


def test_what_few_requests_need_is_loaded_when_one_does():
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=os.environ, stdout=subprocess.PIPE, check=True)
    loaded = set(json.loads(done.stdout))
    assert "bookings.views_papers" in loaded and "redis.asyncio.observability" in loaded  # it is the whole platform
    assert not loaded & (RARE | {"redis.asyncio.client", "django.test.client", "requests", "pygments"})
