"""DOT text in, SVG text out; whatever is wrong with the text is a `DiagramError`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial

from vmlab.diagrams.layout.engine import Messages
from vmlab.diagrams.layout.engine_choice import engine
from vmlab.diagrams.wide import narrowed
from vmlab.errors import DiagramError
from vmlab.words.language import say


def begin(dot: str) -> Callable[[], tuple[str, Messages]]:
    """Begin to lay DOT text out; what it returns waits for the end and gives what `render` gives.

    Raises:
        DiagramError: the text is malformed. What is wrong in it is said when one waits.
    """
    _must_be_text(dot)
    narrow, restored = narrowed(dot)
    return cache(partial(_finish, engine().begin(narrow), restored))


def _must_be_text(dot: str) -> None:
    if "\0" in dot:
        raise DiagramError(say("DOT text with a NUL character"))
    try:
        dot.encode()
    except UnicodeEncodeError as failure:
        raise DiagramError(
            say("DOT text with a lone surrogate: {problem}", problem=failure.reason)
        ) from failure


def _finish(
    wait: Callable[[], tuple[str, Messages]], restored: Callable[[str], str]
) -> tuple[str, Messages]:
    try:
        svg, messages = wait()
    except DiagramError:
        raise
    except Exception as failure:
        # V8 quotes the whole program in its messages.
        found = re.search(r"\w*Error: [^\n]*", str(failure))
        problem = found[0] if found else type(failure)
        raise DiagramError(say("Graphviz failed: {problem}", problem=problem)) from None
    messages = [(level, restored(text)) for level, text in messages]
    errors = [text for level, text in messages if level == "error"]
    if errors or not svg:
        raise DiagramError("; ".join(errors) or say("DOT text without a graph"))
    return restored(svg[svg.index("<svg") :]), messages


def render(dot: str) -> tuple[str, Messages]:
    """Lay DOT text out; return the SVG and what Graphviz warned of.

    Raises:
        DiagramError: the text, or a label in it, is malformed.
    """
    _must_be_text(dot)
    narrow, restored = narrowed(dot)
    return _finish(partial(engine().draw, narrow), restored)


def render_svg(dot: str) -> str:
    """Lay DOT text out with Graphviz and return one `<svg>` element.

    The same text gives the same bytes on every machine. Nodes and edges carry the `id` that the
    DOT text gave them; Graphviz puts the id of a table cell on a group called `a_ID`.

    Raises:
        DiagramError: the text, or a label in it, is malformed.
    """
    return render(dot)[0]
