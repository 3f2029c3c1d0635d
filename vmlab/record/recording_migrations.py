"""What recording files of older versions say, in the form of this one.

A migration turns the body of one version into that of the next. What an older file says in words,
or leaves out, becomes `UNTOLD`: it is taken from doing the calls again.
"""

from __future__ import annotations

from typing import Any

UNTOLD = "untold"  # the code of a reason, or a text, that an older file does not tell

_ACCESSES = ("load", "store", "add", "fetch")
_FRAMES = {"sys_enter": ("access_begin", "args"), "sys_exit": ("access_end", "result")}
_OWNER_CALLS = {
    "write": "fs.write",
    "mkdir": "fs.mkdir",
    "truncate": "fs.truncate",
    "unlink": "fs.unlink",
    "kthread": "machine.kthread",
    "from_maps": "machine.from_maps",
    "restore": "machine.restore",
    "new_task": "machine.new_task",
}


def from_version_1(body: dict[str, Any]) -> dict[str, Any]:
    """Reasons were English, an access said sys_enter, and `fs.write` was a plain write."""
    return {
        **body,
        "calls": [_call(call) for call in body["calls"]],
        "steps": [_step(step) for step in body["steps"]],
    }


def _call(call: dict[str, Any]) -> dict[str, Any]:
    if call["pid"]:
        return call
    return {**call, "call": _OWNER_CALLS.get(call["call"], call["call"])}


def _step(step: dict[str, Any]) -> dict[str, Any]:
    event, values = step["event"], dict(step["values"])
    if "reason" in values:
        values["reason"] = UNTOLD
    if event in _FRAMES:
        access, text = _FRAMES[event]
        values[text] = UNTOLD
        if values["call"] in _ACCESSES:
            event = access
            values = {"pid": values["pid"], "access": values["call"], text: UNTOLD}
    return {**step, "event": event, "values": values}


MIGRATIONS = (from_version_1,)
