"""semctl: what is told of a set of semaphores, its values, and its end. In Linux's ipc/sem.c."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.sem import Semctl
from vmlab.model.linux.include.sem import SemArray
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.ipc.sem import (
    SEMMNI,
    SEMMSL,
    SEMOPM,
    SEMVMX,
    do_smart_update,
    sem_obtain_object_check,
    set_semval,
    wake_up_sem_queue,
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
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import sem as sem_events
from vmlab.model.trace.hook import emit

_SEMINFO = struct.Struct("<10i")
_SEMMNS = SEMMNI * SEMMSL  # semaphores of all sets
_SEMUSZ = 20  # bytes; only told
# struct semid64_ds behind its ipc64_perm: two times, semaphores.
_SEMID_DS = struct.Struct("<q8xq8xQ16x")
_USHORT, _INT = 2, 4  # bytes
_OF_ONE = (Semctl.GETVAL, Semctl.GETPID, Semctl.GETNCNT, Semctl.GETZCNT)
_STATS = (Semctl.IPC_STAT, Semctl.SEM_STAT, Semctl.SEM_STAT_ANY)


@traced
def ksys_semctl(task: TaskStruct, semid: int, semnum: int, cmd: int, arg: int) -> int:
    """Carry a command about a set out; return what it asks for, or 0.

    Args:
        task: the caller.
        semid: its number; the place of one for SEM_STAT, any for IPC_INFO and SEM_INFO.
        semnum: number of a semaphore, if the command is about one.
        cmd: IPC_*, GET* or SET*, SEM_*.
        arg: a value for SETVAL, else bytes: where something is read or stored.

    Raises:
        LinuxError: EINVAL if there is no such set, semaphore or command; ERANGE for a value that
            cannot be; EFAULT.

    Emits: what semctl_down and semctl_main emit, copy_to_user.
    Source: ipc/sem.c: ksys_semctl() [v6.18].
    Left out: that others than root may lack the right.
    """
    if semid < 0:
        raise LinuxError(errno.EINVAL, "no_semaphores", semid=semid)
    match cmd:
        case Semctl.IPC_INFO | Semctl.SEM_INFO:
            return _semctl_info(task, cmd, arg)
        case _ if cmd in _STATS:
            return _semctl_stat(task, semid, cmd, arg)
        case Semctl.GETALL:
            sma = sem_obtain_object_check(task.system, semid)
            values = [sem.semval for sem in sma.sems]
            store_to_user(task, arg, struct.pack(f"<{len(values)}H", *values))
            return 0
        case Semctl.SETALL:
            return semctl_setall(task, semid, arg)
        case Semctl.SETVAL:
            return semctl_setval(task, semid, semnum, arg)
        case _ if cmd in _OF_ONE:
            return _semctl_one(task, semid, semnum, cmd)
        case Semctl.IPC_SET | Semctl.IPC_RMID:
            return semctl_down(task, semid, cmd, arg)
    raise LinuxError(errno.EINVAL, "unknown_command", cmd=cmd)


def _semctl_info(task: TaskStruct, cmd: int, arg: int) -> int:
    ids = task.system.sem_ids
    usz, aem = _SEMUSZ, SEMVMX
    if cmd == Semctl.SEM_INFO:
        usz, aem = len(ids.ipcs), sum(len(sma.sems) for sma in ids.ipcs.values())
    limits = (_SEMMNS, SEMMNI, _SEMMNS, _SEMMNS, SEMMSL, SEMOPM, SEMOPM)
    store_to_user(task, arg, _SEMINFO.pack(*limits, usz, SEMVMX, aem))
    return ipc_get_maxidx(ids)


def _semctl_stat(task: TaskStruct, semid: int, cmd: int, arg: int) -> int:
    found = ipc_obtain_object_stat(task.system.sem_ids, semid, cmd)
    if found is None:
        raise LinuxError(errno.EINVAL, "no_semaphores", semid=semid)
    otime = max(sem.sem_otime for sem in found.sems)
    told = _SEMID_DS.pack(otime, found.sem_ctime, len(found.sems))
    store_to_user(task, arg, kernel_to_ipc64_perm(found) + told)
    return 0 if cmd == Semctl.IPC_STAT else found.id


def _semctl_one(task: TaskStruct, semid: int, semnum: int, cmd: int) -> int:
    sma = sem_obtain_object_check(task.system, semid)
    _check_semnum(sma, semnum)
    match cmd:
        case Semctl.GETVAL:
            return sma.sems[semnum].semval
        case Semctl.GETPID:
            return sma.sems[semnum].sempid
    return _count_semcnt(sma, semnum, zero=cmd == Semctl.GETZCNT)


def _check_semnum(sma: SemArray, semnum: int) -> None:
    if not 0 <= semnum < len(sma.sems):
        raise LinuxError(errno.EINVAL, "no_semaphore", semid=sma.id, semnum=semnum)


def _count_semcnt(sma: SemArray, semnum: int, *, zero: bool) -> int:
    # How many wait until a semaphore is 0, or is larger. Of several, the first one counts that
    # cannot be done. Source: ipc/sem.c: count_semcnt(), check_qop() [v6.18].
    sem = sma.sems[semnum]
    alone = len(sem.pending_const if zero else sem.pending_alter)
    queues = (*sma.pending_alter, *sma.pending_const)
    blocking = [q.sops[q.blocking] for q in queues]
    return alone + sum(sop.sem_num == semnum and zero == (not sop.sem_op) for sop in blocking)


def semctl_setval(task: TaskStruct, semid: int, semnum: int, arg: int) -> int:
    """Give a semaphore a value; what processes noted of it is forgotten.

    Raises:
        LinuxError: ERANGE, EINVAL.

    Emits: semval_set, sem_wake.
    Source: ipc/sem.c: semctl_setval() [v6.18].
    """
    value = arg & (1 << 8 * _INT) - 1  # an int
    if value > SEMVMX:
        raise LinuxError(errno.ERANGE, "semaphore_out_of_range", most=SEMVMX)
    sma = sem_obtain_object_check(task.system, semid)
    _check_semnum(sma, semnum)
    for un in sma.list_id:
        un.semadj[semnum] = 0
    set_semval(task, sma, semnum, value, task.tgid)
    sma.sem_ctime = ktime_get_real_seconds(task.system)
    do_smart_update(task, sma, None, otime=False)
    return 0


def semctl_setall(task: TaskStruct, semid: int, arg: int) -> int:
    """Give all semaphores of a set values; what processes noted of it is forgotten.

    Raises:
        LinuxError: EINVAL, EFAULT, ERANGE.

    Emits: semval_set, sem_wake, copy_from_user.
    Source: ipc/sem.c: semctl_main() [v6.18].
    """
    sma = sem_obtain_object_check(task.system, semid)
    nsems = len(sma.sems)
    values = struct.unpack(f"<{nsems}H", load_from_user(task, arg, nsems * _USHORT))
    if max(values) > SEMVMX:
        raise LinuxError(errno.ERANGE, "semaphore_out_of_range", most=SEMVMX)
    for semnum, value in enumerate(values):
        set_semval(task, sma, semnum, value, task.tgid)
    for un in sma.list_id:
        un.semadj[:] = [0] * nsems
    sma.sem_ctime = ktime_get_real_seconds(task.system)
    do_smart_update(task, sma, None, otime=False)
    return 0


def semctl_down(task: TaskStruct, semid: int, cmd: int, arg: int) -> int:
    """Remove a set, or give it another owner and other rights.

    Raises:
        LinuxError: EFAULT, EINVAL.

    Emits: sem_perm_set, copy_from_user, and what freeary emits.
    Source: ipc/sem.c: semctl_down() [v6.18].
    """
    given = b""
    if cmd == Semctl.IPC_SET:
        given = load_from_user(task, arg, IPC64_PERM.size + _SEMID_DS.size)
    sma = sem_obtain_object_check(task.system, semid)
    if cmd == Semctl.IPC_RMID:
        freeary(task, sma)
        return 0
    ipc_update_perm(ipc64_perm(given), sma)
    sma.sem_ctime = ktime_get_real_seconds(task.system)
    emit(task, sem_events.SemPermSet, semid, sma.uid, sma.gid, sma.mode)
    return 0


def freeary(task: TaskStruct, sma: SemArray) -> None:
    """Remove a set; who waits for it is told, and what was noted of it is forgotten.

    Emits: sem_destroy, sem_wake.
    Source: ipc/sem.c: freeary() [v6.18].
    """
    system = task.system
    for each in system.tasks.values():
        if each.sysvsem is not None:
            noted = each.sysvsem.list_proc
            noted[:] = [un for un in noted if un.semid != sma.id]
    del system.sem_ids.ipcs[sma.id]
    emit(task, sem_events.SemDestroy, sma.id)
    waiting = [*sma.pending_const, *sma.pending_alter]
    for sem in sma.sems:
        waiting += [*sem.pending_const, *sem.pending_alter]
    for q in waiting:
        wake_up_sem_queue(task, q, errno.EIDRM)
