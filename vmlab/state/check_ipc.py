"""Do the semaphores, messages and timers of a snapshot make sense, and who waits for them?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from vmlab.model.abi.kinds import INT, UINT
from vmlab.model.abi.sem import SEM_UNDO
from vmlab.model.abi.signal import NSIG
from vmlab.model.abi.stat import S_IRWXUGO
from vmlab.model.abi.time import Clock
from vmlab.model.linux.include.msg import SEARCH_ANY, SEARCH_NUMBER
from vmlab.model.linux.include.posix_timers import ARMED, DISARMED, REQUEUE_PENDING
from vmlab.model.linux.ipc.msg import MSGMAX
from vmlab.model.linux.ipc.sem import SEMMSL, SEMOPM, SEMVMX
from vmlab.model.linux.ipc.util import IPCMNI_SHIFT
from vmlab.state.capture_ipc import SHORT
from vmlab.state.check_field import ENOUGH, need
from vmlab.state.snapshot import Snapshot, TaskState
from vmlab.state.snapshot_ipc import MsgState, SemState, TimerState

_LONG_MAX = (1 << 63) - 1
_TEXT = re.compile(f"(?:[0-9a-f]{{2}}){{0,{MSGMAX}}}")
_STATUS = (DISARMED, ARMED, REQUEUE_PENDING)


def check_ipc(snap: Snapshot) -> None:
    """Check the semaphores, messages and timers.

    Raises:
        StateError: names the field.
    """
    values = snap.system
    for kind, ids in (
        ("sem", [state.semid for state in values.sem]),
        ("msg", [state.msqid for state in values.msg]),
    ):
        idx, seq = getattr(values, f"{kind}_next_idx"), getattr(values, f"{kind}_seq")
        need(idx <= 1 << IPCMNI_SHIFT, f"system.{kind}_next_idx", "flags_unknown")
        need(seq <= UINT[-1] >> IPCMNI_SHIFT, f"system.{kind}_seq", "flags_unknown")
        need(len({*ids}) == len(ids), f"system.{kind}", "number_twice")
    _undo_lists(snap)
    for place, task in enumerate(snap.tasks):
        _sleeper(snap, task, f"tasks[{place}]")
        _timers(snap, task, f"tasks[{place}]")
    for place, sma in enumerate(values.sem):
        _perm(sma, sma.semid, f"system.sem[{place}]")
        _set(snap, sma, f"system.sem[{place}]")
    for place, msq in enumerate(values.msg):
        _perm(msq, msq.msqid, f"system.msg[{place}]")
        _queue(snap, msq, f"system.msg[{place}]")


def _perm(state: SemState | MsgState, number: int, field: str) -> None:
    need(number in INT, field, "flags_unknown")
    need(state.key in UINT, f"{field}.key", "flags_unknown")
    need(not state.mode & ~S_IRWXUGO, f"{field}.mode", "flags_unknown")
    for name in ("uid", "gid"):
        need(getattr(state, name) < UINT[-1], f"{field}.{name}", "flags_unknown")


def _undo_lists(snap: Snapshot) -> None:
    field = "system.sem_undo"
    sizes = {sma.semid: len(sma.sems) for sma in snap.system.sem}
    numbers = [number for number, _ in snap.system.sem_undo]
    used = {task.sysvsem for task in snap.tasks if task.sysvsem}
    need(numbers == sorted(used), field, "not_in_order")
    for _, noted in snap.system.sem_undo:
        semids = [semid for semid, _ in noted]
        need(len({*semids}) == len(semids), field, "number_twice")
        for semid, semadj in noted:
            need(len(semadj) == sizes.get(semid), field, "no_such_object", number=semid)
            need(all(each < SHORT for each in semadj), field, "not_reached")


def _sleeper(snap: Snapshot, task: TaskState, field: str) -> None:
    # A task sleeps in one call only, and not if it has ended.
    sleeps = (task.sem_queue, task.msg_receiver, task.msg_sender)
    most = int(task.state != "Z" and task.pid != 1)
    n = sum(each is not None for each in sleeps)
    need(n <= most, f"{field}.sem_queue", "more_than", most=most)
    need(most or not task.sysvsem, f"{field}.sysvsem", "has_none", state=task.state)
    q, receiver, sender = sleeps
    if q is not None:
        sizes = {sma.semid: len(sma.sems) for sma in snap.system.sem}
        noted = dict(snap.system.sem_undo).get(task.sysvsem, ())
        undone = q.semid in dict(noted) or not any(flg & SEM_UNDO for _, _, flg in q.sops)
        known = q.status is not None or (q.semid in sizes and undone)
        need(known, f"{field}.sem_queue", "no_such_object", number=q.semid)
        need(0 < len(q.sops) <= SEMOPM, f"{field}.sem_queue", "not_reached")
        need(q.blocking < len(q.sops), f"{field}.sem_queue", "not_reached")
        need((q.status or 0) in INT, f"{field}.sem_queue", "not_reached")
        end = sizes.get(q.semid, SHORT)
        need(all(num < end for num, _, _ in q.sops), f"{field}.sem_queue", "not_reached")
        need(all(max(each) < SHORT for each in q.sops), f"{field}.sem_queue", "not_reached")
    if receiver is not None:
        mode = receiver.r_mode
        need(SEARCH_ANY <= mode < SEARCH_NUMBER, f"{field}.msg_receiver", "flags_unknown")
        sizes_ok = max(receiver.r_msgtype, receiver.r_maxsize) <= _LONG_MAX
        need(sizes_ok and receiver.status in INT, f"{field}.msg_receiver", "not_reached")
        need(len(receiver.r_msg) <= 1, f"{field}.msg_receiver", "more_than", most=1)
        need(all(map(_is_message, receiver.r_msg)), f"{field}.msg_receiver", "not_hexadecimal")
    if sender is not None:
        need(sender.status in INT, f"{field}.msg_sender", "not_reached")
        need(_is_message(sender.msg), f"{field}.msg_sender", "not_hexadecimal")


def _is_message(msg: tuple[int, str]) -> bool:
    return 0 < msg[0] <= _LONG_MAX and _TEXT.fullmatch(msg[1]) is not None


def _set(snap: Snapshot, sma: SemState, field: str) -> None:
    need(0 < len(sma.sems) <= SEMMSL, f"{field}.sems", "not_reached")
    need(sma.sem_ctime < ENOUGH, f"{field}.sem_ctime", "not_reached")
    for sem in sma.sems:
        need(sem.semval <= SEMVMX, f"{field}.sems", "not_reached")
        need(sem.sempid < snap.system.next_pid, f"{field}.sems", "not_reached")
        need(sem.sem_otime < ENOUGH, f"{field}.sems", "not_reached")
    of_task = {task.pid: task.sem_queue for task in snap.tasks if task.sem_queue is not None}
    asleep = {pid for pid, q in of_task.items() if q.semid == sma.semid and q.status is None}
    alone = [pid for sem in sma.sems for pid in (*sem.pending_alter, *sem.pending_const)]
    _need_sleepers([*sma.pending_alter, *sma.pending_const, *alone], asleep, field)
    several = {pid for pid in asleep if len(of_task[pid].sops) > 1}
    alter = {pid for pid in asleep if any(op for _, op, _ in of_task[pid].sops)}
    first = {pid: of_task[pid].sops[0][0] for pid in asleep}
    zeros = {*sma.pending_const} <= several - alter
    right = zeros and {*sma.pending_alter} <= (alter if several else set())
    for num, sem in enumerate(sma.sems):
        own = {pid for pid in asleep - several if first[pid] == num}
        right &= {*sem.pending_alter} <= (own & alter if not several else set())
        right &= {*sem.pending_const} <= own - alter
    need(right, field, "not_who_sleeps")


def _need_sleepers(queue: Sequence[int], asleep: set[int], field: str) -> None:
    need(len({*queue}) == len(queue), field, "number_twice")
    need({*queue} == asleep, field, "not_who_sleeps")


def _queue(snap: Snapshot, msq: MsgState, field: str) -> None:
    need(all(map(_is_message, msq.q_messages)), f"{field}.q_messages", "not_hexadecimal")
    for name in ("q_qbytes", "q_stime", "q_rtime", "q_ctime"):
        need(getattr(msq, name) < ENOUGH, f"{field}.{name}", "not_reached")
    for name in ("q_lspid", "q_lrpid"):
        need(getattr(msq, name) < snap.system.next_pid, f"{field}.{name}", "not_reached")
    receivers = {
        task.pid
        for task in snap.tasks
        if (each := task.msg_receiver) is not None
        and each.msqid == msq.msqid
        and not each.r_msg
        and not each.status
    }
    senders = {
        task.pid
        for task in snap.tasks
        if (other := task.msg_sender) is not None and other.msqid == msq.msqid and not other.status
    }
    _need_sleepers(msq.q_receivers, receivers, f"{field}.q_receivers")
    _need_sleepers(msq.q_senders, senders, f"{field}.q_senders")


def _timers(snap: Snapshot, task: TaskState, field: str) -> None:
    ids = [timer.it_id for timer in task.posix_timers]
    need(not [each for each, n in Counter(ids).items() if n > 1], field, "number_twice")
    need(task.next_posix_timer_id in INT, f"{field}.next_posix_timer_id", "not_reached")
    for timer in task.posix_timers:
        _timer(snap, timer, f"{field}.posix_timers")
    for name in ("pending", "shared_pending"):
        for _, code, addr, pid, uid, status, error, *rest in getattr(task, name):
            words = (code, pid, uid, status, error)
            need(all(each in UINT for each in words), f"{field}.{name}", "not_reached")
            need(addr < 1 << 64 and rest[-1] < ENOUGH, f"{field}.{name}", "not_reached")


def _timer(snap: Snapshot, timer: TimerState, field: str) -> None:
    need(timer.it_id in INT, field, "not_reached")
    need(timer.it_clock in tuple(Clock), field, "flags_unknown")
    need(timer.it_sigev_notify in (0, 1, 2, 4), field, "flags_unknown")
    need(timer.it_pid < snap.system.next_pid, field, "not_reached")
    need(timer.si_signo <= NSIG, field, "no_such_signal")
    need(timer.it_status in _STATUS, field, "flags_unknown")
    need(max(timer.expires, timer.it_interval) <= _LONG_MAX, field, "not_reached")
    for name in ("it_overrun", "it_overrun_last", "it_signal_seq"):
        need(getattr(timer, name) < ENOUGH, field, "not_reached")
    need(timer.it_interval or timer.it_status != REQUEUE_PENDING, field, "field_impossible")
