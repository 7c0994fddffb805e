"""How the log is written: one line for each thing, as text or as JSON, with the request's id and without secrets.

Whatever is logged goes through `scrub`: tracebacks, the values of errors, and what libraries say, too.
"""

import json
import logging
import re
import time

from eventify.lib import request_ids

HIDDEN = "[hidden]"
_LONGEST = 20_000  # characters of one line; an error may quote a whole body
_NAMES = r"[\w-]*(?:password|passwd|secret|token|authorization|cookie|api[_-]?key|csrf|sessionid|signature|otp)[\w-]*"
_VALUE = r"""("[^"]*"|'[^']*'|(?:Bearer|Basic|Token)\s+[^\s"']+|[^\s,;&)}\]"']+)"""
_SECRETS = (
    # password=..., "refresh_token": "...", Authorization: Bearer ...
    (re.compile(rf"""(?i)(?<![\w-])({_NAMES}["']?\s*[=:]\s*){_VALUE}"""), rf"\1{HIDDEN}"),
    # "code": "123456", ?code=AB12CD; codes of errors have no digit
    (re.compile(r"""(?i)(?<![a-z0-9])(code["']?\s*[=:]\s*["']?)(?=[\w-]*\d)[\w-]{6,}"""), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(Bearer|Basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(\w://[^\s:/@]*:)[^\s/@]+@"), rf"\1{HIDDEN}@"),  # redis://user:password@host
    (re.compile(r"\b(?:sk|rk|whsec)_\w{8,}"), HIDDEN),  # keys of Stripe
    (re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*"), HIDDEN),  # JSON web tokens
    (re.compile(r"(?<![A-Za-z0-9])[A-Z2-7]{26}(?![A-Za-z0-9])"), HIDDEN),  # codes of tickets
    (re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32,}(?![0-9A-Za-z])"), HIDDEN),  # hashes, seeds and mailed links
    # what is random and urlsafe; slugs have no capitals, UUIDs neither
    (re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{24,}"), HIDDEN),
)


def scrub(text: str) -> str:
    """The text without passwords, tokens, codes and keys; at most 20,000 characters of it."""
    text = text[:_LONGEST]
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class Line(logging.Formatter):
    """2026-11-21 10:00:00,123 WARNING bookings.payments [id of the request] sentence"""

    def __init__(self):
        super().__init__("{asctime} {levelname} {name} [{request_id}] {message}", style="{")

    def formatMessage(self, record):
        """One line, whatever a caller put into it: nobody forges a second one."""
        record.request_id = request_ids.current() or "-"
        record.message = record.message.replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)

    def format(self, record):
        return scrub(super().format(record))


class JSONLine(logging.Formatter):
    """One JSON object for each line: at, level, logger, request_id, process, message, and error (a traceback)."""

    def format(self, record):
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields = {
            "at": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "request_id": request_ids.current() or None,
            "process": record.process,
            "message": scrub(record.getMessage()),
        }
        if record.exc_info:
            fields["error"] = scrub(self.formatException(record.exc_info))
        return json.dumps(fields)


def configuration(level: str, form: str) -> dict:
    """The setting LOGGING: everything to standard error, as `form` (line or json) says."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": Line}, "json": {"()": JSONLine}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.request": {"level": "ERROR"},  # 4xx answers are the caller's business
            "django.db.backends": {"level": "INFO"},  # SQL may carry personal data
        },
    }
