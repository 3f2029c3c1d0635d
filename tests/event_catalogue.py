"""The page `docs/events.md`: every event with its fields, level, sentences, and what it stands for.

`python -m tests.event_catalogue` writes it; a test checks that it is what the code says.
"""

from __future__ import annotations

import typing
from dataclasses import fields
from pathlib import Path

from vmlab.model.trace.event import Event
from vmlab.words.sentences import SENTENCES

PAGE = Path(__file__).parent.parent / "docs" / "events.md"
HEAD = """\
# Events

Each step of a recording is one event: a value with numbers and codes, no words. `watch(machine,
"pte_set")` tells some of them, `Recorder.steps` has them all.

The **level** says how a story is told: a *chapter* begins a part of it, a *step* belongs to it,
*mechanics* (turns of the tree, frames taken and given back) are what a beginner can skip. An event
**stands for** a tracepoint of Linux (`kmem:mm_page_alloc`), or for what happens in a function of
Linux. Its **sentences** have a place in braces for each value; where there are several, the values
decide.

This page is made by `python -m tests.event_catalogue` and checked to be current.
"""


def catalogue() -> str:
    """Return the text of the page."""
    rooms: dict[str, list[type[Event]]] = {}
    for kind in SENTENCES:
        rooms.setdefault(kind.__module__.rpartition(".")[2], []).append(kind)
    parts = [HEAD]
    for room, kinds in rooms.items():
        parts.append(f"## {room}\n")
        parts += map(_entry, kinds)
    return "\n".join(parts)


def _entry(kind: type[Event]) -> str:
    types = typing.get_type_hints(kind)
    names = ", ".join(f"`{f.name}`: {types[f.name].__name__}" for f in fields(kind))
    does = (kind.__doc__ or "").partition("\n")[0]
    lines = [
        f"### `{kind.name}`\n",
        f"{does}\n",
        f"- level: {kind.story_level}",
        f"- stands for: `{kind.stands_for}`",
        f"- fields: {names or 'none'}",
    ]
    for message in SENTENCES[kind].messages.values():
        told = message if isinstance(message, str) else message[1]
        lines.append(f"- “{told}”")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(catalogue(), encoding="utf-8")
