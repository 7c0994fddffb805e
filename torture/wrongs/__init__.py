"""What a control switches off: each function takes one guard away in the process that calls it.

A trial that passes without the guard proves nothing, so every trial runs again, small, with one of these, and must
fail. They exist only here: no setting and no line of the product knows them (torture.web and torture.worker do).
"""

import os

from torture.serve import WRONG
from torture.wrongs import sale

ALL = {one.__name__: one for module in (sale,) for one in module.WRONGS}


def do() -> None:
    """Take away what the environment names (comma separated); nothing when it names nothing."""
    for name in filter(None, os.environ.get(WRONG, "").split(",")):
        ALL[name]()
