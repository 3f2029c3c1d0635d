"""What stands in a frame, in as few letters as a row of a picture has."""

from __future__ import annotations

import codecs

from vmlab.state.observed import Observed
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import say

ROOM = 16  # letters
_LONGEST = 64  # bytes that are looked at
_NUMBERS = 4  # bytes that are shown where they are no text
_ESCAPES = str.maketrans({"\n": "\\n", "\t": "\\t", "\r": "\\r"})


def contents(snap: Snapshot, pfn: int) -> str:
    r"""Say the first bytes of a frame that are not zero: as text, or else in hexadecimal.

    Where they do not begin the frame, their place in it stands before them: '+0xfd0 "a.out"'. Of
    a frame of a real machine nothing is said: nobody looked into it.
    """
    if isinstance(snap, Observed):
        return ""
    data = snap.ram.get(pfn, b"")
    start = len(data) - len(data.lstrip(b"\0"))
    if start == len(data):
        return say("zeros")
    found = data[start : start + _LONGEST]
    where = f"+{start:#x} " if start else ""
    letters = _letters(found.partition(b"\0")[0])
    if not letters:
        return where + found[:_NUMBERS].hex(" ")
    room = ROOM - len(where)
    if len(letters) > room:
        letters = letters[: room - 3] + "..."
    return f'{where}"{letters}"'


def _letters(found: bytes) -> str:
    # The text that the bytes are; empty if they are none. The last letter may be cut in two.
    try:
        said = codecs.getincrementaldecoder("utf-8")().decode(found)
    except UnicodeDecodeError:
        return ""
    said = said.rstrip("\r\n").translate(_ESCAPES)
    return said if said.isprintable() else ""
