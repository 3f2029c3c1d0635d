"""msgget, msgsnd and msgrcv: queues of messages, each with a type.

A message goes to who waits for one like it, or else into the queue; a sender whose message does not
fit waits until it may. What msgctl does is in `ipc/msgctl.py`.
"""

from __future__ import annotations

from vmlab.errors import Interrupted, LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.kinds import INT, LONG
from vmlab.model.abi.msg import IPC_NOWAIT, MSG_COPY, MSG_EXCEPT, MSG_NOERROR
from vmlab.model.abi.stat import S_IRWXUGO
from vmlab.model.linux.include.msg import (
    SEARCH_ANY,
    SEARCH_EQUAL,
    SEARCH_LESSEQUAL,
    SEARCH_NOTEQUAL,
    SEARCH_NUMBER,
    MsgMsg,
    MsgQueue,
    MsgReceiver,
    MsgSender,
)
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.linux.ipc.util import ipc_idr_alloc, ipcget, ktime_get_real_seconds
from vmlab.model.linux.kernel.signal import ERESTARTNOHAND, signal_pending
from vmlab.model.linux.lib.usercopy import load_from_user, store_number, store_to_user
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import msg as msg_events
from vmlab.model.trace.hook import emit

MSGMNI = 32000  # queues
MSGMAX = 8192  # bytes of a message
MSGMNB = 16384  # bytes of a queue, unless msgctl sets it
_LONG = 8  # bytes


@traced
def ksys_msgget(task: TaskStruct, key: int, msgflg: int) -> int:
    """Return the number of the queue of a key, which may be made.

    Args:
        task: the caller.
        key: IPC_PRIVATE = a new one that no key finds.
        msgflg: IPC_CREAT, IPC_EXCL, and who may do what.

    Raises:
        LinuxError: ENOENT; EEXIST; ENOSPC for too many queues.

    Emits: msg_create.
    Source: ipc/msg.c: ksys_msgget(), newque() [v6.18].
    """
    ids = task.system.msg_ids
    msq = ipcget(ids, key, msgflg, "no_queue_of_key", "queue_exists")
    if msq is not None:
        return msq.id
    if len(ids.ipcs) >= MSGMNI:
        raise LinuxError(errno.ENOSPC, "queues_too_many", most=MSGMNI)
    msq = MsgQueue(ipc_idr_alloc(ids), key, msgflg & S_IRWXUGO, MSGMNB)
    msq.q_ctime = ktime_get_real_seconds(task.system)
    ids.ipcs[msq.id] = msq
    emit(task, msg_events.MsgCreate, msq.id, key)
    return msq.id


def msq_obtain_object_check(system: System, msqid: int) -> MsgQueue:
    """Return the queue of a number.

    Raises:
        LinuxError: EINVAL if there is none.

    Source: ipc/msg.c: msq_obtain_object_check() [v6.18].
    """
    msq = system.msg_ids.ipcs.get(msqid)
    if msq is None:
        raise LinuxError(errno.EINVAL, "no_queue", msqid=msqid)
    return msq


# Sending


@traced
def ksys_msgsnd(task: TaskStruct, msqid: int, msgp: int, msgsz: int, msgflg: int) -> None:
    """Send a message, when there is room for it.

    A task that slept comes here again when it is to try again.

    Args:
        task: the caller.
        msqid: number of the queue.
        msgp: bytes: where its type stands, a long, and behind it the text.
        msgsz: bytes of the text.
        msgflg: IPC_NOWAIT.

    Raises:
        LinuxError: EINVAL for no such queue, a type that is not above 0, or more than 8192 bytes;
            EAGAIN if there is no room, with IPC_NOWAIT; EIDRM if the queue is removed meanwhile;
            EFAULT.
        Sleeps: there is no room, without.

    Emits: msg_enqueue, msg_hand, msg_wait, copy_from_user.
    Source: ipc/msg.c: ksys_msgsnd(), do_msgsnd() [v6.18].
    Left out: that others than root may lack the right.
    """
    sender = task.msg_sender
    if sender is not None:
        if not _may_go_on(sender):
            raise Sleeps(
                lambda: _may_go_on(sender),
                "queue_full",
                ERESTARTNOHAND,
                cut=lambda: msg_unqueue(task),
            )
        msg_unqueue(task)
        if sender.status:
            raise LinuxError(sender.status, "ipc_removed")
        _check_signals(task)
        _send(task, msqid, sender.msg, msgflg)
        return
    mtype = int.from_bytes(load_from_user(task, msgp, _LONG), "little", signed=True)
    if msgsz > MSGMAX or msqid < 0:
        raise LinuxError(errno.EINVAL, "message_over_most", most=MSGMAX)
    if mtype < 1:
        raise LinuxError(errno.EINVAL, "message_without_type", mtype=mtype)
    text = load_from_user(task, msgp + _LONG, msgsz) if msgsz else b""
    _send(task, msqid, MsgMsg(mtype, text), msgflg)


