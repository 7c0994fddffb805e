"""One operation of a document: from its route, its view, its row on the page, and what `openapi.py` tells of it."""

import json
import re
from typing import Any

from rest_framework import exceptions

from eventify.contracts.crewli.conventions import Within
from eventify.contracts.described import Contract
from eventify.contracts.evently.conventions import Anyone, LoggedIn, Staff
from eventify.contracts.kinds import Body, Operation
from eventify.contracts.needs import ANYBODY, Need
from eventify.lib.errors import Conflict, Forbidden, Missing
from eventify.lib.ratelimit import TooManyRequests
from eventify.openapi import pages, queries
from eventify.openapi.schemas import Schemas, filled
from integrations.feed import TooOld

METHODS = ("get", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"{(\w+)}")
_TELLS = {
    200: "Done.", 201: "Made.", 202: "Taken; it is done later.", 204: "Done; there is nothing to say.",
    400: "The request is malformed.", 401: "No token, or one that is over.", 403: "The caller may not do this.",
    404: "There is none, or none that the caller may see.", 409: "The state of things forbids it.",
    410: "It is not kept any more.",
    413: "The body is too large.", 415: "The body is of another type.", 422: "Some values are not valid.",
    429: "Too many requests.", 503: "Requests cannot be answered.",
}  # fmt: skip
# The refusal of each status that the example is made of.
_REFUSALS = {
    400: exceptions.ParseError("JSON parse error"),
    401: exceptions.AuthenticationFailed("The token is invalid or has expired. Log in again."),
    403: Forbidden(),
    404: Missing(),
    409: Conflict(),
    410: TooOld(),
    415: exceptions.UnsupportedMediaType("text/csv"),
    422: exceptions.ValidationError({"name": ["This field is required."]}),
    429: TooManyRequests(30),
}
_TOO_LARGE = "The body is too large. Send less."
_READS_BODY = (400, 413, 415)
_KEY = "A value of the caller's own for this request: sent again with the same key, it is done once."


