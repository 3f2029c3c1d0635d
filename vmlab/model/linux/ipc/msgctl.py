"""msgctl: what is told of a queue of messages, its limit, and its end. In Linux's ipc/msg.c."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.msg import Msgctl
from vmlab.model.linux.include.msg import MsgQueue
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.ipc.msg import (
    MSGMAX,
    MSGMNB,
    MSGMNI,
    expunge_all,
    msq_obtain_object_check,
    ss_wakeup,
)
from vmlab.model.linux.ipc.util import (
    IPC64_PERM,
    ipc64_perm,
    ipc_get_maxidx,
    ipc_obtain_object_stat,
    ipc_update_perm,
    kernel_to_ipc64_perm,
    ktime_get_real_seconds,
)
from vmlab.model.linux.lib.usercopy import load_from_user, store_to_user
from vmlab.model.mmu.page import KiB
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import msg as msg_events
from vmlab.model.trace.hook import emit

# struct msqid64_ds behind its ipc64_perm: three times, bytes, messages, the limit, two pids.
_MSQID_DS = struct.Struct("<3q3Q2I16x")
_QBYTES = IPC64_PERM.size + 40  # where in it the limit is
_MSGINFO = struct.Struct("<7iH2x")
_MSGSSZ, _MSGSEG = 16, 0xFFFF  # only told
_STATS = (Msgctl.IPC_STAT, Msgctl.MSG_STAT, Msgctl.MSG_STAT_ANY)


@traced
def ksys_msgctl(task: TaskStruct, msqid: int, cmd: int, buf: int) -> int:
    """Carry a command about a queue out; return what it asks for, or 0.

    Args:
        task: the caller.
        msqid: its number; the place of one for MSG_STAT, any for IPC_INFO and MSG_INFO.
        cmd: IPC_*, MSG_*.
        buf: bytes: where something is read or stored.

    Raises:
        LinuxError: EINVAL if there is no such queue or command; EPERM; EFAULT.

    Emits: what msgctl_down emits, copy_to_user.
    Source: ipc/msg.c: ksys_msgctl() [v6.18].
    Left out: that others than root may lack the right.
    """
    if msqid < 0:
        raise LinuxError(errno.EINVAL, "no_queue", msqid=msqid)
    match cmd:
        case Msgctl.IPC_INFO | Msgctl.MSG_INFO:
            return _msgctl_info(task, cmd, buf)
        case _ if cmd in _STATS:
            return _msgctl_stat(task, msqid, cmd, buf)
        case Msgctl.IPC_SET | Msgctl.IPC_RMID:
            return msgctl_down(task, msqid, cmd, buf)
    raise LinuxError(errno.EINVAL, "unknown_command", cmd=cmd)


def _msgctl_info(task: TaskStruct, cmd: int, buf: int) -> int:
    ids = task.system.msg_ids
    pool, msgmap, tql = MSGMNI * MSGMNB // KiB, MSGMNB, MSGMNB
    if cmd == Msgctl.MSG_INFO:
        queues = ids.ipcs.values()
        pool, msgmap = len(queues), sum(len(msq.q_messages) for msq in queues)
        tql = sum(msq.q_cbytes for msq in queues)
    told = (pool, msgmap, MSGMAX, MSGMNB, MSGMNI, _MSGSSZ, tql, _MSGSEG)
    store_to_user(task, buf, _MSGINFO.pack(*told))
    return ipc_get_maxidx(ids)


def _msgctl_stat(task: TaskStruct, msqid: int, cmd: int, buf: int) -> int:
    found = ipc_obtain_object_stat(task.system.msg_ids, msqid, cmd)
    if found is None:
        raise LinuxError(errno.EINVAL, "no_queue", msqid=msqid)
    told = _MSQID_DS.pack(
        *(found.q_stime, found.q_rtime, found.q_ctime),
        *(found.q_cbytes, len(found.q_messages), found.q_qbytes, found.q_lspid, found.q_lrpid),
    )
    store_to_user(task, buf, kernel_to_ipc64_perm(found) + told)
    return 0 if cmd == Msgctl.IPC_STAT else found.id


def msgctl_down(task: TaskStruct, msqid: int, cmd: int, buf: int) -> int:
    """Remove a queue, or give it another owner, other rights and another limit.

    Raises:
        LinuxError: EFAULT, EINVAL; EPERM for a larger limit than MSGMNB.

    Emits: msg_perm_set, msg_wake, copy_from_user, and what freeque emits.
    Source: ipc/msg.c: msgctl_down() [v6.18].
    """
    given = b""
    if cmd == Msgctl.IPC_SET:
        given = load_from_user(task, buf, IPC64_PERM.size + _MSQID_DS.size)
    msq = msq_obtain_object_check(task.system, msqid)
    if cmd == Msgctl.IPC_RMID:
        freeque(task, msq)
        return 0
    (qbytes,) = struct.unpack_from("<Q", given, _QBYTES)
    if qbytes > MSGMNB:
        raise LinuxError(errno.EPERM, "needs_right")
    ipc_update_perm(ipc64_perm(given), msq)
    msq.q_qbytes = qbytes
    msq.q_ctime = ktime_get_real_seconds(task.system)
    emit(task, msg_events.MsgPermSet, msqid, msq.uid, msq.gid, msq.mode, msq.q_qbytes)
    expunge_all(task, msq, 0)
    ss_wakeup(task, msq)
    return 0


def freeque(task: TaskStruct, msq: MsgQueue) -> None:
    """Remove a queue and its messages; who waits there is told.

    Emits: msg_destroy, msg_wake.
    Source: ipc/msg.c: freeque() [v6.18].
    """
    del task.system.msg_ids.ipcs[msq.id]
    emit(task, msg_events.MsgDestroy, msq.id)
    expunge_all(task, msq, errno.EIDRM)
    for mss in msq.q_senders:
        mss.woken, mss.status = True, errno.EIDRM
        emit(task, msg_events.MsgWake, task.pid, mss.pid)
