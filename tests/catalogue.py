"""The template of the catalogues, `vmlab/words/locale/vmlab.pot`: all that vmlab says, in English.

`python -m tests.catalogue` writes it; a test checks that it has what the code says.
"""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from vmlab.widgets.base import messages as said_in_javascript

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "vmlab" / "words" / "locale" / "vmlab.pot"
# The kinds of files that say something, and where they are.
SOURCES = {
    "python": "vmlab/**/*.py",
    "javascript": "vmlab/widgets/frontend/*.js",
}
# What is called with a message, and which of its arguments are messages.
KEYWORDS = {"say": (1,), "N_": (1,), "say_n": (2, 3), "Nn_": (1, 2)}
HEAD = """\
# What vmlab says. The English is collected from the code by `python -m tests.catalogue`.
#
msgid ""
msgstr ""
"Project-Id-Version: vmlab\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""

_WORD = re.compile("[a-z]{2}")
_SEVERAL_WORDS = re.compile("[A-Za-z`}] [a-z]*[a-z0-9{`]")

Message = str | tuple[str, ...]  # a pair: of one thing, of several


def marked(node: ast.AST) -> Iterator[tuple[ast.Constant, ...]]:
    """Return the messages that stand in a module, in its order: one literal each, or a pair."""
    if isinstance(node, ast.Call) and (places := KEYWORDS.get(_name(node.func))):
        literals = [arg for place in places for arg in node.args[place - 1 : place]]
        texts = tuple(arg for arg in literals if isinstance(arg, ast.Constant))
        if len(texts) == len(places):
            yield texts
    for part in ast.iter_child_nodes(node):
        yield from marked(part)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def messages(kind: str, source: str) -> list[Message]:
    """Return what the text of a file says, in its order."""
    # Babel's own readers miss what stands within another message or an f-string.
    if kind == "javascript":
        return [*said_in_javascript(source)]
    if kind == "lesson":
        return [*asked_in(source)]
    told = [tuple(text.value for text in texts) for texts in marked(ast.parse(source))]
    return [texts[0] if len(texts) == 1 else texts for texts in told]


def asked_in(lesson: str) -> Iterator[str]:
    """Return what the code of a lesson says: questions, choices, cases.

    They stand in plain literals, for `predict` says them. What has several words is one, and so is
    what stands beside one in a tuple.
    """
    for cell in json.loads(lesson)["cells"]:
        code = "".join(cell["source"])
        if cell["cell_type"] == "code" and not code.startswith("%%"):
            yield from _spoken(ast.parse(code.removeprefix("%load_ext vmlab\n")))


def _spoken(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Call) and _name(node.func) == "print"
    ):
        return
    parts = [*ast.iter_child_nodes(node)]
    texts = [
        part.value
        for part in parts
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    if any(map(_SEVERAL_WORDS.search, texts)):
        tells = _WORD if isinstance(node, ast.Tuple) else _SEVERAL_WORDS
        yield from filter(tells.search, texts)
    for part in parts:
        yield from _spoken(part)


def lessons() -> list[Path]:
    """Return the notebooks in English, those about incidents too."""
    folders = (ROOT / "notebooks", ROOT / "notebooks" / "incidents")
    return [path for folder in folders for path in sorted(folder.glob("*.ipynb"))]


def all_messages() -> dict[Message, list[str]]:
    """Return what all files say, in their order, with the files that say it."""
    found: dict[Message, list[str]] = {}
    files = {kind: sorted(ROOT.glob(pattern)) for kind, pattern in SOURCES.items()}
    for kind, paths in {**files, "lesson": lessons()}.items():
        for path in paths:
            for message in messages(kind, path.read_text(encoding="utf-8")):
                found.setdefault(message, []).append(path.relative_to(ROOT).as_posix())
    return found


def template() -> str:
    """Return the text of the template: no date, no line numbers, so that it changes with words."""
    catalogue = Catalog()
    for message, places in all_messages().items():
        flags = ["python-brace-format"] if "{" in "".join(message) else []
        locations = [(place, 0) for place in dict.fromkeys(places)]
        catalogue.add(message, locations=locations, flags=flags)
    for entry in catalogue:
        entry.flags.discard("python-format")  # a percent sign is one
    text = io.BytesIO()
    write_po(text, catalogue, width=100, omit_header=True, include_lineno=False)
    return HEAD + text.getvalue().decode()


if __name__ == "__main__":
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_text(template(), encoding="utf-8")
