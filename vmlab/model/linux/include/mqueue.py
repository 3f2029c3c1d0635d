"""Queues of messages of POSIX, and who waits at one.

Source: ipc/mqueue.c [v6.18].
"""

from __future__ import annotations

from typing import NamedTuple


class MqMessage(NamedTuple):
    """A message (struct msg_msg)."""

    prio: int
    data: bytes


class MqWaiter(NamedTuple):
    """A task that waits for a message, or for room for its own (struct ext_wait_queue)."""

    pid: int
    sends: bool
    message: MqMessage | None = None  # what it sends, or was handed
    ready: bool = False  # that was done


class MqNotify(NamedTuple):
    """Who is told of the next message, and how (struct sigevent)."""

    tgid: int
    sigev_notify: int
    signo: int
    value: int


class MqueueInodeInfo(NamedTuple):
    """What a queue holds (struct mqueue_inode_info)."""

    mq_maxmsg: int  # messages that it holds at most
    mq_msgsize: int  # bytes of one, at most
    messages: tuple[MqMessage, ...] = ()  # as they are received: highest priority first
    waiters: tuple[MqWaiter, ...] = ()  # longest first
    notify: MqNotify | None = None
