"""What a log says of a call that was done again because of one of its lines."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of a log beside a call of a recording; it changes nothing about the call.

    Attributes:
        line: its number in the log, from 1.
        answer: what the log says that the call gave; '' = it does not tell of the call, which was
            made so that the line could follow.
        differs: whether the call gave something else here.
        own: the address (bytes) that the call would have given by itself; 0 = that of the log.
    """

    line: int
    answer: str = ""
    differs: bool = False
    own: int = 0
