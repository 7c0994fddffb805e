"""The written import order, and patterns that the rules forbid: each failure names a file, a line and the rule."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ["accounts", "partners", "events", "bookings", "crew", "integrations", "analytics", "privacy"]
# A module may import its own layer and those before it.
LAYERS = ["eventify.lib", *APPS, "eventify.contracts", "eventify.urls"]
CONTRACTS = "eventify.contracts"
FIRST_PARTY = {"eventify", "bench", "torture", *APPS}
FORBIDDEN = [
    (
        r"select_for_update\([^()]*\)(\s*\.\w+\([^()]*\))*\s*\.(count|aggregate)\(",
        "Django locks nothing here: lock rows first",
    ),
    (r"except (Exception|BaseException)\b", "name the exceptions that can happen"),
    (r"\.delay\(|\.apply_async\(", "effects leave through eventify.lib.later"),
    (r"\bTO" + r"DO\b|\bFIX" + r"ME\b", "do it or open an issue"),
]
EXEMPT = {"eventify/lib/later.py", "eventify/tests/test_imports.py"}


def sources(*folders):
    """Python files of the project, without tests, migrations and what is installed."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"tests", "migrations", ".venv"} & set(path.relative_to(ROOT).parts):
                yield path


def module_name(path):
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer(module):
    """The position in LAYERS, or None for wiring and foreign modules."""
    for position, name in enumerate(LAYERS):
        if module == name or module.startswith(f"{name}."):
            return position
    return None


def imported(node, module, is_package):
    """The modules that one import statement names, relative ones made absolute."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        parts = module.split(".") if is_package else module.split(".")[:-1]
        base = ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])
    # `from eventify.contracts import evient` names a module in its list.
    return [f"{base}.{alias.name}" for alias in node.names]


def judge(module, target, is_inline):
    """The rule that an import breaks, as a sentence, or None."""
    if target.split(".")[0] not in FIRST_PARTY:
        return None
    if is_inline:
        return "imports stand at the top of a file, never in a function"
    here, there = layer(module), layer(target)
    if here is None or there is None:
        return None
    if there == LAYERS.index(CONTRACTS) and here == there:
        return judge_contracts(module, target)
    if there > here:
        return f"{LAYERS[here]} stands below {LAYERS[there]} and must not import it"
    if there == LAYERS.index(CONTRACTS) and module != "eventify.urls":
        return "only eventify/urls.py imports a contract"
    return None


def judge_contracts(module, target):
    """One contract's folder does not reach into another's; what they share lies beside the folders."""
    mine, theirs = (name.removeprefix(f"{CONTRACTS}.").split(".")[0] for name in (module, target))
    is_folder = (ROOT / "eventify" / "contracts" / mine).is_dir()
    if is_folder and mine != theirs and (ROOT / "eventify" / "contracts" / theirs).is_dir():
        return f"contract {mine} must not import contract {theirs}"
    return None


def violations(path):
    """Sentences for the imports of one file that break the order."""
    tree = ast.parse(path.read_text(), filename=str(path))
    top_level = {id(node) for node in tree.body}
    if path.name == "apps.py":  # Django's hook for receivers: models can be imported only inside it
        top_level |= {id(node) for hook in ast.walk(tree) if is_ready_hook(hook) for node in hook.body}
    module, is_package = module_name(path), path.name == "__init__.py"
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for target in imported(node, module, is_package):
                if rule := judge(module, target, id(node) not in top_level):
                    yield f"{path.relative_to(ROOT)}:{node.lineno} imports {target}: {rule}."


def is_ready_hook(node):
    return isinstance(node, ast.FunctionDef) and node.name == "ready"


def test_imports_go_one_way():
    found = [sentence for path in sources(*APPS, "eventify") for sentence in violations(path)]
    assert not found, "\n" + "\n".join(found)


def test_lib_imports_no_app():
    for path in sources("eventify/lib"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for target in imported(node, module_name(path), path.name == "__init__.py"):
                    app = target.split(".")[0]
                    assert app not in APPS, f"{path}:{node.lineno} imports {app}: eventify/lib imports no app."


def test_forbidden_patterns_do_not_occur():
    found = []
    for path in sources(*APPS, "eventify"):
        name, text = str(path.relative_to(ROOT)), path.read_text()
        for pattern, rule in FORBIDDEN:
            for match in re.finditer(pattern, text):
                line = text.count("\n", 0, match.start()) + 1
                found += [] if name in EXEMPT else [f"{name}:{line} {match[0].strip()!r}: {rule}."]
    assert not found, "\n" + "\n".join(found)


def test_the_judge_is_not_asleep():
    """Controls: the rules do find what they are for."""
    assert judge("accounts.models", "bookings.models.Order", False).startswith("accounts stands below bookings")
    assert judge("events.views", "eventify.contracts.evient", False).startswith(
        "events stands below eventify.contracts"
    )
    assert judge("eventify.lib.ids", "accounts.models", False).startswith("eventify.lib stands below accounts")
    assert judge("bookings.orders", "events.models", True).startswith("imports stand at the top")
    assert judge("bookings.orders", "events.models", False) is None
    assert judge("eventify.urls", "eventify.contracts.evient.urls", False) is None
    assert judge("eventify.contracts.evient.auth", "eventify.contracts.evently.auth", False) == (
        "contract evient must not import contract evently"
    )
    assert re.search(FORBIDDEN[0][0], "Seat.objects.select_for_update().filter(a=1).count()")
    assert not re.search(FORBIDDEN[0][0], "Seat.objects.select_for_update().filter(a=1).first()")


def test_no_file_is_too_long():
    long = [f"{path.relative_to(ROOT)}: {n} lines" for path in sources(*APPS, "eventify") if (n := lines(path)) > 400]
    assert not long, "\n".join(long)


def lines(path):
    return len(path.read_text().splitlines())
