"""`python -m bench.fill EVENTS [TICKETS]`: fill the database of the environment, and print the keys of some events."""

import json
import sys
from importlib import import_module

import django


def main() -> None:
    """Make what is missing; for stacks that run beside the one that is measured."""
    django.setup()
    import_module("bench.data").make(*map(int, sys.argv[1:]))  # the models can be imported only now
    events = import_module("events.models").Event.objects.filter(state="published").order_by("starts_at", "id")
    print(json.dumps(list(events.values_list("pk", flat=True)[:1000])))


if __name__ == "__main__":
    main()
