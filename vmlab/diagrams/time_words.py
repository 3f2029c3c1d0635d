"""What memory over time says in words: who owns a lane, what a band is, and the whole of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vmlab.diagrams.dot import clean
from vmlab.diagrams.regions import size
from vmlab.diagrams.time_marks import FAULTS, fault_words
from vmlab.record.lifespans import BEGINNING, Fork, Lifespans, Space, Span
from vmlab.record.region_names import names
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import say, say_n
from vmlab.words.places import REGIONS

TOLD = 60  # regions of an address space that are told in words
NAME = 10  # letters of the name of a row
PARTED = ("headers", "constants")  # what tells the read-only regions of a program apart


def chosen(story: Lifespans, mms: Sequence[int] | None) -> list[Space]:
    """Return the address spaces to draw: those asked for, or all that a task used."""
    return [space for space in story.spaces if (space.mm in mms if mms else space.owners)]


def fork_words(fork: Fork) -> str:
    """Say who became two."""
    return say("fork: {child} is a copy of {pid}", child=fork.child, pid=fork.pid)


def owners(space: Space) -> str:
    """Say whose address space it is, for example 'pid 1 a.out'."""
    if not space.owners:
        return say("no task")
    pids = ", ".join(str(pid) for pid, _ in space.owners)
    name = next((name for _, name in space.owners if name), "")
    return say("pid {pids} {name}", pids=pids, name=clean(name))


def memory_over_time_text(
    snap: Snapshot, story: Lifespans, *, mms: Sequence[int] | None = None
) -> str:
    """Say the picture in words: each address space with its regions, faults and forks."""
    spaces = chosen(story, mms)
    if not spaces or not story.nr_steps:
        return say("Nothing was recorded.")
    calls = say_n(len(story.calls), "{n} call", "{n} calls")
    steps = say_n(story.nr_steps, "{n} step", "{n} steps")
    said = [say("Memory over time: {calls}, {steps}.", calls=calls, steps=steps)]
    names_of = called(story, snap)
    for space in spaces:
        said.append(say("{owners}:", owners=owners(space)))
        said += (f"  {fork_words(fork)}" for fork in story.forks if fork.child_mm == space.mm)
        lines = list(_regions_in_words(story, space, names_of))
        said += (f"  {line}" for line in lines[:TOLD])
        if len(lines) > TOLD:
            more = say_n(len(lines) - TOLD, "{n} more region", "{n} more regions")
            said.append(f"  {more}")
        for kind in FAULTS:
            faults = [each for each in story.faults if (each.mm, each.kind) == (space.mm, kind)]
            if faults:
                said.append(f"  {fault_words(faults)}")
    return "\n".join(said)


def _regions_in_words(
    story: Lifespans, space: Space, names_of: Mapping[tuple[int, int], str]
) -> Iterator[str]:
    # Those that changed before those that did not.
    regions: dict[int, list[Span]] = {}
    for span in story.spans:
        if span.mm == space.mm:
            regions.setdefault(span.region, []).append(span)
    whole = (BEGINNING, story.nr_steps)
    for spans in sorted(
        regions.values(), key=lambda spans: (spans[0].first, spans[-1].last) == whole
    ):
        first, last = spans[0], spans[-1]
        values = {
            "region": describe_span(last, names_of),
            "first": first.first + 1,
            "last": min(last.last + 1, story.nr_steps),
        }
        if len(spans) == 1:
            yield say("{region}; steps {first} to {last}", **values)
        else:
            yield say_n(
                len(spans) - 1,
                "{region}; steps {first} to {last}, {n} change",
                "{region}; steps {first} to {last}, {n} changes",
                **values,
            )


def short(name: str) -> str:
    """Return a name as there is room for it beside an address."""
    return clean(name, NAME)


def called(story: Lifespans, snap: Snapshot) -> dict[tuple[int, int], str]:
    """Return what regions are called beside their addresses, by mm_struct and vm_start."""
    said = {kind: say(REGIONS[kind][0]) for kind in PARTED}
    return {key: said.get(name, name) for key, name in (story.names | names(snap)).items()}


def describe_span(span: Span, names_of: Mapping[tuple[int, int], str]) -> str:
    """Say what a region is in one line."""
    name = clean(names_of.get((span.mm, span.start), ""))
    length = size(span.end - span.start)
    return f"{span.start:#x}-{span.end:#x} {span.perms}{name and ' '}{name}, {length}"
