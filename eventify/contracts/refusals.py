"""What a refusal says, whatever the contract's shape for it."""


def flat(detail, name: str = ""):
    """Yield (field, sentences) of nested errors; a field inside a list is called `ticket_types.0.price`."""
    nested = isinstance(detail, dict) or any(isinstance(one, dict | list) for one in detail)
    if not nested:
        yield name or "body", [str(sentence) for sentence in detail]
        return
    for key, value in detail.items() if isinstance(detail, dict) else enumerate(detail):
        if value:
            own = "" if key == "non_field_errors" else str(key)
            yield from flat(value, ".".join(part for part in (name, own) if part))


def plain(value):
    """The value with its lazy sentences made strings."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | float | None) else str(value)
