"""Messages of System V, and who waits to send or to receive one.

Source: ipc/msg.c, include/linux/msg.h [v6.18].
"""

from __future__ import annotations

from typing import NamedTuple

from vmlab.model.linux.include.ipc import KernIpcPerm

(
    SEARCH_ANY,
    SEARCH_EQUAL,
    SEARCH_NOTEQUAL,
    SEARCH_LESSEQUAL,
    SEARCH_NUMBER,
) = range(1, 6)  # which message is wanted


class MsgMsg(NamedTuple):
    """A message (struct msg_msg)."""

    m_type: int
    text: bytes


class MsgReceiver:
    """A task that waits for a message (struct msg_receiver)."""

    __slots__ = ("msqid", "pid", "r_maxsize", "r_mode", "r_msg", "r_msgtype", "status", "woken")

    def __init__(self, pid: int, msqid: int, msgtype: int, mode: int, maxsize: int) -> None:
        self.pid = pid
        self.msqid = msqid
        self.r_msgtype = msgtype
        self.r_mode = mode  # SEARCH_*
        self.r_maxsize = maxsize  # bytes
        self.r_msg: MsgMsg | None = None  # what it was handed
        self.status = 0  # an errno that it was told instead
        self.woken = False  # it is to look again

    def __repr__(self) -> str:
        return f"<msg_receiver {self.pid} at {self.msqid}>"


class MsgSender:
    """A task that waits for room for its message (struct msg_sender)."""

    __slots__ = ("msg", "msqid", "pid", "status", "woken")

    def __init__(self, pid: int, msqid: int, msg: MsgMsg) -> None:
        self.pid = pid
        self.msqid = msqid
        self.msg = msg
        self.status = 0  # an errno that it was told
        self.woken = False  # it is to try again

    def __repr__(self) -> str:
        return f"<msg_sender {self.pid} at {self.msqid}>"


class MsgQueue(KernIpcPerm):
    """A queue of messages (struct msg_queue)."""

    __slots__ = (
        *("q_ctime", "q_lrpid", "q_lspid", "q_messages", "q_qbytes", "q_receivers", "q_rtime"),
        *("q_senders", "q_stime"),
    )

    def __init__(self, id: int, key: int, mode: int, qbytes: int) -> None:
        super().__init__(id, key, mode)
        self.q_qbytes = qbytes  # bytes that it holds at most
        self.q_stime = 0  # when a message was sent, seconds
        self.q_rtime = 0  # received
        self.q_ctime = 0  # when it was changed by msgget or msgctl
        self.q_lspid = 0  # who sent last
        self.q_lrpid = 0  # who received last
        self.q_messages: list[MsgMsg] = []
        self.q_receivers: list[MsgReceiver] = []
        self.q_senders: list[MsgSender] = []

    def __repr__(self) -> str:
        return f"<msg_queue {self.id} of {len(self.q_messages)} messages>"

    @property
    def q_cbytes(self) -> int:
        """Return the bytes of its messages."""
        return sum(len(msg.text) for msg in self.q_messages)
