"""The decision tree of the page-fault handler, with the way that one fault took.

The tree is always the same; only the way through it changes. It ends in an octagon, a signal, or
in a box with corners, after which the access is tried again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vmlab.diagrams.dot import (
    FONT_SIZE,
    Markup,
    Picture,
    cell,
    clean,
    lines,
    row,
    soft,
    table,
    text,
)
from vmlab.diagrams.fault_tree import (
    ANSWERS,
    EDGES,
    NODES,
    SWAP_EDGES,
    SWAP_NODES,
    Edge,
    Node,
)
from vmlab.diagrams.marking import HERE
from vmlab.diagrams.palette import HOT, TONES
from vmlab.diagrams.regions import where
from vmlab.diagrams.room import LETTERS, wrapped
from vmlab.model.mmu.cpu import FETCH, READ, WRITE
from vmlab.model.trace.event import Event
from vmlab.model.trace.events.fault import PageFaultUser
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import N_, say

# The main way goes straight down.
STRAIGHT = {("fault", "find_vma"), ("find_vma", "access"), ("access", "pte"), ("pte", "fault_type")}
# Where there is room beside it, a place says all in one line: the tree must not become too high.
FLAT = ("fault", "page_cache", "object", "copy")
OUTCOMES = ("spurious", "zero", "new", "object", "copy", "reuse", "back")
LEGEND = (
    N_("thick: the way taken, octagon: a signal"),
    N_("square corners: done, access again"),
)
# What is said beside the upper places, left of them, where nothing else stands. Its width never
# changes, so that the tree stays where it is.
NARROW_LEGEND = N_("right: where else it might have gone")
BESIDE = 246  # points
BESIDE_LETTERS = 42
ELSE_LETTERS = 44
# The way that is shown where nothing was gone.
MAIN = ("find_vma", "access", "pte", "fault_type")
NAME_LETTERS = 12
ENDS = ("fault_done", "signal_generate")
ACCESSES = {
    READ: N_("Page fault of {whose}: a read"),
    WRITE: N_("Page fault of {whose}: a write"),
    FETCH: N_("Page fault of {whose}: a fetch"),
}


def one_fault(events: Sequence[Event]) -> tuple[Event, ...]:
    """Return the events of the last page fault among `events`, as far as it came."""
    starts = [place for place, event in enumerate(events) if event.name == "page_fault_user"]
    if not starts:
        return ()
    found = events[starts[-1] :]
    for place, event in enumerate(found):
        if event.name in ("fault_done", "signal_generate", "oom_kill"):
            return tuple(found[: place + 1])
    return tuple(found)


def fault_path_dot(
    events: Sequence[Event] = (),
    *,
    snap: Snapshot | None = None,
    highlight: Marks = NO_MARKS,
    narrow: bool = False,
) -> str:
    """Draw the decision tree and the way of one fault.

    Args:
        events: what one fault emitted, from page_fault_user on; none = the tree alone.
        snap: the machine after them, which knows whose fault it is and what its place is called.
        highlight: ids of nodes, 'fault_<node>', to mark besides.
        narrow: whether something stands beside it: the way alone, and what it might have been.
    """
    answers = _answers(events)
    if narrow:
        return _narrow(answers, events, snap, highlight)
    picture = Picture("fault_path", ranksep="0.02", nodesep="0.12", pad="0.03", ordering="out")
    taken = list(_way(answers))
    visited = {"fault"} if answers else set()
    visited |= {edge.head for edge in taken}
    _say_beside(picture, "title", _title(events, snap))
    _say_beside(picture, "legend", lines(*(soft(say(words)) for words in LEGEND), align="LEFT"))
    picture.same_rank(("fault_path.title", "fault_fault"))
    picture.same_rank(("fault_path.legend", "fault_find_vma"))
    picture.level("fault_find_vma", "fault_expand_stack")
    nodes, edges = _tree(answers)
    for name, node in nodes.items():
        hot = name in visited or f"fault_{name}" in highlight
        _draw(picture, name, node, answers, hot=hot)
    for edge in edges:
        picture.edge(
            f"fault_{edge.tail}",
            f"fault_{edge.head}",
            key=f"edge_fault_{edge.tail}_{edge.head}",
            mark=HERE if edge in taken else None,
            label=f" {say(edge.label)} " if edge.label else "",
            weight="20" if (edge.tail, edge.head) in STRAIGHT else "1",
        )
    return picture.dot()


def _narrow(
    answers: Mapping[str, str], events: Sequence[Event], snap: Snapshot | None, highlight: Marks
) -> str:
    # The way alone, straight down; beside each place where else it might have gone.
    taken = list(_way(answers))
    heads = MAIN if not answers else tuple(edge.head for edge in taken)
    places = ("fault", *heads)
    nodes, edges = _tree(answers)
    said = [text(_whose(events, snap), bold=True)]
    if events:
        said.append(soft(clean(_where(events, snap), LETTERS)))
    said += map(soft, wrapped("   ".join(map(say, (*LEGEND, NARROW_LEGEND)))))
    picture = Picture(
        "fault_path", ranksep="0.2", nodesep="0.2", label=f"<{lines(*said)}>", labelloc="t"
    )
    for place, next_ in zip(places, (*places[1:], ""), strict=True):
        key = f"fault_{place}"
        hot = bool(answers) or key in highlight
        _draw(picture, place, nodes[place], answers, hot=hot)
        ways = [edge for edge in edges if edge.tail == place]
        here = [edge for edge in ways if edge.head == next_]
        for edge in [edge for edge in here if edge in taken] or here[:1]:
            picture.edge(
                key,
                f"fault_{next_}",
                key=f"edge_{key}_{next_}",
                mark=HERE if edge in taken else None,
                xlabel=f" {say(edge.label)} " if edge.label else "",
                weight="20",
            )
        others = [_elsewhere(edge) for edge in ways if edge.head != next_]
        if others:
            name = f"fault_path.else_{place}"
            words = lines(
                *map(soft, wrapped("   ".join(others), letters=ELSE_LETTERS)), align="LEFT"
            )
            picture.node(name, words, tip=say(NARROW_LEGEND))
            picture.level(key, name)
            picture.unseen(key, name)
    return picture.dot()


def _tree(answers: Mapping[str, str]) -> tuple[Mapping[str, Node], tuple[Edge, ...]]:
    # The places and the ways: those of swap only if one of them was taken.
    if "swap" not in answers:
        return NODES, EDGES
    return NODES | SWAP_NODES, (*EDGES, *SWAP_EDGES)


def _elsewhere(edge: Edge) -> str:
    title = say(NODES[edge.head].title)
    return f"{say(edge.label)}: {title}" if edge.label else title


def _say_beside(picture: Picture, name: str, words: Markup) -> None:
    said = cell(words, border=0, width=BESIDE, padding=0, align="LEFT")
    picture.node(f"fault_path.{name}", table([row(said)]), tip=say("page fault"))


def _title(events: Sequence[Event], snap: Snapshot | None) -> Markup:
    said = say("all ways that a page fault can take")
    if events:
        said = clean(_where(events, snap), BESIDE_LETTERS)
    return lines(text(_whose(events, snap), bold=True), soft(said), align="LEFT")


def _whose(events: Sequence[Event], snap: Snapshot | None) -> str:
    if not events:
        return say("No page fault")
    # Its end names the process, which may be dead by then; until then it is the one that runs.
    ended = [event.values()["pid"] for event in events if event.name in ENDS]
    pid = ended[-1] if ended else snap.current if snap is not None else 0
    if not pid or not isinstance(events[0], PageFaultUser):
        return say("Page fault")
    task = views.find_task(snap, pid) if snap is not None else None
    name = clean(task.comm, NAME_LETTERS) if task is not None else ""
    words = ACCESSES[events[0].error_code & (WRITE | FETCH) | READ]
    return say(words, whose=f"{pid} {name}".strip())


def _where(events: Sequence[Event], snap: Snapshot | None) -> str:
    if not isinstance(events[0], PageFaultUser):
        return ""
    addr = events[0].addr
    if snap is None:
        return f"{addr:#x}"
    return where(snap, views.current_mm(snap), addr)


def fault_path_end(events: Sequence[Event]) -> frozenset[str]:
    """Return the id of the node that the way of a fault has come to; none without a fault."""
    answers = _answers(events)
    ends = ["fault", *(edge.head for edge in _way(answers))]
    return frozenset({f"fault_{ends[-1]}"} if answers else ())


def _answers(events: Iterable[Event]) -> dict[str, str]:
    # What each place answered.
    said: dict[str, str] = {}
    names = set()
    for event in events:
        names.add(event.name)
        values = event.values()
        if event.name == "page_fault_user":
            said["fault"] = "outside"
        elif event.name == "fault_branch":
            said[values["node"]] = values["answer"]
    if not said:
        return {}
    if "expand_stack" in said:
        said["find_vma"] = "stack"
    if "find_vma" in said:
        said["fault"] = "user"
    if said.get("pte") == "none":
        said["pte"] = "none_anonymous" if "anonymous" in said else "none_object"
    if "swap" in said and "cow" in said:
        said["swap"] = "copied"
    if said.get("page_cache") in ("cached", "hole", "swapped"):
        said["page_cache"] = "copy" if said.get("fault_type") == "private_write" else "map"
    look = "look" if "page_cache" in said else "around" if "fault_around" in names else ""
    said |= dict.fromkeys(("read_fault", "cow_fault", "shared_fault"), look)
    if "oom_kill" in names:  # it asked for a frame, and there was none
        said |= {place: "" for place in said if _leads_to_frame(place, said[place])}
    return said


def _leads_to_frame(place: str, answer: str) -> bool:
    return any(
        edge.head in OUTCOMES for edge in EDGES if edge.tail == place and answer in edge.answers
    )


def _way(answers: Mapping[str, str]) -> Iterable[Edge]:
    # The edges from the exception on, as far as there are answers.
    place = "fault"
    while True:
        found = [
            edge
            for edge in _tree(answers)[1]
            if edge.tail == place and answers.get(place) in edge.answers
        ]
        if not found:
            return
        yield found[0]
        place = found[0].head


def _draw(
    picture: Picture, name: str, node: Node, answers: Mapping[str, str], *, hot: bool
) -> None:
    tone = TONES[node.tone]
    signal = node.shape == "octagon"
    title, words = say(node.title), say(node.words)
    tip = say("{place}: {words}", place=title, words=words)
    if hot and answers.get(name):
        answer = say(ANSWERS.get(answers[name], answers[name]))
        tip = say("{place}: {words}, answer: {answer}", place=title, words=words, answer=answer)
    # What lies off the way steps back, but keeps its place.
    bold = text(title, bold=True) if hot or not answers else soft(title, FONT_SIZE)
    # The slant of an octagon takes room above and below, so its words stand side by side.
    flat = signal or name in FLAT
    label = Markup(f"{bold} {soft(words)}") if flat else lines(bold, soft(words))
    picture.node(
        f"fault_{name}",
        label,
        tip=tip,
        shape=node.shape,
        style="filled" if signal or name in OUTCOMES else "filled,rounded",
        fillcolor=tone.fill.light,
        color=HOT.light if hot else tone.line.light,
        penwidth="3" if hot else "1.5" if signal else "1",
        margin="0,0" if signal else "0.05,0.02" if flat else "0.05,0.028",
        height="0",
    )


def fault_path_text(events: Sequence[Event] = (), *, snap: Snapshot | None = None) -> str:
    """Say the picture in words: whose fault, where, and its way, one answer a line."""
    answers = _answers(events)
    if not answers:
        return say("No page fault.")
    reasons = {
        event.values()["node"]: event.values()["reason"]
        for event in events
        if event.name == "fault_branch"
    }
    said = [f"{_whose(events, snap)}, {_where(events, snap)}"]
    for edge in _way(answers):
        nodes, _ = _tree(answers)
        here, there = nodes[edge.tail], nodes[edge.head]
        line = say(
            "{place}: {why}; then {next} ({words})",
            place=say(here.title),
            why=reasons.get(edge.tail) or say(edge.label) or say("go on"),
            next=say(there.title),
            words=say(there.words),
        )
        said.append(f"  {line}")
    if events[-1].name == "fault_done":
        said.append(f"  {say('back to user space, where the access is tried again')}")
    return "\n".join(said)
