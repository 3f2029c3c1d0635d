"""Events about messages of System V."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class MsgCreate(Event):
    """A queue of messages was made."""

    story_level = "chapter"
    stands_for = "ipc/msg.c: newque()"

    msqid: int
    key: int


@dataclass(frozen=True, slots=True)
class MsgEnqueue(Event):
    """A message waits in its queue."""

    story_level = "chapter"
    stands_for = "ipc/msg.c: do_msgsnd()"

    msqid: int
    mtype: int
    nr_bytes: int
    nr_messages: int  # that wait now


@dataclass(frozen=True, slots=True)
class MsgHand(Event):
    """A message went to a task that waited for one."""

    story_level = "chapter"
    stands_for = "ipc/msg.c: pipelined_send()"

    msqid: int
    mtype: int
    nr_bytes: int
    receiver: int  # pid


@dataclass(frozen=True, slots=True)
class MsgTake(Event):
    """A message was taken out of its queue."""

    story_level = "chapter"
    stands_for = "ipc/msg.c: do_msgrcv()"

    msqid: int
    mtype: int
    nr_bytes: int
    nr_messages: int  # that wait now


@dataclass(frozen=True, slots=True)
class MsgWait(Event):
    """A task waits for a message, or for room for one."""

    story_level = "chapter"
    stands_for = "ipc/msg.c: do_msgrcv()"

    pid: int
    msqid: int
    what: str  # 'to_receive' or 'to_send'


@dataclass(frozen=True, slots=True)
class MsgWake(Event):
    """A task that waited at a queue is to look again."""

    story_level = "chapter"
    stands_for = "ipc/msg.c: expunge_all()"

    pid: int  # who wakes
    waiter: int


@dataclass(frozen=True, slots=True)
class MsgPermSet(Event):
    """A queue has another owner, other rights, or another limit."""

    story_level = "chapter"
    stands_for = "ipc/msg.c: msgctl_down()"

    msqid: int
    uid: int
    gid: int
    mode: int
    qbytes: int


@dataclass(frozen=True, slots=True)
class MsgDestroy(Event):
    """A queue of messages is gone."""

    story_level = "chapter"
    stands_for = "ipc/msg.c: freeque()"

    msqid: int
