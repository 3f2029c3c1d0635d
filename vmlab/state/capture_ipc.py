"""Semaphores, messages and timers, and who waits for them, as frozen values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vmlab.model.linux.include.msg import MsgMsg, MsgQueue, MsgReceiver, MsgSender
from vmlab.model.linux.include.posix_timers import KItimer
from vmlab.model.linux.include.sem import SemArray, SemQueue
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.state.snapshot_ipc import (
    MsgReceiverState,
    MsgSenderState,
    MsgState,
    OneSemState,
    SemQueueState,
    SemState,
    TimerState,
)

# What has the same name and form in the kernel and in a snapshot.
TIMER_VALUES = (
    *("it_id", "it_clock", "it_sigev_notify", "it_pid", "si_signo", "si_value", "expires"),
    *("it_interval", "it_status", "it_overrun_last", "it_signal_seq", "it_sig_periodic"),
    "ignored",
)
PERM_VALUES = ("key", "mode", "uid", "gid")
MSG_VALUES = ("q_qbytes", "q_stime", "q_rtime", "q_ctime", "q_lspid", "q_lrpid")
RECEIVER_VALUES = ("msqid", "r_msgtype", "r_mode", "r_maxsize", "status", "woken")
SHORT = 1 << 16  # what a number without its sign is cut to


def ipc_of_system(system: System) -> dict[str, Any]:
    """Return the fields of a SystemState that tell of semaphores and messages."""
    sems, msgs = system.sem_ids, system.msg_ids
    undo_lists = {
        task.sysvsem.number: task.sysvsem
        for task in system.tasks.values()
        if task.sysvsem is not None
    }
    return {
        "sem": tuple(map(_sem, sems.ipcs.values())),
        "sem_next_idx": sems.next_idx,
        "sem_seq": sems.seq,
        "sem_undo": tuple(
            (number, tuple([(un.semid, _shorts(un.semadj)) for un in ulp.list_proc]))
            for number, ulp in sorted(undo_lists.items())
        ),
        "msg": tuple(map(_msg, msgs.ipcs.values())),
        "msg_next_idx": msgs.next_idx,
        "msg_seq": msgs.seq,
    }


def ipc_of_task(task: TaskStruct) -> dict[str, Any]:
    """Return the fields of a TaskState that tell of semaphores, messages and timers."""
    return {
        "sysvsem": task.sysvsem.number if task.sysvsem is not None else 0,
        "sem_queue": _sem_queue(task.sem_queue) if task.sem_queue is not None else None,
        "msg_receiver": _receiver(task.msg_receiver) if task.msg_receiver is not None else None,
        "msg_sender": _sender(task.msg_sender) if task.msg_sender is not None else None,
        "posix_timers": tuple(map(_timer, task.signal.posix_timers.values())),
        "next_posix_timer_id": task.signal.next_posix_timer_id,
    }


def _shorts(values: Iterable[int]) -> tuple[int, ...]:
    return tuple([value % SHORT for value in values])


def _pids(queue: Iterable[SemQueue | MsgReceiver | MsgSender]) -> tuple[int, ...]:
    return tuple([q.pid for q in queue])


def _sem(sma: SemArray) -> SemState:
    return SemState(
        semid=sma.id,
        **{name: getattr(sma, name) for name in PERM_VALUES},
        sem_ctime=sma.sem_ctime,
        sems=tuple(
            OneSemState(
                *(sem.semval, sem.sempid, sem.sem_otime),
                *(_pids(sem.pending_alter), _pids(sem.pending_const)),
            )
            for sem in sma.sems
        ),
        pending_alter=_pids(sma.pending_alter),
        pending_const=_pids(sma.pending_const),
    )


def _sem_queue(q: SemQueue) -> SemQueueState:
    sops = tuple([(num, op % SHORT, flg % SHORT) for num, op, flg in q.sops])
    return SemQueueState(q.semid, sops, q.blocking, q.status)


def _message(msg: MsgMsg) -> tuple[int, str]:
    return msg.m_type, msg.text.hex()


def _msg(msq: MsgQueue) -> MsgState:
    return MsgState(
        msqid=msq.id,
        **{name: getattr(msq, name) for name in (*PERM_VALUES, *MSG_VALUES)},
        q_messages=tuple(map(_message, msq.q_messages)),
        q_receivers=_pids(msq.q_receivers),
        q_senders=_pids(msq.q_senders),
    )


def _receiver(msr: MsgReceiver) -> MsgReceiverState:
    handed = (_message(msr.r_msg),) if msr.r_msg is not None else ()
    values: dict[str, Any] = {name: getattr(msr, name) for name in RECEIVER_VALUES}
    return MsgReceiverState(r_msg=handed, **values)


def _sender(mss: MsgSender) -> MsgSenderState:
    return MsgSenderState(mss.msqid, _message(mss.msg), mss.status, mss.woken)


def _timer(timer: KItimer) -> TimerState:
    values: dict[str, Any] = {name: getattr(timer, name) for name in TIMER_VALUES}
    return TimerState(it_overrun=timer.it_overrun + 1, **values)
