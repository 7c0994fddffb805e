"""Schemas as the documents hold them: things under their names, and an example of each."""

from typing import Any

from eventify.contracts.kinds import Body, Maybe, Thing
from eventify.openapi.bodies import of_serializer, or_null

_PREFIX = "#/components/schemas/"


class Schemas:
    """What the documents' components collect while operations are written."""

    def __init__(self):
        self.components: dict[str, dict] = {}

    def of(self, kind, prefix: str) -> dict:
        """The schema of a kind; what has a name goes to the components, `prefix` before it, and is referred to."""
        if isinstance(kind, Thing):
            return self._named(f"{prefix}{kind.name}", lambda: self._object(kind, prefix))
        if isinstance(kind, Maybe):
            inner = self.of(kind.of, prefix)
            return {"anyOf": [inner, {"type": "null"}]} if "$ref" in inner else or_null(inner)
        if isinstance(kind, dict):
            if "open" in kind:
                wider = {**self._object(kind["open"], prefix), "additionalProperties": True}
                return self._named(f"{prefix}{kind['open'].name}", lambda: wider)
            return {name: self._part(name, value, prefix) for name, value in kind.items()}
        return kind

    def _part(self, name: str, value, prefix: str):
        if name == "properties":
            return {one: self.of(schema, prefix) for one, schema in value.items()}
        if name == "anyOf":
            return [self.of(schema, prefix) for schema in value]
        if name in ("items", "additionalProperties") and not isinstance(value, bool):
            return self.of(value, prefix)
        return value

    def _object(self, kind: Thing, prefix: str) -> dict:
        properties = {name: self.of(one, prefix) for name, one in kind.fields.items()}
        required = [name for name in kind.fields if name not in kind.optional]
        return {"type": "object", "properties": properties, "required": required}

    def body(self, body: Body, prefix: str) -> dict:
        """The schema of a request's body."""
        if isinstance(body.of, Thing):
            closed = {**self._object(body.of, prefix), "additionalProperties": False}
            return self._named(f"{prefix}Asked{body.of.name}", lambda: closed)
        name = f"{prefix}Asked{body.of.__name__}{'Part' if body.partial else ''}"
        return self._named(name, lambda: of_serializer(body.of, body.partial, body.nullable))

    def _named(self, name: str, make) -> dict:
        made = make()
        if self.components.setdefault(name, made) != made:
            raise ValueError(f"Two different things are called {name}.")
        return {"$ref": f"{_PREFIX}{name}"}

    def example(self, schema: dict) -> Any:
        """A value that the schema describes."""
        if "$ref" in schema:
            return self.example(self.components[schema["$ref"].removeprefix(_PREFIX)])
        if "examples" in schema:
            return schema["examples"][0]
        for name in ("const", "default"):
            if name in schema:
                return schema[name]
        if "enum" in schema:
            return schema["enum"][0]
        if "anyOf" in schema:
            return self.example(schema["anyOf"][0])
        return self._of_type(schema)

    def _of_type(self, schema: dict) -> Any:
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            return {name: self.example(one) for name, one in schema.get("properties", {}).items()}
        if kind == "array":
            return [self.example(schema["items"])]
        least = schema.get("minimum", 0)
        plain = {"string": "text", "integer": max(int(least), 1), "number": max(least, 1.5), "boolean": True}
        return plain.get(kind)

    def example_of_body(self, schema: dict) -> Any:
        """A body: what must be in it, or else its first field."""
        whole = self.components[schema["$ref"].removeprefix(_PREFIX)]
        names = whole.get("required") or list(whole["properties"])[:1]
        return {name: self.example(whole["properties"][name]) for name in names}


def filled(told: Any, sample: Any) -> Any:
    """An example of a page, with the sample where the page says "..."."""
    if told == "...":
        return sample
    if isinstance(told, dict):
        known = sample if isinstance(sample, dict) else {}
        return {name: filled(value, known.get(name, "text")) for name, value in told.items()}
    if isinstance(told, list):
        first = sample[0] if isinstance(sample, list) and sample else "text"
        return [filled(value, first) for value in told]
    return told
