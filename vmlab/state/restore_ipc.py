"""Waking what a snapshot tells of semaphores, messages and timers, and who waits for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from vmlab.model.linux.include.msg import MsgMsg, MsgQueue, MsgReceiver, MsgSender
from vmlab.model.linux.include.posix_timers import KItimer
from vmlab.model.linux.include.sem import (
    SemArray,
    Sembuf,
    SemQueue,
    SemUndo,
    SemUndoList,
)
from vmlab.model.linux.include.signal import SignalStruct
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.state.capture_ipc import MSG_VALUES, PERM_VALUES, RECEIVER_VALUES, SHORT, TIMER_VALUES
from vmlab.state.snapshot import Snapshot, TaskState
from vmlab.state.snapshot_ipc import MsgState, SemQueueState, SemState, TimerState

_SIGN = SHORT // 2


def restore_ipc(snap: Snapshot, system: System, tasks: Mapping[int, TaskStruct]) -> None:
    """Give a kernel and its tasks the semaphores and messages of a snapshot.

    Args:
        snap: the snapshot.
        system: the kernel.
        tasks: its tasks, by pid.
    """
    values = snap.system
    sems, msgs = system.sem_ids, system.msg_ids
    sems.next_idx, sems.seq = values.sem_next_idx, values.sem_seq
    msgs.next_idx, msgs.seq = values.msg_next_idx, values.msg_seq
    sems.ipcs = {state.semid: _sem(state) for state in values.sem}
    msgs.ipcs = {state.msqid: _msg(state) for state in values.msg}
    undo_lists = {number: _undo_list(system, number, noted) for number, noted in values.sem_undo}
    for number, users in Counter(state.sysvsem for state in snap.tasks if state.sysvsem).items():
        undo_lists[number].refcnt = users
    for state in snap.tasks:
        _task(tasks[state.pid], state, undo_lists)
    for sem_state in values.sem:
        _queue_sems(sems.ipcs[sem_state.semid], sem_state, tasks)
    for msg_state in values.msg:
        _queue_msgs(msgs.ipcs[msg_state.msqid], msg_state, tasks)


def restore_timers(signal: SignalStruct, state: TaskState) -> None:
    """Give a process the timers of a snapshot."""
    signal.posix_timers = {each.it_id: _timer(each) for each in state.posix_timers}
    signal.next_posix_timer_id = state.next_posix_timer_id


def _signed(value: int) -> int:
    return value - SHORT if value >= _SIGN else value


def _undo_list(
    system: System, number: int, noted: tuple[tuple[int, tuple[int, ...]], ...]
) -> SemUndoList:
    ulp = SemUndoList(number)
    for semid, semadj in noted:
        un = SemUndo(semid, list(map(_signed, semadj)))
        ulp.list_proc.append(un)
        system.sem_ids.ipcs[semid].list_id.append(un)
    return ulp


def _task(task: TaskStruct, state: TaskState, undo_lists: Mapping[int, SemUndoList]) -> None:
    task.sysvsem = undo_lists[state.sysvsem] if state.sysvsem else None
    if state.sem_queue is not None:
        task.sem_queue = _sem_queue(task, state.sem_queue)
    if state.msg_receiver is not None:
        task.msg_receiver = receiver = MsgReceiver(task.pid, 0, 0, 0, 0)
        for name in RECEIVER_VALUES:
            setattr(receiver, name, getattr(state.msg_receiver, name))
        for handed in state.msg_receiver.r_msg:
            receiver.r_msg = _message(handed)
    sender = state.msg_sender
    if sender is not None:
        task.msg_sender = MsgSender(task.pid, sender.msqid, _message(sender.msg))
        task.msg_sender.status, task.msg_sender.woken = sender.status, sender.woken


def _sem_queue(task: TaskStruct, state: SemQueueState) -> SemQueue:
    noted = task.sysvsem.list_proc if task.sysvsem is not None else []
    undo = next((un for un in noted if un.semid == state.semid), None)
    sops = tuple([Sembuf(num, _signed(op), _signed(flg)) for num, op, flg in state.sops])
    q = SemQueue(task.pid, state.semid, sops, undo)
    q.blocking, q.status = state.blocking, state.status
    return q


def _message(told: tuple[int, str]) -> MsgMsg:
    return MsgMsg(told[0], bytes.fromhex(told[1]))


def _sem(state: SemState) -> SemArray:
    sma = SemArray(state.semid, state.key, state.mode, len(state.sems))
    sma.uid, sma.gid, sma.sem_ctime = state.uid, state.gid, state.sem_ctime
    for sem, one in zip(sma.sems, state.sems, strict=True):
        sem.semval, sem.sempid, sem.sem_otime = one.semval, one.sempid, one.sem_otime
    return sma


def _queue_sems(sma: SemArray, state: SemState, tasks: Mapping[int, TaskStruct]) -> None:
    def queue(pids: tuple[int, ...]) -> list[SemQueue]:
        found = (tasks[pid].sem_queue for pid in pids)
        return [q for q in found if q is not None]

    sma.pending_alter, sma.pending_const = map(queue, (state.pending_alter, state.pending_const))
    for sem, one in zip(sma.sems, state.sems, strict=True):
        sem.pending_alter, sem.pending_const = map(queue, (one.pending_alter, one.pending_const))


def _msg(state: MsgState) -> MsgQueue:
    msq = MsgQueue(state.msqid, state.key, state.mode, state.q_qbytes)
    for name in (*PERM_VALUES, *MSG_VALUES):
        setattr(msq, name, getattr(state, name))
    msq.q_messages = list(map(_message, state.q_messages))
    return msq


def _queue_msgs(msq: MsgQueue, state: MsgState, tasks: Mapping[int, TaskStruct]) -> None:
    receivers = (tasks[pid].msg_receiver for pid in state.q_receivers)
    senders = (tasks[pid].msg_sender for pid in state.q_senders)
    msq.q_receivers = [each for each in receivers if each is not None]
    msq.q_senders = [each for each in senders if each is not None]


def _timer(state: TimerState) -> KItimer:
    timer = KItimer(state.it_id, state.it_clock, state.it_sigev_notify, state.it_pid)
    for name in TIMER_VALUES:
        setattr(timer, name, getattr(state, name))
    timer.it_overrun = state.it_overrun - 1
    return timer
