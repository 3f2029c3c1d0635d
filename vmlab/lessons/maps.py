"""Comparing two texts of /proc/PID/maps."""

from __future__ import annotations

from vmlab.model import arguments


def maps_diff(before: str, after: str) -> str:
    r"""Return the lines that went, marked with -, and those that came, marked with +.

    >>> maps_diff("a\nb\n", "a\nc\n")
    '- b\n+ c'
    """
    arguments.instance(before, str, "before")
    arguments.instance(after, str, "after")
    old, new = before.splitlines(), after.splitlines()
    gone = [f"- {line.rstrip()}" for line in old if line not in new]
    came = [f"+ {line.rstrip()}" for line in new if line not in old]
    return "\n".join(gone + came)
