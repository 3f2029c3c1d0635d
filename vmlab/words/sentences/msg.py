"""What is said of messages of System V."""

from __future__ import annotations

from vmlab.model.trace.event import Event
from vmlab.model.trace.events import msg as events
from vmlab.words.language import N_
from vmlab.words.sentences.form import Sentences, one, several


def _wait(event: events.MsgWait) -> str:
    return event.what


SENTENCES: dict[type[Event], Sentences] = {
    events.MsgCreate: one(N_("Queue {msqid} of messages is made for key {key:#x}.")),
    events.MsgEnqueue: one(
        N_(
            "A message of type {mtype} and {nr_bytes} bytes goes into queue {msqid}, which holds "
            "{nr_messages} now."
        )
    ),
    events.MsgHand: one(
        N_(
            "A message of type {mtype} and {nr_bytes} bytes goes straight to task {receiver}, "
            "which waits at queue {msqid}."
        )
    ),
    events.MsgTake: one(
        N_(
            "A message of type {mtype} and {nr_bytes} bytes is taken out of queue {msqid}, which "
            "holds {nr_messages} now."
        )
    ),
    events.MsgWait: several(
        _wait,
        to_receive=N_("Task {pid} waits for a message at queue {msqid}."),
        to_send=N_("Task {pid} waits until its message fits into queue {msqid}."),
    ),
    events.MsgWake: one(
        N_("Task {pid} lets task {waiter} go on, which waited at a queue of messages.")
    ),
    events.MsgPermSet: one(
        N_(
            "Queue {msqid} belongs to user {uid} and group {gid}, with the rights {mode:04o}, and "
            "holds {qbytes} bytes at most."
        )
    ),
    events.MsgDestroy: one(N_("Queue {msqid} is gone, and its number is free.")),
}