class Writer:
    """Writes the operations of one contract; things and error answers go to `schemas` and `responses`."""

    def __init__(self, contract: Contract, schemas: Schemas, responses: dict):
        self._contract, self._schemas, self._responses = contract, schemas, responses
        self._rows, self._examples = pages.rows(contract.name), pages.examples(contract.name)

    def path_item(self, path: str, view: type) -> dict:
        """The operations of one path."""
        found = [method for method in METHODS if hasattr(view, method)]
        return {method: self._operation(method, path, view) for method in found}

    # --- An operation ---------------------------------------------------------------------------------

    def _operation(self, method: str, path: str, view: type) -> dict:
        name = f"{method.upper()} {path}"
        told, row = self._contract.operations[name], self._rows[name]
        need = _needs(view, method)
        found: dict[str, Any] = {
            "operationId": self._id(method, path),
            "summary": told.summary,
            "description": _description(row, need),
            "tags": [f"{self._contract.title}: {row.heading}"],
            "security": self._security(need, told),
            "parameters": self._parameters(path, told),
        }
        body = told.body if isinstance(told.body, Body | None) else Body(told.body)
        if body:
            found |= self._request(name, body)
        found["responses"] = self._answers(name, told, self._refusals(name, told, row, view, need))
        return found

    def _id(self, method: str, path: str) -> str:
        pieces = [piece for piece in path.split("/") if piece and piece not in ("api", "v1")]
        words = [f"by_{piece[1:-1]}" if piece.startswith("{") else piece for piece in pieces]
        return "_".join([self._contract.name, method, *words]).replace("-", "_")

    def _security(self, need, told: Operation) -> list:
        if told.token == "optional":
            return [{}, {"bearer": []}]
        return [] if need is None else [{"bearer": []}]

    # --- What comes in --------------------------------------------------------------------------------

    def _parameters(self, path: str, told: Operation) -> list[dict]:
        conventions = self._contract.conventions
        found = [self._path_parameter(path, name) for name in _PARAMETER.findall(path)]
        found += queries.parameters(told, conventions.page_size)
        if told.key:
            schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$",
                      "examples": ["order-7f3a2c91"]}  # fmt: skip
            found.append(
                {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "required": told.key == "required",
                    "schema": schema,
                    "description": _KEY,
                }  # fmt: skip
            )
        return [*found, {"$ref": "#/components/parameters/RequestId"}]

    def _path_parameter(self, path: str, name: str) -> dict:
        starts = [start for start in self._contract.ids if path.startswith(start)]
        first = _PARAMETER.findall(path)[0] == name
        kind = self._contract.ids[starts[0]] if starts and first else self._contract.conventions.id
        return {"name": name, "in": "path", "required": True, "schema": kind}

    def _request(self, name: str, body: Body) -> dict:
        schema = self._schemas.body(body, self._contract.camel)
        whole = self._schemas.components[schema["$ref"].rpartition("/")[2]]
        if not whole["properties"]:  # it is read, and must be empty
            return {}
        example = self._schemas.example_of_body(schema)
        for one in self._told(name):
            if one.body and one.status < 400:
                example = one.body
                break
        content = {body.media_type: {"schema": schema, "example": example}}
        return {"requestBody": {"required": bool(whole.get("required")), "content": content}}

    def _told(self, name: str) -> list[pages.Example]:
        """The examples of the page for this operation."""
        method, path = name.split()
        pattern = re.compile(_PARAMETER.sub("[^/]+", path))
        return [one for one in self._examples if one.method == method and pattern.fullmatch(one.path)]

    # --- What goes out --------------------------------------------------------------------------------

    def _refusals(self, name: str, told: Operation, row: pages.Row, view: type, need) -> dict[int, str]:
        """status -> what is said of it: the row's, and those that follow from the code."""
        method, path = name.split()
        status = self._contract.conventions.refusal
        found: dict[int, str] = {}
        if told.body is not None or method == "POST":
            found |= dict.fromkeys(_READS_BODY, "")
        if need is not None:
            found[401] = ""
        if _may_forbid(need):
            found[403] = ""
        if "{" in path:
            found[404] = ""
        if told.body is not None or told.query or told.paged:
            found[status] = ""
        if method in getattr(view, "limits", {}):
            found[429] = ""
        return dict(sorted({**found, **row.errors}.items()))

    def _answers(self, name: str, told: Operation, refusals: dict[int, str]) -> dict:
        found = {str(told.status): self._success(name, told)}
        for status, said in refusals.items():
            if status not in told.also:
                found[str(status)] = self._refusal(name, status, said)
        for status, kind in told.also.items():
            found[str(status)] = self._answer(kind, told.media_type, _TELLS[status])
        return found

    def _success(self, name: str, told: Operation) -> dict:
        if told.answer is None:
            return {"description": _TELLS[told.status], "headers": _headers(told.status)}
        found = self._answer(self._contract.conventions.envelope(told), told.media_type, _TELLS[told.status])
        media = found["content"][told.media_type]
        for one in self._told(name):
            if one.answer is not None and one.status in (0, told.status):
                media["example"] = filled(one.answer, media["example"])
                break
        return found

    def _answer(self, kind, media_type: str, description: str, status: int = 200) -> dict:
        schema = self._schemas.of(kind, self._contract.camel)
        content = {media_type: {"schema": schema, "example": self._schemas.example(schema)}}
        return {"description": description, "headers": _headers(status), "content": content}

    def _refusal(self, name: str, status: int, said: str) -> dict:
        """A response of its own where the row says why or the page has an example, else the one that all share."""
        told = [one for one in self._told(name) if one.status == status and one.answer]
        shared = f"{self._contract.camel}{status}"
        if shared not in self._responses:
            self._responses[shared] = self._shared(status)
        if not said and not told:
            return {"$ref": f"#/components/responses/{shared}"}
        found = {**self._responses[shared], "description": f"{_TELLS[status]} {said}".strip()}
        if told:
            media = found["content"]["application/json"]
            example = filled(told[0].answer, media["example"])
            found["content"] = {"application/json": {**media, "example": example}}
        return found

    def _shared(self, status: int) -> dict:
        found = self._answer(self._contract.conventions.errors(status), "application/json", _TELLS[status], status)
        found["content"]["application/json"]["example"] = self._example_of(status)
        return found

    def _example_of(self, status: int) -> Any:
        """What the contract's own code answers to such a refusal."""
        if status == 413:
            return json.loads(self._contract.plain_error(413, _TOO_LARGE).content)
        refusal = _REFUSALS[status]
        return json.loads(json.dumps(self._contract.handler(refusal, {}).data, default=str))


def _needs(view: type, method: str):
    """None: anybody; else what the method needs."""
    need = getattr(view, "needs", {}).get(method.upper(), ANYBODY)
    return None if need in (ANYBODY, Anyone) else need


def _may_forbid(need) -> bool:
    if isinstance(need, Need):
        # Below an organisation staff hear that their role demands a second factor, also where no permission is asked.
        return bool(need.permissions) or need.fresh or isinstance(need, Within)
    return need is not None and need is not LoggedIn and issubclass(need, Staff)


def _permissions(need) -> str:
    if isinstance(need, Need):
        return " or ".join(f"`{one}`" for one in need.permissions)
    return f"`{need.permission}`" if _may_forbid(need) else ""


def _description(row: pages.Row, need) -> str:
    """What the page says, and the permission as the code declares it."""
    said = {name.capitalize(): cell for name, cell in row.cells.items() if cell and name != "errors"}
    if "Permission" not in said and "Who" not in said and _permissions(need):
        said["Permission"] = _permissions(need)
    return "\n\n".join(f"{name}: {cell}" for name, cell in said.items())


def _headers(status: int) -> dict:
    found = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if status == 429:
        found["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    if status == 401:
        found["WWW-Authenticate"] = {"$ref": "#/components/headers/Challenge"}
    return found
