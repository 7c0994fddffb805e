"""A server that speaks Stripe's wire format: form-encoded requests, JSON answers, idempotency keys, signed messages.

It keeps what a provider keeps (sessions, payment intents, refunds) and can lose its answers, be slow and fail.
`stand_in.messages` holds what it wants to tell us; the test carries them: often, never, or in another order.
"""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, parse_qsl, urlsplit

import stripe

SECRET = "whsec_stand_in"  # noqa: S105
KEY = "sk_test_stand_in"


class StandIn:
    """What Stripe remembers, and how it misbehaves: each entry of `trouble` is for one request, in their order.

    "lose": do it, and never answer. "forget": so, and do it anew when it is asked again under the same key.
    "drop": do nothing, never answer. "moved": 302 to another address of its own.
    "slow": do it, and answer too late. "busy": 429. "broken": 500. "": behave.
    """

    def __init__(self):
        self.sessions: dict[str, dict] = {}
        self.refunds: dict[str, dict] = {}
        self.answers: dict[str, tuple[str, int, dict]] = {}
        self.messages: list[dict] = []
        self.requests: list[tuple[str, str, dict]] = []
        self.trouble: list[str] = []
        self.lock = threading.RLock()
        self.numbers = count(1)
        self.slowness = 1  # seconds
        self.url = ""

    def create_session(self, form: dict) -> tuple[int, dict]:
        wanted = {"mode", "client_reference_id", "success_url", "expires_at", "metadata[payment]"}
        amount, currency = (
            form.get("line_items[0][price_data][unit_amount]"),
            form.get("line_items[0][price_data][currency]"),
        )
        if not wanted <= set(form) or not amount.isdigit() or not 1800 <= int(form["expires_at"]) - time.time() < 86400:
            return refusal("parameter_invalid")
        name = f"cs_test_{next(self.numbers):060}"
        session = {
            "id": name,
            "object": "checkout.session",
            "url": f"{self.url}/c/pay/{name}#{'x' * 600}",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "created": int(time.time()),
            "amount_total": int(amount),
            "currency": currency,
            "expires_at": int(form["expires_at"]),
            "client_reference_id": form["client_reference_id"],
            "metadata": {"payment": form["metadata[payment]"]},
        }
        self.sessions[name] = session
        return 200, session

    def list_sessions(self, form: dict) -> tuple[int, dict]:
        """The newest first, as Stripe lists them."""
        least, most, many = (int(form[name]) for name in ("created[gte]", "created[lte]", "limit"))
        listed = [one for one in reversed(self.sessions.values()) if least <= one["created"] <= most]
        if "starting_after" in form:
            listed = listed[[one["id"] for one in listed].index(form["starting_after"]) + 1 :]
        more = len(listed) > many
        return 200, {"object": "list", "data": listed[:many], "has_more": more, "url": "/v1/checkout/sessions"}

    def expire_session(self, name: str) -> tuple[int, dict]:
        if self.sessions[name]["status"] != "open":
            return refusal("invalid_request")
        self.sessions[name]["status"] = "expired"
        self.tell("checkout.session.expired", name)
        return 200, self.sessions[name]

    def create_refund(self, form: dict) -> tuple[int, dict]:
        intent, amount = form["payment_intent"], int(form["amount"])
        paid = next(one for one in self.sessions.values() if one["payment_intent"] == intent)
        sent = [one for one in self.refunds.values() if one["payment_intent"] == intent and one["status"] != "failed"]
        back = sum(one["amount"] for one in sent)
        if back + amount > paid["amount_total"]:
            return refusal("charge_already_refunded")
        made = {
            "id": f"re_{next(self.numbers)}",
            "object": "refund",
            "status": "succeeded",
            "amount": amount,
            "payment_intent": intent,
            "metadata": {"refund": form["metadata[refund]"]},
        }
        self.refunds[made["id"]] = made
        return 200, made

    def fail_refund(self, name: str, why: str) -> dict:
        """The refund could not be paid out in the end; what Stripe has of it now."""
        with self.lock:
            self.refunds[name].update(status="failed", failure_reason=why)
            return dict(self.refunds[name])

    def pay(self, name: str, *, status: str = "paid") -> None:
        """The buyer pays on the page; `unpaid` is a method that takes days."""
        with self.lock:
            session = self.sessions[name]
            assert session["status"] == "open", session
            session.update(status="complete", payment_status=status, payment_intent=f"pi_{next(self.numbers)}")
            self.tell("checkout.session.completed", name)

    def settle(self, name: str, *, succeeds: bool) -> None:
        """What became of a method that takes days."""
        with self.lock:
            self.sessions[name]["payment_status"] = "paid" if succeeds else "unpaid"
            end = "succeeded" if succeeds else "failed"
            self.tell(f"checkout.session.async_payment_{end}", name)

    def tell(self, kind: str, name: str) -> None:
        event = {
            "id": f"evt_{next(self.numbers)}",
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "data": {"object": dict(self.sessions[name])},
        }
        self.messages.append(event)

    def of(self, payment) -> str:
        """The newest session of our payment."""
        mine = [name for name, one in self.sessions.items() if one["client_reference_id"] == str(payment.uid)]
        return mine[-1]

    def answer(self, method: str, path: str, form: dict, key: str) -> tuple[int, dict]:
        with self.lock:
            self.requests.append((method, path, form))
            if key and key in self.answers:
                body, status, answer = self.answers[key]
                return (status, answer) if body == json.dumps(form) else refusal("idempotency_error")
            status, answer = self.act(method, path, form)
            if key:
                self.answers[key] = (json.dumps(form), status, json.loads(json.dumps(answer)))
            return status, json.loads(json.dumps(answer))

    def act(self, method: str, path: str, form: dict) -> tuple[int, dict]:
        parts = path.strip("/").split("/")[1:]
        if parts[:2] == ["checkout", "sessions"]:
            if len(parts) == 2:
                return self.create_session(form) if method == "POST" else self.list_sessions(form)
            if parts[2] not in self.sessions:
                return 404, {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No"}}
            return self.expire_session(parts[2]) if method == "POST" else (200, self.sessions[parts[2]])
        if parts == ["refunds"] and method == "POST":
            return self.create_refund(form)
        mine = [one for one in self.refunds.values() if one["payment_intent"] == form["payment_intent"]]
        return 200, {"object": "list", "data": mine, "has_more": False, "url": "/v1/refunds"}


def refusal(code: str) -> tuple[int, dict]:
    return 400, {"error": {"type": "invalid_request_error", "code": code, "message": code}}


def signed(event: dict, *, at: int | None = None, secret: str = SECRET) -> tuple[bytes, dict]:
    """A message as it comes: body and headers."""
    body = json.dumps(event)
    header = stripe.WebhookSignature.generate_signature_header(body, secret, at)
    return body.encode(), {"Stripe-Signature": header}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.handle_one("GET", dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.handle_one("POST", {name: values[-1] for name, values in parse_qs(raw).items()})

    def handle_one(self, method: str, form: dict) -> None:
        stand_in: StandIn = self.server.stand_in
        with stand_in.lock:
            trouble = stand_in.trouble.pop(0) if stand_in.trouble else ""
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return self.say(401, {"error": {"type": "authentication_error", "message": "Unknown key"}})
        if trouble == "busy":
            return self.say(429, {"error": {"type": "rate_limit_error", "message": "Too many"}})
        if trouble == "broken":
            return self.say(500, {"error": {"type": "api_error", "message": "Sorry"}})
        if trouble == "moved":
            return self.say(302, {}, Location=stand_in.url + "/v1/elsewhere")
        answer = (0, {})
        if trouble != "drop":
            path = urlsplit(self.path).path
            answer = stand_in.answer(method, path, form, self.headers.get("Idempotency-Key", ""))
            if trouble == "forget":
                stand_in.answers.pop(self.headers.get("Idempotency-Key", ""), None)
        if trouble in ("drop", "lose", "forget"):
            self.close_connection = True
            return self.connection.close()
        if trouble == "slow":
            time.sleep(stand_in.slowness)
        return self.say(*answer)

    def say(self, status: int, answer: dict, **headers) -> None:
        body = json.dumps(answer).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_args):
        """Quiet."""


@contextmanager
def running():
    """A stand-in that answers at `stand_in.url`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.stand_in = stand_in = StandIn()
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
