"""DOT text for all pictures: escaping, tables, nodes and edges that carry ids.

Nothing else writes DOT. Whatever comes from a snapshot passes through `clean` here.
"""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

from graphviz import Digraph

from vmlab.diagrams.marking import LINES, outline, told
from vmlab.diagrams.palette import FAINT, HOT, INK, LINE, SOFT, TONES
from vmlab.record.marks import Mark
from vmlab.words.columns import cut
from vmlab.words.language import N_, say

FONT = "Courier"  # measured by tables inside Graphviz, so that no font of the host matters
FONT_SIZE = 11
SMALL = 9
NAME_LIMIT = 40  # columns of a name that a picture shows
TIP_LIMIT = 300
END = "}\n"  # of DOT text
SHOW_THEM = N_("show them")  # what a click on a fold does


class Markup(str):
    """Text of an HTML-like label that is already escaped."""

    __slots__ = ()


def clean(text: str, limit: int = NAME_LIMIT) -> str:
    r"""Make any text harmless and legible: what cannot be seen is spelled out, what is long is cut.

    >>> clean("a\x01b\u202ec\udcff")
    'a\\x01b\\u202ec\\xff'
    >>> clean("/a/very/long/path/to/some/file.dat", 20)
    '/a/ve...ome/file.dat'
    """
    short = cut(text, limit)
    return short if short.isprintable() else cut("".join(map(_visible, short)), limit)


def _visible(letter: str) -> str:
    if letter.isprintable():
        return letter
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


# From step to step most cells, nodes and edges stay as they are: their text is remembered.
# A `Markup` is equal to the plain text of the same letters, hence `typed`.
_remembered = lru_cache(maxsize=8192, typed=True)


@_remembered
def text(
    content: str,
    *,
    bold: bool = False,
    italic: bool = False,
    colour: str = INK.light,
    size: int = 0,
    limit: int = NAME_LIMIT,
) -> Markup:
    """Return text for a cell, escaped."""
    if isinstance(content, Markup):
        return content
    inner = _literal(html.escape(clean(content, limit)))
    if not inner:
        return Markup("")
    if bold:
        inner = f"<B>{inner}</B>"
    if italic:
        inner = f"<I>{inner}</I>"
    wanted = "" if colour == INK.light else f' COLOR="{colour}"'
    wanted += f' POINT-SIZE="{size}"' if size else ""
    return Markup(f"<FONT{wanted}>{inner}</FONT>" if wanted else inner)


def soft(content: str, size: int = SMALL) -> Markup:
    """Return text of lesser weight."""
    return text(content, colour=SOFT.light, size=size, limit=TIP_LIMIT)


def level(words: Markup) -> Markup:
    """Return text that stands as high as bold text beside it."""
    return Markup(f"{text(' ', bold=True, size=SMALL)}{words}")


def struck(content: str) -> Markup:
    """Return text that is struck out: what it names is gone."""
    return Markup(f"<S>{soft(content)}</S>")


def lines(*parts: str, align: str = "") -> Markup:
    """Put texts under each other."""
    br = f'<BR ALIGN="{align}"/>' if align else "<BR/>"
    joined = br.join(text(part) for part in parts)
    return Markup(joined + br if align else joined)


def _attributes(values: dict[str, str | int]) -> str:
    shown = (
        f' {name}="{html.escape(str(value))}"' for name, value in values.items() if value != ""
    )
    return "".join(shown)


