"""The red-black tree of VMAs, mm->mm_rb, with the gap values that searches for room use.

A red node has rounded corners, a pale ground and the letter R; a black one is square, dark, and
says B. From left to right nodes stand in the order of their addresses, so a rotation moves them up
and down and never aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vmlab.diagrams.dot import SMALL, Markup, Picture, lines, text
from vmlab.diagrams.marking import outline, told
from vmlab.diagrams.palette import INK, NIGHT_INK, TONES
from vmlab.diagrams.regions import chosen_one, describe, inside, owner, scaled, size
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.ids import part, vma_id
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.words.language import N_, say, say_n

LEVELS = 4  # of the tree that are shown
SMALL_TREE = 40  # VMAs of a tree that is shown whole
UNFOLDED = 3  # further levels that opening a fold shows
# Points to both sides that are a node's own, and a fold's: less than half of what they take, for
# between two of one level there always stands the node from which the ways to them part.
NODE_ASIDE, WIDE_ASIDE, FOLD_ASIDE = 24, 48, 16
DOWN = 70  # points from a level to the next

LEGEND = (N_("B black  R red"), N_("gap: free below it    max: the widest gap in its subtree"))


def vma_tree_dot(
    snap: Snapshot,
    *,
    mm: int | None = None,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
) -> str:
    """Draw the tree of one address space.

    Args:
        snap: the machine.
        mm: number of the mm_struct; None = that of the running task.
        highlight: ids of the objects this step is about; the way to each is shown.
        unfold: ids of folds that the reader opened.
    """
    space = chosen_one(snap, mm)
    if space is None or space.mm_rb is None:
        return Picture("vma_tree").nothing(say("no VMA"))
    picture = Picture("vma_tree", layout="nop", splines="line")
    picture.legend(*map(say, LEGEND))
    _Tree(picture, space, highlight, unfold).draw()
    return picture.dot()


class _Tree:
    # One drawing of one tree.
    def __init__(
        self,
        picture: Picture,
        mm: MmState,
        highlight: Marks,
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
        depths, hidden = self._shown()
        places = {}
        across = 0
        for start in sorted(depths):
            aside = FOLD_ASIDE if start in hidden else self._aside(self.vmas[start])
            across += aside
            places[start] = f"{across},{-depths[start] * DOWN}"
            across += aside
        for start in sorted(depths, key=lambda start: (depths[start], start)):  # the root first
            if start in hidden:
                words = say_n(hidden[start], "{n} more", "{n} more")
                self.picture.fold(self._fold(start), words, pos=places[start])
            else:
                self._node(self.vmas[start], places[start])
        for start in sorted(depths.keys() - hidden.keys()):
            self._edges(self.vmas[start], hidden)

    def _aside(self, vma: VmaState) -> int:
        # Graphviz takes a letter beyond ASCII for two or three.
        return NODE_ASIDE if views.short_name(self.mm, vma).isascii() else WIDE_ASIDE

    def _shown(self) -> tuple[dict[int, int], dict[int, int]]:
        # How deep each node stands, and how many are hidden from where on; by vm_start.
        assert self.mm.mm_rb is not None
        levels = LEVELS if len(self.vmas) > SMALL_TREE else len(self.vmas)
        depths: dict[int, int] = {}
        hidden: dict[int, int] = {}
        # A stack instead of recursion; each entry is a node and how many levels it may open.
        open_ = [(self.mm.mm_rb, 0, levels)]
        while open_:
            start, depth, levels = open_.pop()
            depths[start] = depth
            if levels <= 0 and self._fold(start) in self.unfold:
                levels += UNFOLDED
            if levels <= 0 and start not in self.wanted:
                count = _count(self.vmas, start)
                if count > 1:  # a fold of one would be as large as what it hides
                    hidden[start] = count
                    continue
            vma = self.vmas[start]
            children = (vma.rb_left, vma.rb_right)
            open_ += [(child, depth + 1, levels - 1) for child in children if child is not None]
        return depths, hidden

    def _fold(self, start: int) -> str:
        return f"more_tree_{self.mm.mm}_{start:x}"

    def _edges(self, vma: VmaState, hidden: Mapping[int, int]) -> None:
        key = vma_id(self.mm.mm, vma.vm_start)
        for side, child in (("left", vma.rb_left), ("right", vma.rb_right)):
            edge = part(key, side)
            if child is None:
                continue
            if child in hidden:
                self.picture.edge(key, self._fold(child), key=edge, style="dashed")
            else:
                name = vma_id(self.mm.mm, child)
                mark = self.highlight.get(name) if key in self.highlight else None
                self.picture.edge(key, name, key=edge, mark=mark)

    def _node(self, vma: VmaState, place: str) -> None:
        key = vma_id(self.mm.mm, vma.vm_start)
        red = vma.rb_color == "red"
        tone = TONES["red" if red else "black"]
        mark = self.highlight.get(key)
        region = describe(self.mm, vma)
        tip = say("black node: {region}", region=region)
        if red:
            tip = say("red node: {region}", region=region)
        self.picture.node(
            key,
            self._label(vma, red),
            tip=told(tip, mark),
            shape="box",
            fillcolor=tone.fill.light,
            **outline(
                mark,
                tone.line.light,
                style="rounded" if red else "",
                width="1.5" if red else "1",
            ),
            margin="0.07,0.05",
            pos=place,
        )

    def _label(self, vma: VmaState, red: bool) -> Markup:
        ink = INK.light if red else NIGHT_INK.light
        letter = text("R" if red else "B", bold=True, colour=ink)
        short = views.short_name(self.mm, vma)
        limit = 13 if short.isascii() else 9
        name = text(f" {short}", bold=True, limit=limit, colour=ink, size=SMALL)
        said = (
            f"{vma.vm_start:#x}",
            say("gap {size}", size=_brief(self.gaps[vma.vm_start])),
            say("max {size}", size=_brief(vma.rb_subtree_gap)),
        )
        small = (text(line, colour=ink, size=SMALL) for line in said)
        return lines(Markup(f"{letter}{name}"), *small)


def _brief(length: int) -> str:
    # A size in few letters, for example '4K'.
    number, unit = scaled(length)
    return number + (unit[0] if unit else "")


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
        return say("No VMA.")
    vmas = {vma.vm_start: vma for vma in space.mmap}
    said = [
        say_n(
            len(vmas),
            "Red-black tree of mm {mm} ({owner}), {n} nodes:",
            "Red-black tree of mm {mm} ({owner}), {n} nodes:",
            mm=space.mm,
            owner=owner(snap, space),
        )
    ]
    open_ = [(space.mm_rb, 1, say("root"))]
    while open_:
        start, depth, side = open_.pop()
        vma = vmas[start]
        line = say(
            "{side}: {colour}, {region}, widest gap {gap}",
            side=side,
            colour=say("red") if vma.rb_color == "red" else say("black"),
            region=describe(space, vma),
            gap=size(vma.rb_subtree_gap),
        )
        said.append("  " * depth + line)
        for child, name in ((vma.rb_right, say("right")), (vma.rb_left, say("left"))):
            if child is not None:
                open_.append((child, depth + 1, name))
    return "\n".join(said)
