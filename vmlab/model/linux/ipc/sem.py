"""semget, semop and the end of who did it: sets of numbers that processes wait for.

What cannot be done yet waits in a queue, and who makes it possible does it for the one that waits.
An operation on one semaphore waits at that one; once several wait together, all that change
something stand in one queue. What semctl does is in `ipc/semctl.py`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.sem import IPC_NOWAIT, SEM_UNDO
from vmlab.model.abi.stat import S_IRWXUGO
from vmlab.model.abi.time import TIMESPEC_SIZE
from vmlab.model.linux.include.sem import SemArray, Sembuf, SemQueue, SemUndo, SemUndoList
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.linux.ipc.util import ipc_idr_alloc, ipcget, ktime_get_real_seconds
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_cancel, hrtimer_expired, hrtimer_start
from vmlab.model.linux.kernel.time.time import KTIME_MAX, timespec64_to_ns
from vmlab.model.linux.lib.usercopy import load_from_user
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import sem as sem_events
from vmlab.model.trace.hook import emit

SEMMNI = 32000  # sets
SEMMSL = 32000  # semaphores of a set
SEMOPM = 500  # operations of a call
SEMVMX = 32767  # the largest value
_SEMAEM = SEMVMX  # the most that the end of a process adds
_BLOCKS = 1  # what is told of operations that have to wait
_SEMBUF = struct.Struct("<Hhh")


# Sets


@traced
def ksys_semget(task: TaskStruct, key: int, nsems: int, semflg: int) -> int:
    """Return the number of the set of a key, which may be made.

    Args:
        task: the caller.
        key: IPC_PRIVATE = a new one that no key finds.
        nsems: semaphores, at least; 0 = whatever it has.
        semflg: IPC_CREAT, IPC_EXCL, and who may do what.

    Raises:
        LinuxError: EINVAL for a number that cannot be, or more than the set has; ENOENT; EEXIST;
            ENOSPC for too many sets.

    Source: ipc/sem.c: ksys_semget() [v6.18].
    """
    if not 0 <= nsems <= SEMMSL:
        raise LinuxError(errno.EINVAL, "semaphores_too_many", most=SEMMSL)
    sma = ipcget(task.system.sem_ids, key, semflg, "no_semaphores_of_key", "semaphores_exist")
    if sma is None:
        return newary(task, key, nsems, semflg)
    if nsems > len(sma.sems):
        raise LinuxError(errno.EINVAL, "semaphores_fewer", nr=len(sma.sems))
    return sma.id


def newary(task: TaskStruct, key: int, nsems: int, semflg: int) -> int:
    """Make a set whose semaphores are 0; return its number.

    Raises:
        LinuxError: EINVAL for none; ENOSPC.

    Emits: sem_create.
    Source: ipc/sem.c: newary() [v6.18].
    """
    ids = task.system.sem_ids
    if not nsems:
        raise LinuxError(errno.EINVAL, "semaphores_none")
    if len(ids.ipcs) >= SEMMNI:
        raise LinuxError(errno.ENOSPC, "semaphore_sets_too_many", most=SEMMNI)
    sma = SemArray(ipc_idr_alloc(ids), key, semflg & S_IRWXUGO, nsems)
    sma.sem_ctime = ktime_get_real_seconds(task.system)
    ids.ipcs[sma.id] = sma
    emit(task, sem_events.SemCreate, sma.id, key, nsems)
    return sma.id


def sem_obtain_object_check(system: System, semid: int) -> SemArray:
    """Return the set of a number.

    Raises:
        LinuxError: EINVAL if there is none.

    Source: ipc/sem.c: sem_obtain_object_check() [v6.18].
    """
    sma = system.sem_ids.ipcs.get(semid)
    if sma is None:
        raise LinuxError(errno.EINVAL, "no_semaphores", semid=semid)
    return sma


# Operations


@traced
def ksys_semtimedop(task: TaskStruct, semid: int, tsops: int, nsops: int, timeout: int) -> None:
    """Do operations on a set, all of them or none.

    A task that slept comes here again when they were done for it, or cannot be any more.

    Args:
        task: the caller.
        semid: number of the set.
        tsops: bytes: where the struct sembuf are.
        nsops: how many.
        timeout: bytes: where the time is that it waits at most, a struct timespec; 0 = without end.

    Raises:
        LinuxError: E2BIG for more than 500; EINVAL for none, no such set, or a time that there is
            not; EFBIG for no such semaphore; EAGAIN with IPC_NOWAIT, and when the time is over;
            ERANGE; EIDRM if the set is removed meanwhile; EINTR; EFAULT.
        Sleeps: it has to sleep.

    Emits: semval_set, sem_wait, sem_wake, hrtimer_start, copy_from_user.
    Source: ipc/sem.c: ksys_semtimedop(), __do_semtimedop() [v6.18].
    Left out: that others than root may lack the right.
    """
    if task.sem_queue is not None:
        _slept(task, task.sem_queue)
        return
    time = load_from_user(task, timeout, TIMESPEC_SIZE) if timeout else b""
    sops = _operations(task, tsops, nsops)
    if semid < 0:
        raise LinuxError(errno.EINVAL, "no_semaphores", semid=semid)
    left = timespec64_to_ns(time) if timeout else None
    undo = None
    if any(sop.sem_flg & SEM_UNDO for sop in sops):
        undo = find_alloc_undo(task, semid)
    sma = sem_obtain_object_check(task.system, semid)
    most = max(sop.sem_num for sop in sops)
    if most >= len(sma.sems):
        raise LinuxError(errno.EFBIG, "no_semaphore", semid=semid, semnum=most)
    q = SemQueue(task.pid, semid, sops, undo)
    error = perform_atomic_semop(task, sma, q)
    if not error:
        if q.alter:
            do_smart_update(task, sma, sops, otime=True)
        else:
            _set_semotime(task.system, sma, sops)
    elif error != _BLOCKS:
        _refuse(error)
    else:
        _wait(task, sma, q, left)


def _operations(task: TaskStruct, tsops: int, nsops: int) -> tuple[Sembuf, ...]:
    if nsops > SEMOPM:
        raise LinuxError(errno.E2BIG, "operations_too_many", most=SEMOPM)
    if not nsops:
        raise LinuxError(errno.EINVAL, "operations_none")
    data = load_from_user(task, tsops, nsops * _SEMBUF.size)
    return tuple([Sembuf(*each) for each in _SEMBUF.iter_unpack(data)])


def _wait(task: TaskStruct, sma: SemArray, q: SemQueue, left: int | None) -> None:
    expires = None if left is None else min(task.system.clock + left, KTIME_MAX)
    if left == 0:
        raise LinuxError(errno.EAGAIN, "time_is_over")

    def begin() -> None:
        task.sem_queue = q
        queue_sem(sma, q)
        emit(task, sem_events.SemWait, task.pid, sma.id)
        if expires is not None:
            hrtimer_start(task, expires)

    raise Sleeps(lambda: _is_over(task), "semaphores_not_ready", errno.EINTR, begin)


def _is_over(task: TaskStruct) -> bool:
    q = task.sem_queue
    return q is None or q.status is not None or hrtimer_expired(task)


def _slept(task: TaskStruct, q: SemQueue) -> None:
    if not _is_over(task):
        raise Sleeps(
            lambda: _is_over(task),
            "semaphores_not_ready",
            errno.EINTR,
            cut=lambda: sem_unqueue(task),
        )
    sem_unqueue(task)
    if q.status is None:
        raise LinuxError(errno.EAGAIN, "time_is_over")
    if q.status:
        _refuse(q.status)


def _refuse(error: int) -> None:
    match error:
        case errno.EAGAIN:
            raise LinuxError(error, "semaphores_not_ready_now")
        case errno.ERANGE:
            raise LinuxError(error, "semaphore_out_of_range", most=SEMVMX)
        case _:
            raise LinuxError(error, "ipc_removed")


def perform_atomic_semop(task: TaskStruct, sma: SemArray, q: SemQueue) -> int:
    """Do operations in order if all of them can be done.

    Args:
        task: who runs; it may do them for another.
        sma: the set.
        q: the operations.

    Returns:
        0 if they were done, 1 if they have to wait, or an errno: ERANGE, EAGAIN.

    Emits: semval_set.
    Source: ipc/sem.c: perform_atomic_semop_slow() [v6.18].
    """
    values: dict[int, int] = {}
    semadj: dict[int, int] = {}
    for place, (num, op, flg) in enumerate(q.sops):
        value = values.get(num, sma.sems[num].semval)
        result = value + op
        if (not op and value) or result < 0:
            q.blocking = place
            return errno.EAGAIN if flg & IPC_NOWAIT else _BLOCKS
        if result > SEMVMX:
            return errno.ERANGE
        if flg & SEM_UNDO:
            assert q.undo is not None
            semadj[num] = semadj.get(num, q.undo.semadj[num]) - op
            if not -_SEMAEM - 1 <= semadj[num] <= _SEMAEM:
                return errno.ERANGE
        values[num] = result
    for num, value in semadj.items():
        assert q.undo is not None
        q.undo.semadj[num] = value
    tgid = task.system.tasks[q.pid].tgid
    for num, value in values.items():
        set_semval(task, sma, num, value, tgid)
    return 0


def set_semval(task: TaskStruct, sma: SemArray, num: int, value: int, pid: int) -> None:
    """Give a semaphore a value, and say who did. The name is vmlab's.

    Emits: semval_set.
    Source: ipc/sem.c: perform_atomic_semop_slow() [v6.18].
    """
    sem = sma.sems[num]
    old, sem.semval, sem.sempid = sem.semval, value, pid
    if value != old:
        emit(task, sem_events.SemvalSet, sma.id, num, old, value)


def _set_semotime(system: System, sma: SemArray, sops: Sequence[Sembuf] | None) -> None:
    num = 0 if sops is None else sops[0].sem_num
    sma.sems[num].sem_otime = ktime_get_real_seconds(system)


# Who waits


def queue_sem(sma: SemArray, q: SemQueue) -> None:
    """Let operations wait where they belong, behind all others. The name is vmlab's.

    Source: ipc/sem.c: __do_semtimedop(), merge_queues() [v6.18].
    """
    if len(q.sops) == 1:
        sem = sma.sems[q.sops[0].sem_num]
        if not q.alter:
            sem.pending_const.append(q)
        elif sma.complex_count:
            sma.pending_alter.append(q)
        else:
            sem.pending_alter.append(q)
        return
    if not sma.complex_count:
        for sem in sma.sems:
            sma.pending_alter[:0], sem.pending_alter = sem.pending_alter, []
    (sma.pending_alter if q.alter else sma.pending_const).append(q)


def sem_unqueue(task: TaskStruct) -> None:
    """Let a task wait no more for semaphores, if it does. The name is vmlab's.

    Source: ipc/sem.c: __do_semtimedop() [v6.18].
    """
    q, task.sem_queue = task.sem_queue, None
    if q is None:
        return
    hrtimer_cancel(task)
    if q.status is None:
        sma = task.system.sem_ids.ipcs[q.semid]
        unlink_queue(sma, q)
        unmerge_queues(sma)


def unlink_queue(sma: SemArray, q: SemQueue) -> None:
    """Take operations out of the queue in which they wait.

    Source: ipc/sem.c: unlink_queue() [v6.18].
    """
    sem = sma.sems[q.sops[0].sem_num]
    for queue in (sma.pending_alter, sma.pending_const, sem.pending_alter, sem.pending_const):
        if q in queue:
            queue.remove(q)


def unmerge_queues(sma: SemArray) -> None:
    """Let each operation wait at its own semaphore again, once none waits for several.

    Source: ipc/sem.c: unmerge_queues() [v6.18].
    """
    if not sma.complex_count:
        waiting, sma.pending_alter = sma.pending_alter, []
        for q in waiting:
            sma.sems[q.sops[0].sem_num].pending_alter.append(q)


def do_smart_update(
    task: TaskStruct, sma: SemArray, sops: Sequence[Sembuf] | None, *, otime: bool
) -> None:
    """Do what waits and can be done now, since a set was changed.

    Args:
        task: who changed it.
        sma: the set.
        sops: by what operations; None = any semaphore may have changed.
        otime: whether operations were done, and not only values set.

    Emits: semval_set, sem_wake.
    Source: ipc/sem.c: do_smart_update() [v6.18].
    """
    otime |= _do_smart_wakeup_zero(task, sma, sops)
    if sma.pending_alter:
        otime |= _update_queue(task, sma, None)
    elif sops is None:
        for num in range(len(sma.sems)):
            otime |= _update_queue(task, sma, num)
    else:
        for sop in sops:
            if sop.sem_op > 0:
                otime |= _update_queue(task, sma, sop.sem_num)
    unmerge_queues(sma)
    if otime:
        _set_semotime(task.system, sma, sops)


def _do_smart_wakeup_zero(task: TaskStruct, sma: SemArray, sops: Sequence[Sembuf] | None) -> bool:
    # Those that wait for zeros; says whether one of them goes on. Source: ipc/sem.c:
    # do_smart_wakeup_zero() [v6.18].
    changed = range(len(sma.sems)) if sops is None else [sop.sem_num for sop in sops]
    zeros = [num for num in changed if not sma.sems[num].semval]
    done = [_wake_const_ops(task, sma, sma.sems[num].pending_const) for num in zeros]
    if zeros:
        done.append(_wake_const_ops(task, sma, sma.pending_const))
    return any(done)


def _wake_const_ops(task: TaskStruct, sma: SemArray, queue: list[SemQueue]) -> bool:
    done = False
    for q in list(queue):
        error = perform_atomic_semop(task, sma, q)
        if error != _BLOCKS:
            queue.remove(q)
            wake_up_sem_queue(task, q, error)
            done |= not error
    return done


def _update_queue(task: TaskStruct, sma: SemArray, num: int | None) -> bool:
    # Those that wait to change one semaphore, or several; says whether one of them goes on.
    # Source: ipc/sem.c: update_queue(), check_restart() [v6.18].
    queue = sma.pending_alter if num is None else sma.sems[num].pending_alter
    done, again = False, True
    while again:
        again = False
        for q in list(queue):
            if num is not None and not sma.sems[num].semval:
                break
            error = perform_atomic_semop(task, sma, q)
            if error == _BLOCKS:
                continue
            queue.remove(q)
            if not error:
                done = True
                _do_smart_wakeup_zero(task, sma, q.sops)
                again = bool(sma.pending_alter) or len(q.sops) > 1
            wake_up_sem_queue(task, q, error)
            if again:
                break
    return done


def wake_up_sem_queue(task: TaskStruct, q: SemQueue, error: int) -> None:
    """Let a task go on that waited for semaphores.

    Args:
        task: who wakes.
        q: what it waited to do.
        error: what its call answers, 0 = it was done.

    Emits: sem_wake.
    Source: ipc/sem.c: wake_up_sem_queue_prepare() [v6.18].
    """
    q.status = error
    emit(task, sem_events.SemWake, task.pid, q.pid)


# What is undone


def get_undo_list(task: TaskStruct) -> SemUndoList:
    """Return where it is noted what a task's end undoes, which may be made.

    Source: ipc/sem.c: get_undo_list() [v6.18].
    """
    if task.sysvsem is None:
        task.sysvsem = SemUndoList(task.pid)
    return task.sysvsem


def find_alloc_undo(task: TaskStruct, semid: int) -> SemUndo:
    """Return what is noted of a set for a task, which may be made.

    Raises:
        LinuxError: EINVAL if there is no such set.

    Source: ipc/sem.c: find_alloc_undo() [v6.18].
    """
    ulp = get_undo_list(task)
    for un in ulp.list_proc:
        if un.semid == semid:
            return un
    sma = sem_obtain_object_check(task.system, semid)
    un = SemUndo(semid, [0] * len(sma.sems))
    ulp.list_proc.insert(0, un)
    sma.list_id.append(un)
    return un


def copy_semundo(parent: TaskStruct, child: TaskStruct, *, shared: bool) -> None:
    """Let a new task note what is undone where its parent does, or nothing yet.

    Source: ipc/sem.c: copy_semundo() [v6.18].
    """
    if shared:
        child.sysvsem = get_undo_list(parent)
        child.sysvsem.refcnt += 1


def exit_sem(task: TaskStruct) -> None:
    """Undo what a task did to semaphores, if it is the last one that shares the list.

    Emits: sem_undo, semval_set, sem_wake.
    Source: ipc/sem.c: exit_sem() [v6.18].
    """
    ulp, task.sysvsem = task.sysvsem, None
    if ulp is None:
        return
    ulp.refcnt -= 1
    if ulp.refcnt:
        return
    while ulp.list_proc:
        un = ulp.list_proc.pop(0)
        sma = task.system.sem_ids.ipcs[un.semid]
        sma.list_id.remove(un)
        if any(un.semadj):
            emit(task, sem_events.SemUndone, task.pid, sma.id)
        for num, (sem, adj) in enumerate(zip(sma.sems, un.semadj, strict=True)):
            if adj:
                value = min(max(sem.semval + adj, 0), SEMVMX)
                set_semval(task, sma, num, value, task.tgid)
        do_smart_update(task, sma, None, otime=True)