def _may_go_on(waiter: MsgSender | MsgReceiver | None) -> bool:
    return waiter is None or waiter.woken


def _send(task: TaskStruct, msqid: int, msg: MsgMsg, msgflg: int) -> None:
    msq = msq_obtain_object_check(task.system, msqid)
    if not msg_fits_inqueue(msq, msg):
        if msgflg & IPC_NOWAIT:
            raise LinuxError(errno.EAGAIN, "queue_full_now")

        def begin() -> None:
            task.msg_sender = MsgSender(task.pid, msqid, msg)
            msq.q_senders.append(task.msg_sender)
            emit(task, msg_events.MsgWait, task.pid, msqid, "to_send")

        raise Sleeps(lambda: _may_go_on(task.msg_sender), "queue_full", ERESTARTNOHAND, begin)
    msq.q_lspid, msq.q_stime = task.tgid, ktime_get_real_seconds(task.system)
    if not _pipelined_send(task, msq, msg):
        msq.q_messages.append(msg)
        emit(task, msg_events.MsgEnqueue, msqid, msg.m_type, len(msg.text), len(msq.q_messages))


def msg_fits_inqueue(msq: MsgQueue, msg: MsgMsg) -> bool:
    """Say whether there is room for a message.

    Source: ipc/msg.c: msg_fits_inqueue() [v6.18].
    """
    fits = len(msg.text) + msq.q_cbytes <= msq.q_qbytes
    return fits and 1 + len(msq.q_messages) <= msq.q_qbytes


def _pipelined_send(task: TaskStruct, msq: MsgQueue, msg: MsgMsg) -> bool:
    # To the first one that waits for such a message; those for whom it is too long are told.
    # Source: ipc/msg.c: pipelined_send() [v6.18].
    for msr in list(msq.q_receivers):
        if not _testmsg(msg, msr.r_msgtype, msr.r_mode):
            continue
        msq.q_receivers.remove(msr)
        msr.woken = True
        if msr.r_maxsize < len(msg.text):
            msr.status = errno.E2BIG
            emit(task, msg_events.MsgWake, task.pid, msr.pid)
            continue
        msr.r_msg = msg
        msq.q_lrpid, msq.q_rtime = msr.pid, ktime_get_real_seconds(task.system)
        emit(task, msg_events.MsgHand, msq.id, msg.m_type, len(msg.text), msr.pid)
        return True
    return False


# Receiving


