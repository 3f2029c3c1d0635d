"""Mutants of what is typed into the fields of a call: read, or its field is marked; then called."""

from __future__ import annotations

import json
import random
from functools import cache

from ipywidgets import Widget

from tests.fuzz.mutate import Change, mutated
from tests.record.runs import ARENA, machine
from vmlab import Explorer
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.state.check import check
from vmlab.widgets.call_forms import FORMS

_PIECES = (
    *("0x", "0x10000000", "10000000", "1000000f", "0b1", "0o7", "-", "+", "+1 page", "- 2 pages"),
    *(" ", "\t", "\n", "\0", "\ud800", "é", "１", "²", "٣", "\u202e", "_", "1_000", "1e9", "1.5"),
    *("pages", "page", "K", "M", "G", "T", "64K", "9" * 190, "9" * 5000, "f" * 17, "0xg", "heap"),
    *(
        "stack",
        "[stack]",
        "vdso",
        "brk",
        "data",
        "nothing",
        "0x10..",
        "0x1…",
        "|",
        ",",
        "rw",
        "rwx",
    ),
    *(
        "private",
        "shared",
        "fixed",
        "anonymous",
        "populate",
        "none",
        "dontneed",
        "maymove",
        "creat",
    ),
    *("PROT_READ", "MAP_32BIT", "0x100", "unlimited", "SIGSEGV", "segv", "9", "64", "yes", "no"),
    *('"', "'", '"two words"', "\\", "\\x41", "\\xff", "\\0", "0x414", "0x4142", "<b>", "${x}"),
    *("/f", "/none", "/", "/dev/null", "x" * 5000, "a " * 3000, "(" * 2000, "[" * 2000, "%s", "{}"),
    *("7ffff7ff1000-7ffff7ff5000 r--p 00000000 00:00 0", "18446744073709551615", "-1", "1 << 3"),
)


@cache
def bases() -> dict[str, dict[str, str]]:
    """Return what the fields of each call hold at first, or an address, by the name of the call."""
    return {
        name: {field.name: field.text or f"{ARENA:#x}" for field in form.fields}
        for name, form in FORMS.items()
    }


def choose(chance: random.Random) -> tuple[str, list[Change]]:
    """Choose a call, and texts for some of its fields."""
    base = chance.choice([name for name, fields in bases().items() if fields])
    form = FORMS[base]
    changes: list[Change] = []
    for field in form.fields:
        text = chance.choice(("", f"{ARENA:#x}", field.text, field.hint, *field.options))
        if chance.random() < 0.35:
            text = mutated(chance, text, _PIECES)
        changes.append(((field.name,), text))
    return base, changes


def attempt(base: str, changes: list[Change], seed: int) -> str:
    """Press the button of a call as the page does; return 'refused' or 'loaded'."""
    try:
        return _press(base, changes)
    finally:
        Widget.close_all()


def _press(base: str, changes: list[Change]) -> str:
    m = machine()
    explorer = Explorer(m, show=())
    texts = {**bases()[base], **{str(place[0]): value for place, value in changes}}
    message = {"type": "call", "name": base, "texts": texts}
    explorer.controls._handle_custom_msg(message, [])
    assert explorer.output.outputs == (), explorer.output.outputs
    state = explorer.controls.get_state(["answer", "problem", "texts"])
    json.dumps(state, ensure_ascii=False).encode()  # as it is sent to the page
    validate_machine(m.system)
    check(m.snapshot())
    explorer.timeline.recorder.transcript()
    return "refused" if explorer.controls.problem else "loaded"