@_remembered
def cell(
    content: str = "",
    *,
    key: str = "",
    tip: str = "",
    port: str = "",
    tone: str = "",
    ink: str = "",
    mark: Mark | None = None,
    border: int = 1,
    sides: str = "",
    dashed: bool = False,
    align: str = "",
    valign: str = "",
    width: int = 0,
    height: int = 0,
    padding: int = 4,
    rows: int = 1,
    columns: int = 1,
) -> Markup:
    """Return one cell of a table.

    Args:
        content: text, or `Markup`.
        key: id of the object it shows; clickable cells have one.
        tip: said when the reader points at it.
        port: where edges may end.
        tone: a key of `TONES`; empty = no area.
        ink: a colour that fills it, where it is a part of a small drawing.
        mark: what the step did to the object: a line of its own colour and look.
        border: width of the line, in points.
        sides: which sides have a line, letters of 'LTRB'; empty = all.
        dashed: the line is dashed: the thing is not there.
        align: 'LEFT', 'CENTER' or 'RIGHT'.
        valign: 'TOP', 'MIDDLE' or 'BOTTOM'.
        width: least width in points.
        height: least height in points.
        padding: points around the content.
        rows: rows it spans.
        columns: columns it spans.
    """
    colour = TONES[tone].line.light if tone else FAINT.light
    style = "dashed" if dashed else ""
    if mark is not None:
        # The thicker line takes its room from the padding, so nothing moves.
        wanted, style = LINES[mark]
        thicker = min(wanted - border, padding)
        padding, border, colour = padding - thicker, border + thicker, HOT.light
    values: dict[str, str | int] = {
        "ID": key,
        "TITLE": _spelled(told(tip or key, mark)) if tip or key else "",
        "PORT": port,
        "BGCOLOR": TONES[tone].fill.light if tone else ink,
        "BORDER": border,
        "COLOR": colour if border else "",
        "SIDES": sides,
        "STYLE": style,
        "ALIGN": align,
        "BALIGN": align,
        "VALIGN": valign,
        "WIDTH": width or "",
        "HEIGHT": height or "",
        "CELLPADDING": padding,
        "ROWSPAN": rows if rows > 1 else "",
        "COLSPAN": columns if columns > 1 else "",
    }
    return Markup(f"<TD{_attributes(values)}>{text(content)}</TD>")


def _spelled(tip: str) -> str:
    # A tip in which Graphviz finds nothing to replace.
    return _literal(clean(tip, TIP_LIMIT))


def _literal(content: str) -> str:
    # Graphviz replaces sequences like \N and \\ even inside HTML-like labels.
    return content.replace("\\", "\\\\")


def apart(left: str, right: str) -> Markup:
    """Return what a cell holds: one text on its left and one on its right, however wide it is."""
    sides = ((left, "LEFT"), (right, "RIGHT"))
    return table([row(*(cell(said, border=0, padding=0, align=side) for said, side in sides))])


def row(*cells: str) -> Markup:
    """Return one row of a table."""
    return Markup(f"<TR>{''.join(cells)}</TR>")


def table(rows: Iterable[str], *, spacing: int = 0, fixed: tuple[int, int] | None = None) -> Markup:
    """Return a table; as the label of a node, or inside a cell.

    Args:
        rows: its rows.
        spacing: points between its cells.
        fixed: its width and height in points, however large the cell around it is.
    """
    values: dict[str, str | int] = {"BORDER": 0, "CELLBORDER": 0, "CELLSPACING": spacing}
    if fixed is not None:
        values |= {"WIDTH": fixed[0], "HEIGHT": fixed[1], "FIXEDSIZE": "TRUE"}
    return Markup(f"<TABLE{_attributes(values)}>{''.join(rows)}</TABLE>")


@_remembered
def _node(key: str, label: str, **attributes: str) -> str:
    # One statement of DOT.
    graph = Digraph()
    graph.node(key, label, **attributes)
    return str(graph.body[0])


@_remembered
def _head(name: str, **graph: str) -> str:
    # What stands before the statements of a picture.
    start = Digraph(
        name,
        graph_attr={
            "id": name,
            "bgcolor": "transparent",
            "fontname": FONT,
            "fontsize": str(FONT_SIZE),
            "fontcolor": INK.light,
            "pad": "0.06",
            "nodesep": "0.3",
            "ranksep": "0.45",
            **graph,
        },
        node_attr={
            "shape": "plain",
            "fontname": FONT,
            "fontsize": str(FONT_SIZE),
            "fontcolor": INK.light,
        },
        edge_attr={
            "fontname": FONT,
            "fontsize": str(SMALL),
            "fontcolor": SOFT.light,
            "color": LINE.light,
            "arrowsize": "0.7",
        },
    )
    return str(start.source).removesuffix(END)


@_remembered
def _all(kind: str | None, **attributes: str) -> str:
    # What all nodes or edges have from here on, or else the graph.
    graph = Digraph()
    graph.attr(kind, **attributes)
    return str(graph.body[0])


@_remembered
def _edge(tail: str, head: str, **attributes: str) -> str:
    graph = Digraph()
    graph.edge(tail, head, **attributes)
    return str(graph.body[0])


