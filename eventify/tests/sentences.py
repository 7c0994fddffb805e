"""Every sentence of templates and modules that a buyer, volunteer, partner or gate person may read.

Sentences are found as makemessages finds them, but without GNU gettext: templates are compiled and
walked, modules parsed.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.template import engines
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.translation.template import constant_re

ROOT = Path(settings.BASE_DIR)
TEMPLATES = ROOT / "templates"
# Who reads what is written in these files and folders is staff or an engineer; all else may be anybody's.
STAFF = {"bench", "command_center", "demo", "management", "migrations", "openapi", "tests", "torture"}
STAFF |= {"admin.py", "attention.py", "charts.py", "fsck.py", "nav.py"}
_CALLS = {"gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "_"}


def public_sentences() -> dict[str, str]:
    """Message -> the file that says it. One with a plural goes by its singular, one with a context by `of`."""
    found = {}
    for path in (*_modules(), *_templates()):
        read = in_template if path.suffix in (".html", ".txt", ".js") else in_module
        found |= dict.fromkeys(read(path.read_text()), str(path.relative_to(ROOT)))
    return found


def _modules() -> Iterator[Path]:
    for app in sorted(ROOT.glob("*/__init__.py")):
        yield from (path for path in sorted(app.parent.rglob("*.py")) if _is_public(path))


def _templates() -> Iterator[Path]:
    yield from (path for path in sorted(TEMPLATES.rglob("*.*")) if _is_public(path))


def _is_public(path: Path) -> bool:
    return not STAFF & set(path.relative_to(ROOT).parts)


def of(context: str, message: str) -> str:
    """The key of a message with a context, as compiled catalogues have it."""
    return f"{context}\x04{message}" if context else message


def in_module(source: str) -> Iterator[str]:
    """The sentences that a module hands to gettext."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            words = [one.value for one in node.args[:2] if isinstance(one, ast.Constant)]
            has_context = node.func.id.startswith("pgettext")
            if words and words[0]:
                yield of(*words) if has_context else words[0]


def in_template(source: str) -> Iterator[str]:
    """The sentences of translate, of blocktranslate, and of `_("...")` in a tag or filter."""
    nodes = engines["django"].from_string(source).template.nodelist
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        message, _names = node.render_token_list(node.singular)
        yield of(_context(node), _trimmed(message) if node.trimmed else message)
    for node in nodes.get_nodes_by_type(TranslateNode):
        said = node.filter_expression.var
        yield of(_context(node), (said if isinstance(said, str) else said.literal).replace("%", "%%"))
    yield from (quoted[1:-1] for quoted in constant_re.findall(source))


def _context(node: BlockTranslateNode | TranslateNode) -> str:
    return node.message_context.var if node.message_context else ""


def _trimmed(message: str) -> str:
    return " ".join(line.strip() for line in message.strip().splitlines())