@traced
def do_msgrcv(task: TaskStruct, msqid: int, buf: int, bufsz: int, msgtyp: int, msgflg: int) -> int:
    """Receive a message, when there is one that is wanted; return the bytes of its text.

    A task that slept comes here again when it was handed one, or is to look again.

    Args:
        task: the caller.
        msqid: number of the queue.
        buf: bytes: where its type is stored, and behind it the text.
        bufsz: bytes that there is room for.
        msgtyp: 0 = the first one, above = the first one of this type, below = the one of the
            lowest type up to this; with MSG_COPY its place in the queue.
        msgflg: IPC_NOWAIT, MSG_NOERROR to cut the text, MSG_EXCEPT for the first one of another
            type, MSG_COPY to leave it there.

    Raises:
        LinuxError: EINVAL for no such queue, or MSG_COPY without IPC_NOWAIT or with too little
            room; E2BIG for too little room; ENOMSG if there is none, with IPC_NOWAIT; EIDRM if
            the queue is removed meanwhile; EFAULT, when the message is gone.
        Sleeps: there is none, without.

    Emits: msg_take, msg_wake, msg_wait, copy_to_user, copy_from_user.
    Source: ipc/msg.c: do_msgrcv() [v6.18].
    Left out: that others than root may lack the right.
    """
    receiver = task.msg_receiver
    if receiver is not None:
        msg = _received(task, receiver)
        if msg is not None:
            return _do_msg_fill(task, buf, msg, bufsz)
    elif msqid < 0 or bufsz not in LONG:
        raise LinuxError(errno.EINVAL, "no_queue", msqid=msqid)
    if msgflg & MSG_COPY:
        return _copy(task, msqid, buf, bufsz, msgtyp, msgflg)
    mode, msgtyp = _convert_mode(msgtyp, msgflg)
    msq = msq_obtain_object_check(task.system, msqid)
    msg = find_msg(msq, msgtyp, mode)
    if msg is None:
        maxsize = INT[-1] if msgflg & MSG_NOERROR else bufsz
        _wait(task, msq, MsgReceiver(task.pid, msqid, msgtyp, mode, maxsize), msgflg)
    assert msg is not None
    if bufsz < len(msg.text) and not msgflg & MSG_NOERROR:
        raise LinuxError(errno.E2BIG, "message_longer", nr_bytes=len(msg.text))
    # By place, for equal messages are different ones.
    place = next(place for place, each in enumerate(msq.q_messages) if each is msg)
    del msq.q_messages[place]
    msq.q_lrpid, msq.q_rtime = task.tgid, ktime_get_real_seconds(task.system)
    emit(task, msg_events.MsgTake, msqid, msg.m_type, len(msg.text), len(msq.q_messages))
    ss_wakeup(task, msq)
    return _do_msg_fill(task, buf, msg, bufsz)


def _wait(task: TaskStruct, msq: MsgQueue, receiver: MsgReceiver, msgflg: int) -> None:
    if msgflg & IPC_NOWAIT:
        raise LinuxError(errno.ENOMSG, "no_message_now")

    def begin() -> None:
        task.msg_receiver = receiver
        msq.q_receivers.append(receiver)
        emit(task, msg_events.MsgWait, task.pid, msq.id, "to_receive")

    raise Sleeps(lambda: _may_go_on(task.msg_receiver), "no_message", ERESTARTNOHAND, begin)


def _received(task: TaskStruct, receiver: MsgReceiver) -> MsgMsg | None:
    # What a receiver that slept was handed; None if it is to look again.
    if not receiver.woken:
        raise Sleeps(
            lambda: _may_go_on(receiver),
            "no_message",
            ERESTARTNOHAND,
            cut=lambda: msg_unqueue(task),
        )
    msg_unqueue(task)
    if receiver.status == errno.E2BIG:
        raise LinuxError(errno.E2BIG, "message_too_long_for_it")
    if receiver.status:
        raise LinuxError(receiver.status, "ipc_removed")
    if receiver.r_msg is None:
        _check_signals(task)
    return receiver.r_msg


def _convert_mode(msgtyp: int, msgflg: int) -> tuple[int, int]:
    # How to look, and for what. Source: ipc/msg.c: convert_mode() [v6.18].
    if not msgtyp:
        return SEARCH_ANY, 0
    if msgtyp < 0:
        return SEARCH_LESSEQUAL, min(-msgtyp, LONG[-1])
    return SEARCH_NOTEQUAL if msgflg & MSG_EXCEPT else SEARCH_EQUAL, msgtyp


def _testmsg(msg: MsgMsg, msgtyp: int, mode: int) -> bool:
    # Is it such a message? Source: ipc/msg.c: testmsg() [v6.18].
    if mode in (SEARCH_ANY, SEARCH_NUMBER):
        return True
    if mode == SEARCH_LESSEQUAL:
        return msg.m_type <= msgtyp
    return (msg.m_type == msgtyp) == (mode == SEARCH_EQUAL)


