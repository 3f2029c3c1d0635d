"""What became of a line of a log that was replayed."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.codes import NO_REASON, Reason

SAME = "same"  # the model answers what the log says
PLACED = "placed"  # so it does, at the address of the log; by itself it would be at another one
DIFFERS = "differs"
NOT_REPLAYED = "not_replayed"
STATUSES = (SAME, PLACED, DIFFERS, NOT_REPLAYED)


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the log, and what the model made of it.

    Attributes:
        line: its number, from 1.
        pid: the process, as the log has it.
        name: of the call; 'fault', 'exit', 'signal' for what is none.
        status: one of STATUSES.
        log: what the log says that the call gave.
        model: what it gave here; of one that was placed, where it would be by itself.
        why: why it differs, or was not replayed.
        call: its number in the recording, None = it is not there.
    """

    line: int
    pid: int
    name: str
    status: str
    log: str = ""
    model: str = ""
    why: Reason = NO_REASON
    call: int | None = None
