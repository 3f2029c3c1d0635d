"""The red-black tree of VMAs, mm->mm_rb, with the gap values that searches for room use.

A red node has rounded corners, a pale ground and the letter R; a black one is square, dark, and
says B; of one that changed its colour the letters say both. From left to right nodes stand in the
order of their addresses, so a rotation moves them up and down and never aside. Where a node was
before a step stands its ghost, an empty outline; a search numbers the nodes that it compared.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from itertools import islice

from vmlab.diagrams.dot import SMALL, Markup, Picture, clean, lines, soft, struck, text
from vmlab.diagrams.folds import LINES, More, fold
from vmlab.diagrams.ghosts import gone_vmas
from vmlab.diagrams.loose import loose
from vmlab.diagrams.marking import LEGEND as MARKS_LEGEND
from vmlab.diagrams.marking import outline, told, told_of
from vmlab.diagrams.palette import FAINT, HOT, INK, NIGHT_INK, PAPER, TONES
from vmlab.diagrams.regions import chosen_one, describe, meant, owner, region_name, scaled, size
from vmlab.diagrams.room import WIDTH, wrapped
from vmlab.diagrams.rows import folded_words
from vmlab.diagrams.wide import is_measured
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import tree, views
from vmlab.state.ids import part, vma_id
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.words.language import N_, say, say_n

LEVELS = 4  # of the tree that are shown
SMALL_TREE = 40  # VMAs of a tree that is shown whole
WORDY = 6  # of those of a larger one that are said
UNFOLDED = 3  # further levels that opening a fold shows
# Points to both sides that are a node's own, and a fold's: less than half of what they take, for
# between two of one level there always stands the node from which the ways to them part.
NODE_ASIDE, WIDE_ASIDE, FOLD_ASIDE = 24, 48, 16
DOWN = 54  # points from a level to the next
SIDE = 9  # points of a sign beside a node, and half of what one is high
HALF = 19
GHOSTS = 8  # nodes; where more moved, the tree is another one
NAME = 12  # columns of a name that have room in a node
WIDE_NAME = 8  # of one that Graphviz takes for wider
# Where it is narrow nodes take less: names are shorter, and addresses stand without 0x.
NARROW_ASIDE, NARROW_NAME, NARROW_LEVELS = 20, 10, 5
NARROW_MARGIN = "0.03,0.04"
NARROW_MEANT = 2  # marked nodes to which the way is shown

# What nodes wear that are black and not marked, and what red ones wear instead.
BLACK = {
    "shape": "box",
    "margin": "0.07,0.05",
    "fontsize": str(SMALL),
    "fontcolor": NIGHT_INK.light,
    "fillcolor": TONES["black"].fill.light,
    **outline(None, TONES["black"].line.light),
}
RED = {
    "fontcolor": INK.light,
    "fillcolor": TONES["red"].fill.light,
    **outline(None, TONES["red"].line.light, style="rounded", width="1.5"),
}

LEGEND = (
    N_("B black  R red    gap 4K/1M: 4K free below it, 1M the widest gap in its subtree"),
    N_("empty outline: where a node was    1 2 3: the order of a search"),
    MARKS_LEGEND,
)


def vma_tree_dot(
    snap: Snapshot,
    *,
    mm: int | None = None,
    before: Snapshot | None = None,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
    narrow: bool = False,
) -> str:
    """Draw the tree of one address space.

    Args:
        snap: the machine.
        mm: number of the mm_struct; None = that of the running task.
        before: the machine before; ghosts show where nodes were then.
        highlight: what happened to the objects this step is about; the way to each is shown.
        unfold: ids of folds that the reader opened.
        narrow: whether something stands beside it.
    """
    space = chosen_one(snap, mm)
    old = views.find_mm(before, space.mm) if before is not None and space is not None else None
    if space is None or (space.mm_rb is None and (old is None or old.mm_rb is None)):
        empty = Picture("vma_tree")
        if space is not None:
            loose(empty, highlight, "vma", mm=space.mm)
        return empty.nothing(say("no VMA"))
    picture = Picture("vma_tree", layout="nop", splines="line", outputorder="nodesfirst")
    legend = map(say, LEGEND)
    picture.legend(*wrapped(*legend) if narrow else legend)
    _Tree(picture, space, before, highlight, unfold, narrow=narrow).draw(snap)
    return picture.dot()


class _Tree:
    # One drawing of one tree.
    def __init__(
        self,
        picture: Picture,
        mm: MmState,
        before: Snapshot | None,
        highlight: Marks,
        unfold: frozenset[str],
        *,
        narrow: bool,
    ) -> None:
        self.is_narrow = narrow
        self.picture = picture
        self.mm = mm
        self.highlight = highlight
        self.unfold = unfold
        self.before = before
        self.old = views.find_mm(before, mm.mm) if before is not None else None
        self.vmas: dict[int, VmaState] = {}  # of the nodes that are there, by vm_start
        self.names: dict[int, str] = {}  # of the regions whose nodes are drawn, by vm_start

    def draw(self, snap: Snapshot) -> None:
        depths, hidden = self._shown()
        gone = self._gone(depths)
        columns: dict[int, int] = {}
        across = 0
        for start in sorted({*depths, *gone}):
            vma = self.vmas[start] if start in depths else gone[start][1]
            name = self.names[start] = region_name(self.mm, vma)
            aside = FOLD_ASIDE if start in hidden else self._aside(name)
            across += aside
            columns[start] = across
            across += aside
        places = {start: (columns[start], -depth * DOWN) for start, depth in depths.items()}
        moved = self._moved(depths, hidden)
        if len(moved) <= GHOSTS:  # the ghosts first, so that they lie behind the nodes
            for start in sorted(moved):
                self._ghost(start, (columns[start], -moved[start] * DOWN))
        for start in sorted(gone):
            level, vma = gone[start]
            self._gone_node(vma, (columns[start], -level * DOWN))
        order = sorted(depths, key=lambda start: (depths[start], start))  # the root first
        nodes = [self.vmas[start] for start in order if start not in hidden]
        worn = {**BLACK, "margin": NARROW_MARGIN} if self.is_narrow else BLACK
        with self.picture.alike("node", **worn):
            for vma in nodes:
                self._node(vma, places[vma.vm_start])
        for vma in nodes:
            self._turn(vma, places[vma.vm_start])
        for start in (start for start in order if start in hidden):
            words = say_n(hidden[start], "{n} more", "{n} more")
            self.picture.fold(self._fold(start), words, pos=_pos(places[start]))
        with self.picture.alike("edge", dir="none"):  # all lead down
            for start in sorted(depths.keys() - hidden.keys()):
                self._edges(self.vmas[start], hidden)
        at, there = f"0,{DOWN}", snap if self.is_narrow else None
        loose(self.picture, self.highlight, "vma", mm=self.mm.mm, pos=at, snap=there)
        if len(moved) <= GHOSTS:
            for start in sorted(moved):
                key = vma_id(self.mm.mm, start)
                ghost = part(key, "before")
                self.picture.edge(ghost, key, key=f"edge_{ghost}", style="dotted")

    def _gone(self, depths: Mapping[int, int]) -> dict[int, tuple[int, VmaState]]:
        # The nodes that are gone, with a level at which their ghosts touch no neighbour.
        old = self.old
        if old is None:
            return {}
        gone = gone_vmas(self.mm, self.before)
        levels = ((vma, tree.depth(old, vma.vm_start)) for vma in gone)
        there = list(islice(((vma, at) for vma, at in levels if at is not None), GHOSTS + 1))
        if len(there) > GHOSTS:
            return {}
        taken = dict(depths)
        found: dict[int, tuple[int, VmaState]] = {}
        for vma, level in there:
            order = sorted({*taken, vma.vm_start})
            here = order.index(vma.vm_start)
            beside = {taken.get(order[at]) for at in (here - 1, here + 1) if 0 <= at < len(order)}
            while level in beside:
                level += 1
            taken[vma.vm_start] = level
            found[vma.vm_start] = level, vma
        return found

    def _moved(self, depths: Mapping[int, int], hidden: Container[int]) -> dict[int, int]:
        # The nodes that themselves turned, with their levels before; what hangs below moves along.
        old = self.old
        if old is None or old.mmap is self.mm.mmap:
            return {}
        found = {}
        for start in depths:
            was, level = views.vma_from(old, start), tree.depth(old, start)
            if start in hidden or was is None or level is None or level == depths[start]:
                continue
            now = self.vmas[start]
            if (was.rb_left, was.rb_right) != (now.rb_left, now.rb_right):
                found[start] = level
        return found

    def _ghost(self, start: int, place: tuple[int, int]) -> None:
        key = part(vma_id(self.mm.mm, start), "before")
        tip = say("where the node of {region} was", region=describe(self.mm, self.vmas[start]))
        outline_ = {"style": "dashed", "color": FAINT.light, "width": "0.9", "height": "0.5"}
        label = soft(" ")
        self.picture.node(key, label, tip=tip, shape="box", pos=_pos(place), **outline_)

    def _gone_node(self, vma: VmaState, place: tuple[int, int]) -> None:
        words = lines(struck(region_name(self.mm, vma)), struck(f"{vma.vm_start:#x}"))
        self.picture.node(
            vma_id(self.mm.mm, vma.vm_start),
            words,
            tip=told(describe(self.mm, vma), "gone"),
            shape="box",
            fillcolor=PAPER.light,
            **outline("gone", FAINT.light),
            margin="0.07,0.05",
            pos=_pos(place),
        )

    def _shown(self) -> tuple[dict[int, int], dict[int, int]]:
        # How deep each node stands, and how many are hidden from where on; by vm_start.
        size = len(self.mm.mmap)
        most = LEVELS if size > SMALL_TREE else size
        wanted = tree.ways(self.mm, meant(self.mm, self.highlight))
        if self.is_narrow:
            shown = self._within()
        else:
            shown = list(tree.levels(self.mm, most, wanted, self._further))
        self.vmas = {vma.vm_start: vma for vma, _, _ in shown}
        hidden = {vma.vm_start: count for vma, _, count in shown if count}
        return {vma.vm_start: depth for vma, depth, _ in shown}, hidden

    def _within(self) -> list[tuple[VmaState, int, int]]:
        # As many levels as have room, and the way to what is marked; what was opened comes besides.
        marked = sorted(meant(self.mm, self.highlight))[:NARROW_MEANT]
        wanted = tree.ways(self.mm, marked)
        ghosts = len(gone_vmas(self.mm, self.before))
        for most in range(NARROW_LEVELS, 0, -1):
            taken = ghosts * 2 * NARROW_ASIDE if ghosts <= GHOSTS else 0
            shown = list(tree.levels(self.mm, most, wanted))
            for vma, _, count in shown:
                name = region_name(self.mm, vma)
                taken += 2 * (FOLD_ASIDE if count else self._aside(name))
            if taken + 2 * NARROW_ASIDE <= WIDTH:
                break
        return list(tree.levels(self.mm, most, wanted, self._further))

    def _aside(self, name: str) -> int:
        # Graphviz takes a letter beyond ASCII for two or three.
        if self.is_narrow:
            return NARROW_ASIDE
        return NODE_ASIDE if is_measured(name) else WIDE_ASIDE

    def _further(self, start: int) -> int:
        return UNFOLDED if self._fold(start) in self.unfold else 0

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

    def _node(self, vma: VmaState, place: tuple[int, int]) -> None:
        key = vma_id(self.mm.mm, vma.vm_start)
        red = vma.rb_color == "red"
        mark = self.highlight.get(key)
        name = self.names[vma.vm_start]
        region = describe(self.mm, vma, name)
        tip = say("black node: {region}", region=region)
        if red:
            tip = say("red node: {region}", region=region)
        worn = RED if red else {}
        if mark is not None:
            worn = {**worn, **outline(mark, HOT.light, style="rounded" if red else "")}
        label = self._label(vma, red, name)
        self.picture.node(key, label, tip=told(tip, mark), pos=_pos(place), **worn)

    def _turn(self, vma: VmaState, place: tuple[int, int]) -> None:
        key = vma_id(self.mm.mm, vma.vm_start)
        turn = self.highlight.turn(key)
        if turn:
            self.picture.node(
                part(key, "turn"),
                text(str(turn), bold=True, colour=HOT.light),
                tip=say("compared as number {turn}", turn=turn),
                shape="circle",
                fixedsize="true",
                width="0.22",
                fillcolor=PAPER.light,
                **outline("looked", HOT.light, width="1"),
                pos=_pos((place[0] - HALF - SIDE, place[1] + HALF)),
            )

    def _label(self, vma: VmaState, red: bool, name: str) -> Markup:
        was = views.vma_from(self.old, vma.vm_start) if self.old is not None else None
        colours = "R" if red else "B"
        limit = NARROW_NAME if self.is_narrow else NAME
        if not is_measured(name):
            limit = WIDE_NAME // 2 if self.is_narrow else WIDE_NAME
        if was is not None and was.rb_color != vma.rb_color:
            colours = f"{'B' if red else 'R'}->{colours}"
            limit -= 3
        gap, widest = _brief(views.gap_before(self.mm, vma)), _brief(vma.rb_subtree_gap)
        return lines(
            text(f"{colours} {clean(name, limit)}", bold=True),
            f"{vma.vm_start:x}" if self.is_narrow else f"{vma.vm_start:#x}",
            say("gap {gap}/{widest}", gap=gap, widest=widest),
        )


def _pos(place: tuple[int, int]) -> str:
    return f"{place[0]},{place[1]}"


def _brief(length: int) -> str:
    # A size in few letters, for example '4K'.
    number, unit = scaled(length)
    return number + (unit[0] if unit else "")


def vma_tree_text(
    snap: Snapshot,
    *,
    mm: int | None = None,
    before: Snapshot | None = None,
    highlight: Marks = NO_MARKS,
) -> str:
    """Say the picture in words: each node under its parent, the left child first."""
    space = chosen_one(snap, mm)
    if space is None or space.mm_rb is None:
        return say("No VMA.")
    said = [
        say_n(
            len(space.mmap),
            "Red-black tree of mm {mm} ({owner}), {n} nodes:",
            "Red-black tree of mm {mm} ({owner}), {n} nodes:",
            mm=space.mm,
            owner=owner(snap, space),
        )
    ]
    old = views.find_mm(before, space.mm) if before is not None else None
    whole = len(space.mmap) <= LINES
    wanted = tree.ways(space, meant(space, highlight))
    sides: dict[int | None, str] = {space.mm_rb: say("root")}
    for vma, depth, hidden in tree.levels(space, LINES if whole else WORDY, wanted):
        start = vma.vm_start
        sides |= {vma.rb_left: say("left"), vma.rb_right: say("right")}
        line = f"{sides[start]}: {folded_words(hidden)}"
        if not hidden:
            line = _line(space, vma, old, depth, sides[start])
        said.append("  " * (depth + 1) + told_of(line, vma_id(space.mm, start), highlight))
    for each in fold(gone_vmas(space, before), "", limit=LINES):
        if isinstance(each, More):
            said.append(f"  {folded_words(each.count)}")
        else:
            said.append(f"  {told(describe(space, each), 'gone')}")
    return "\n".join(said)


def _line(mm: MmState, vma: VmaState, old: MmState | None, depth: int, side: str) -> str:
    # What a node is, and was before.
    was = views.vma_from(old, vma.vm_start) if old is not None else None
    line = say(
        "{side}: {colour}, {region}, widest gap {gap}",
        side=side,
        colour=_colour(was or vma, vma),
        region=describe(mm, vma),
        gap=size(vma.rb_subtree_gap),
    )
    level = tree.depth(old, vma.vm_start) if old is not None else None
    if level is None or was is None or level == depth:
        return line
    if (was.rb_left, was.rb_right) == (vma.rb_left, vma.rb_right):
        return line
    return say("{line}, on level {level} before", line=line, level=level + 1)  # as a ghost shows it


def _colour(old: VmaState, new: VmaState) -> str:
    colours = {"red": say("red"), "black": say("black")}
    if old.rb_color != new.rb_color:
        return say(
            "{colour}, {old} before", colour=colours[new.rb_color], old=colours[old.rb_color]
        )
    return colours[new.rb_color]
