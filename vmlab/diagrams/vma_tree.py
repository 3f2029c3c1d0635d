"""The red-black tree of VMAs, mm->mm_rb, with the gap values that searches for room use.

A red node has rounded corners, a pale ground and the letter R; a black one is square, dark, and
says B.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vmlab.diagrams.dot import SHOW_THEM, SMALL, Markup, Picture, cell, lines, row, table, text
from vmlab.diagrams.palette import HOT, INK, NIGHT_INK, TONES
from vmlab.diagrams.regions import chosen_one, describe, inside, owner
from vmlab.record import views
from vmlab.record.ids import part, vma_id
from vmlab.record.snapshot import MmState, Snapshot, VmaState

LEVELS = 4  # of the tree that are shown
SMALL_TREE = 40  # VMAs of a tree that is shown whole
UNFOLDED = 3  # further levels that opening a fold shows

LEGEND = "gap: free below it    max: the widest gap in its subtree"


def vma_tree_dot(
    snap: Snapshot,
    *,
    mm: int | None = None,
    highlight: frozenset[str] = frozenset(),
    unfold: frozenset[str] = frozenset(),
) -> str:
    """Draw the tree of one address space.

    Args:
        snap: the machine.
        mm: number of the mm_struct; None = that of the running task.
        highlight: ids of the objects this step is about; the way to each is shown.
        unfold: ids of folds that the reader opened.
    """
    picture = Picture("vma_tree", nodesep="0.14", ranksep="0.32", ordering="out")
    space = chosen_one(snap, mm)
    if space is None or space.mm_rb is None:
        return picture.nothing("no VMA")
    picture.legend(LEGEND)
    _Tree(picture, space, highlight, unfold).draw()
    return picture.dot()


class _Tree:
    # One drawing of one tree.
    def __init__(
        self,
        picture: Picture,
        mm: MmState,
        highlight: frozenset[str],
        unfold: frozenset[str],
    ) -> None:
        self.picture = picture
        self.mm = mm
        self.highlight = highlight
        self.unfold = unfold
        self.vmas = {vma.vm_start: vma for vma in mm.mmap}
        self.gaps = views.gaps_before(mm)
        self.wanted = self._way_to_marked()

    def _way_to_marked(self) -> set[int]:
        # The marked nodes and all their ancestors.
        parents = {
            child: vma.vm_start
            for vma in self.mm.mmap
            for child in (vma.rb_left, vma.rb_right)
            if child is not None
        }
        wanted: set[int] = set()
        for vma in self.mm.mmap:
            node: int | None = vma.vm_start if inside(self.mm, vma, self.highlight) else None
            while node is not None and node not in wanted:
                wanted.add(node)
                node = parents.get(node)
        return wanted

    def draw(self) -> None:
        # A stack instead of recursion; each entry is a node and how many levels it may open.
        assert self.mm.mm_rb is not None
        levels = LEVELS if len(self.vmas) > SMALL_TREE else len(self.vmas)
        open_: list[tuple[int, int]] = [(self.mm.mm_rb, levels)]
        while open_:
            start, levels = open_.pop()
            vma = self.vmas[start]
            self._node(vma)
            children = (("left", vma.rb_left), ("right", vma.rb_right))
            if vma.rb_left is None and vma.rb_right is None:
                continue
            for side, child in children:
                shown = self._child(vma, side, child, levels)
                if shown is not None:
                    open_.append(shown)
                if side == "left" and None not in (vma.rb_left, vma.rb_right):
                    self._middle(vma)

    def _middle(self, vma: VmaState) -> None:
        # Something unseen straight below a node keeps its children the same way off to both sides.
        key = vma_id(self.mm.mm, vma.vm_start)
        middle = part(key, "middle")
        self.picture.hidden(middle, width="0", height="0")
        self.picture.unseen(key, middle, weight="10")

    def _child(
        self, vma: VmaState, side: str, child: int | None, levels: int
    ) -> tuple[int, int] | None:
        key = vma_id(self.mm.mm, vma.vm_start)
        edge = part(key, side)
        if child is None:
            # Keeps an only child to its side.
            self.picture.hidden(f"{edge}.nil", width="0.6", height="0.1")
            self.picture.unseen(key, f"{edge}.nil")
            return None
        fold = f"more_tree_{self.mm.mm}_{child:x}"
        if levels <= 1 and fold in self.unfold:
            levels += UNFOLDED
        hidden = _count(self.vmas, child) if levels <= 1 and child not in self.wanted else 0
        if hidden > 1:
            words = text(f"{hidden} more", italic=True)
            self.picture.node(fold, table([row(cell(words, dashed=True))]), tip=SHOW_THEM)
            self.picture.edge(key, fold, key=edge, style="dashed")
            return None
        name = vma_id(self.mm.mm, child)
        hot = key in self.highlight and name in self.highlight
        self.picture.edge(key, name, key=edge, hot=hot)
        return child, levels - 1

    def _node(self, vma: VmaState) -> None:
        key = vma_id(self.mm.mm, vma.vm_start)
        red = vma.rb_color == "red"
        tone = TONES["red" if red else "black"]
        hot = key in self.highlight
        self.picture.node(
            key,
            self._label(vma, red),
            tip=f"{vma.rb_color} node: {describe(self.mm, vma)}",
            shape="box",
            style="rounded,filled" if red else "filled",
            fillcolor=tone.fill.light,
            color=HOT.light if hot else tone.line.light,
            penwidth="4" if hot else "1.5" if red else "1",
            margin="0.1,0.05",
        )

    def _label(self, vma: VmaState, red: bool) -> Markup:
        ink = INK.light if red else NIGHT_INK.light
        name = text(views.short_name(self.mm, vma), bold=True, limit=14, colour=ink)
        letter = text("R" if red else "B", bold=True, colour=ink)
        addr = text(f"{vma.vm_start:#x}", colour=ink, size=SMALL)
        gap = f"gap {_brief(self.gaps[vma.vm_start])} max {_brief(vma.rb_subtree_gap)}"
        return lines(Markup(f"{letter}  {name}"), addr, text(gap, colour=ink, size=SMALL))


def _brief(length: int) -> str:
    # A size in few letters, for example '4K'.
    number, unit = views.size(length).split()
    return number + unit[0] if length else "0"


def _count(vmas: Mapping[int, VmaState], start: int) -> int:
    return sum(1 for _ in _below(vmas, start))


def _below(vmas: Mapping[int, VmaState], start: int) -> Iterator[VmaState]:
    open_: list[int | None] = [start]
    while open_:
        node = open_.pop()
        if node is not None:
            vma = vmas[node]
            yield vma
            open_ += (vma.rb_left, vma.rb_right)


def vma_tree_text(snap: Snapshot, *, mm: int | None = None) -> str:
    """Say the picture in words: each node under its parent, the left child first."""
    space = chosen_one(snap, mm)
    if space is None or space.mm_rb is None:
        return "No VMA."
    vmas = {vma.vm_start: vma for vma in space.mmap}
    said = [f"Red-black tree of mm {space.mm} ({owner(snap, space)}), {len(vmas)} nodes:"]
    open_: list[tuple[int, int, str]] = [(space.mm_rb, 1, "root")]
    while open_:
        start, depth, side = open_.pop()
        vma = vmas[start]
        widest = views.size(vma.rb_subtree_gap)
        said.append(
            f"{'  ' * depth}{side}: {vma.rb_color}, {describe(space, vma)}, widest gap {widest}"
        )
        for child, name in ((vma.rb_right, "right"), (vma.rb_left, "left")):
            if child is not None:
                open_.append((child, depth + 1, name))
    return "\n".join(said)