def find_msg(msq: MsgQueue, msgtyp: int, mode: int) -> MsgMsg | None:
    """Return the message of a queue that is wanted; None if there is none.

    Args:
        msq: the queue.
        msgtyp: its type; its place if the mode is SEARCH_NUMBER.
        mode: SEARCH_*.

    Source: ipc/msg.c: find_msg() [v6.18].
    """
    found = [msg for msg in msq.q_messages if _testmsg(msg, msgtyp, mode)]
    if mode == SEARCH_NUMBER:
        return found[msgtyp] if 0 <= msgtyp < len(found) else None
    if mode == SEARCH_LESSEQUAL:
        return min(found, key=lambda msg: msg.m_type, default=None)
    return found[0] if found else None


def _copy(task: TaskStruct, msqid: int, buf: int, bufsz: int, msgtyp: int, msgflg: int) -> int:
    # A message that stays where it is. Its room is read first. Source: ipc/msg.c: prepare_copy(),
    # ipc/msgutil.c: copy_msg() [v6.18].
    if msgflg & MSG_EXCEPT or not msgflg & IPC_NOWAIT:
        raise LinuxError(errno.EINVAL, "copy_needs_nowait")
    room = min(bufsz, MSGMAX)
    if room:
        load_from_user(task, buf, room)
    msg = find_msg(msq_obtain_object_check(task.system, msqid), msgtyp, SEARCH_NUMBER)
    if msg is None:
        raise LinuxError(errno.ENOMSG, "no_message_now")
    if bufsz < len(msg.text):
        error = errno.EINVAL if msgflg & MSG_NOERROR else errno.E2BIG
        raise LinuxError(error, "message_longer", nr_bytes=len(msg.text))
    return _do_msg_fill(task, buf, msg, bufsz)


def _do_msg_fill(task: TaskStruct, buf: int, msg: MsgMsg, bufsz: int) -> int:
    # Source: ipc/msg.c: do_msg_fill() [v6.18].
    store_number(task, buf, msg.m_type, _LONG)
    text = msg.text[:bufsz]
    if text:
        store_to_user(task, buf + _LONG, text)
    return len(text)


# Who waits


def ss_wakeup(task: TaskStruct, msq: MsgQueue) -> None:
    """Let those try again to send whose messages fit; the others stand behind them.

    Emits: msg_wake.
    Source: ipc/msg.c: ss_wakeup() [v6.18].
    """
    for mss in list(msq.q_senders):
        if not msg_fits_inqueue(msq, mss.msg):
            msq.q_senders.remove(mss)
            msq.q_senders.append(mss)
            continue
        if not mss.woken:
            mss.woken = True
            emit(task, msg_events.MsgWake, task.pid, mss.pid)


def expunge_all(task: TaskStruct, msq: MsgQueue, error: int) -> None:
    """Let all that wait for a message look again, or fail.

    Args:
        task: who wakes them.
        msq: the queue.
        error: the errno that their calls answer; 0 = they look again.

    Emits: msg_wake.
    Source: ipc/msg.c: expunge_all() [v6.18].
    """
    for msr in msq.q_receivers:
        msr.woken, msr.status = True, error
        emit(task, msg_events.MsgWake, task.pid, msr.pid)


def _check_signals(task: TaskStruct) -> None:
    # Who was woken to look again goes on only if no signal came as well.
    if signal_pending(task):
        raise Interrupted("signal_came", ERESTARTNOHAND)


def msg_unqueue(task: TaskStruct) -> None:
    """Let a task wait no more for a message, or for room. The name is vmlab's.

    Source: ipc/msg.c: ss_del() [v6.18].
    """
    ids = task.system.msg_ids.ipcs
    receiver, task.msg_receiver = task.msg_receiver, None
    sender, task.msg_sender = task.msg_sender, None
    if receiver is not None and receiver.msqid in ids:
        receivers = ids[receiver.msqid].q_receivers
        receivers[:] = [each for each in receivers if each is not receiver]
    if sender is not None and sender.msqid in ids:
        senders = ids[sender.msqid].q_senders
        senders[:] = [each for each in senders if each is not sender]