class Picture:
    """A picture under construction.

    Args:
        name: its id, for example 'vma_tree'.
        across: left to right instead of top to bottom.
        graph: further attributes of the graph.
    """

    def __init__(self, name: str, *, across: bool = False, **graph: str) -> None:
        self._name = name
        self._head = _head(name, rankdir="LR" if across else "TB", **graph)
        self._graph = Digraph()

    def node(self, key: str, label: Markup, *, tip: str = "", **attributes: str) -> None:
        """Add a node with an id; its label is a table or other `Markup`."""
        # Unlike a label, a tooltip is no markup, but Graphviz finds references like &#1; in it,
        # and looks for sequences like \N twice.
        words = _literal(_spelled(tip or key)).replace("&", "&amp;")
        self._graph.body.append(_node(key, f"<{label}>", id=key, tooltip=words, **attributes))

    @contextmanager
    def alike(self, kind: str, **attributes: str) -> Iterator[None]:
        """Give attributes to all nodes, or edges, added meanwhile: said once, they cost little.

        Args:
            kind: 'node' or 'edge'.
            attributes: what each has unless it says otherwise.
        """
        self._graph.body += ("\t{\n", _all(kind, **attributes))
        yield
        self._graph.body.append("\t}\n")

    def struct(
        self,
        key: str,
        rows: Iterable[str],
        *,
        tip: str = "",
        tone: str = "struct",
        mark: Mark | None = None,
        dashed: bool = False,
    ) -> None:
        """Add a node of rows with one line around them.

        The line lies on the edge of the node, so it takes no room when it becomes thick.
        """
        fill, label = TONES[tone].fill.light, table(rows)
        if mark is not None:  # the inner half of the line is covered, in empty rows, too
            label = Markup(label.replace("<TABLE", f'<TABLE BGCOLOR="{fill}"', 1))
        self.node(
            key,
            label,
            tip=told(tip or key, mark),
            shape="box",
            margin="0",
            width="0",
            height="0",
            fillcolor=fill,
            **outline(mark, TONES[tone].line.light, style="dashed" if dashed else "", half=True),
        )

    def fold(self, key: str, words: str, **attributes: str) -> None:
        """Add a node that says how much is folded away."""
        label = table([row(cell(text(words, italic=True), dashed=True))])
        self.node(key, label, tip=say(SHOW_THEM), **attributes)

    def edge(
        self, tail: str, head: str, *, key: str, mark: Mark | None = None, **attributes: str
    ) -> None:
        """Add an edge with an id between nodes or `node:port`s."""
        if mark is not None:
            attributes = {"color": HOT.light, "penwidth": "2.5", **attributes}
        self._graph.body.append(_edge(tail, head, id=key, **attributes))

    def draws(self, key: str) -> bool:
        """Say whether an object is in the picture so far."""
        signs = f' ID="{key}"', f" id={key} ", f' id="{key}"'
        return any(sign in line for line in self._graph.body for sign in signs)

    def unseen(self, tail: str, head: str, **attributes: str) -> None:
        """Add an edge that only keeps things in order."""
        key = f"order_{tail}_{head}"
        self._graph.body.append(_edge(tail, head, id=key, style="invis", **attributes))

    def same_rank(self, keys: Sequence[str]) -> None:
        """Put nodes side by side in this order (under each other in a picture that goes across)."""
        self.level(*keys)
        for before, after in itertools.pairwise(keys):
            self.unseen(before, after)

    def level(self, *keys: str) -> None:
        """Put nodes on one level, in the order that their edges want."""
        with self._graph.subgraph() as rank:
            rank.attr(rank="same")
            for key in keys:
                rank.node(key)

    def bottom(self, keys: Iterable[str]) -> None:
        """Put nodes at the end of the picture."""
        with self._graph.subgraph() as rank:
            rank.attr(rank="max")
            for key in keys:
                rank.node(key)

    def legend(self, *words: str) -> None:
        """Say below the picture, in one or more lines, what its signs mean."""
        self._graph.body.append(_all(None, label=f"<{lines(*map(soft, words))}>"))

    def nothing(self, why: str) -> str:
        """Return the DOT text of a picture that has nothing to show."""
        self.node(f"{self._name}.nothing", table([row(cell(soft(why), dashed=True))]), tip=why)
        return self.dot()

    def dot(self) -> str:
        """Return the DOT text."""
        return "".join((self._head, *self._graph.body, END))
