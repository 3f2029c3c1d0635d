"""Small calls about the process itself: its number, its limits, what it asks for.

Processes belong to root, without the right to raise hard limits (CAP_SYS_RESOURCE).
"""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.prctl import (
    PR_SET_MM_AUXV,
    PR_SET_MM_MAP,
    PR_SET_MM_MAP_SIZE,
    PR_THP_DISABLE_EXCEPT_ADVISED,
    Pr,
)
from vmlab.model.abi.resource import (
    RUSAGE_BOTH,
    RUSAGE_CHILDREN,
    RUSAGE_THREAD,
    Limits,
    Prio,
    Rlimit,
    Rusage,
)
from vmlab.model.abi.signal import NSIG
from vmlab.model.abi.stat import S_IRWXUGO
from vmlab.model.abi.time import NSEC_PER_SEC
from vmlab.model.linux.include.fs import SYSCTL_NR_OPEN, shmem_mapping
from vmlab.model.linux.include.mm import setmax_mm_hiwater_rss
from vmlab.model.linux.include.sched import (
    MMF_DISABLE_THP_COMPLETELY,
    MMF_DISABLE_THP_EXCEPT_ADVISED,
    MMF_DISABLE_THP_MASK,
    MMF_DUMPABLE_MASK,
    SUID_DUMP_DISABLE,
    SUID_DUMP_USER,
    TASK_COMM_LEN,
)
from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.model.linux.kernel.pid import find_task_by_vpid
from vmlab.model.linux.lib.usercopy import (
    load_from_user,
    put_user,
    store_number,
    store_to_user,
    strncpy_from_user,
)
from vmlab.model.mmu.page import PAGE_SHIFT
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit

_INT = 4  # bytes
_NICE_0 = 20
_TMS_SIZE = 32  # bytes
_UINT_SIZE = 4  # bytes
USER_HZ = 100
_NEW_UTS_LEN = 64  # bytes
_UTSNAME = ("Linux", "vmlab", "6.18.0", "#1 SMP PREEMPT_DYNAMIC", "x86_64", "(none)")
_MM_MAP_SIZE = 104  # bytes of struct prctl_mm_map


def getpid(task: TaskStruct) -> int:
    """Return the process number of a task: the same for all threads of a process.

    Source: kernel/sys.c: SYSCALL_DEFINE0(getpid) [v5.4].
    """
    return task.tgid


def getppid(task: TaskStruct) -> int:
    """Return the process number of the parent of a task's process.

    Source: kernel/sys.c: SYSCALL_DEFINE0(getppid) [v5.4].
    """
    return task.parent.tgid if task.parent is not None else 0


def getuid(task: TaskStruct) -> int:
    """Return the user of a task, and the group: those of root.

    Source: kernel/sys.c: SYSCALL_DEFINE0(getuid) [v5.4].
    Left out: other users and groups.
    """
    return 0


def do_getpgid(task: TaskStruct, pid: int) -> int:
    """Return the number of the process group of a process.

    Args:
        task: the caller.
        pid: of a thread of the process; 0 = the caller.

    Raises:
        LinuxError: ESRCH.

    Source: kernel/sys.c: do_getpgid() [v6.18].
    """
    return _task_of(task, pid).pgrp


def do_getsid(task: TaskStruct, pid: int) -> int:
    """Return the number of the session of a process.

    Args:
        task: the caller.
        pid: of a thread of the process; 0 = the caller.

    Raises:
        LinuxError: ESRCH.

    Source: kernel/sys.c: SYSCALL_DEFINE1(getsid) [v6.18].
    """
    return _task_of(task, pid).session


def _task_of(task: TaskStruct, pid: int) -> TaskStruct:
    found = find_task_by_vpid(task.system, pid) if pid else task
    if found is None:
        raise LinuxError(errno.ESRCH, "no_such_process", pid=pid)
    return found


def do_setpgid(task: TaskStruct, pid: int, pgid: int) -> None:
    """Move a process, itself or a child, to a process group of its session.

    Args:
        task: the caller.
        pid: of the process; 0 = the caller.
        pgid: number of the group; 0 = that of the process, which may be new.

    Raises:
        LinuxError: EINVAL for a negative group, or a thread that is not the first; ESRCH for other
            processes; EPERM for other sessions, and for one that has begun a session.

    Emits: task_group.
    Source: kernel/sys.c: SYSCALL_DEFINE2(setpgid) [v6.18].
    Left out: that a child that called execve since stays (EACCES).
    """
    pid = pid or task.tgid
    pgid = pgid or pid
    if pgid < 0:
        raise LinuxError(errno.EINVAL, "group_negative")
    other = find_task_by_vpid(task.system, pid)
    if other is None:
        raise LinuxError(errno.ESRCH, "no_such_process", pid=pid)
    if other.tgid != other.pid:
        raise LinuxError(errno.EINVAL, "not_first_thread", pid=pid)
    is_child = other.parent is not None and other.parent.tgid == task.tgid
    if not is_child and other.tgid != task.tgid:
        raise LinuxError(errno.ESRCH, "not_child", pid=pid)
    if other.session != task.session or other.session == other.pid:
        raise LinuxError(errno.EPERM, "session_differs", pid=pid)
    members = (each for each in task.system.tasks.values() if each.pgrp == pgid)
    if pgid != pid and not any(each.session == task.session for each in members):
        raise LinuxError(errno.EPERM, "no_such_group", pid=pgid)
    _move(other, pgid, other.session)


def ksys_setsid(task: TaskStruct) -> int:
    """Begin a session with a process group of its own; return its number.

    Args:
        task: the caller.

    Raises:
        LinuxError: EPERM if there is a group of its number already.

    Emits: task_group.
    Source: kernel/sys.c: ksys_setsid() [v6.18].
    """
    if any(each.pgrp == task.tgid for each in task.system.tasks.values()):
        raise LinuxError(errno.EPERM, "leads_group", pid=task.tgid)
    _move(task, task.tgid, task.tgid)
    return task.tgid


def _move(task: TaskStruct, pgrp: int, session: int) -> None:
    # All threads of a process are in its group.
    for each in task.system.tasks.values():
        if each.tgid == task.tgid:
            each.pgrp, each.session = pgrp, session
    emit(task, process_events.TaskGroup, task.tgid, pgrp, session)


def do_umask(task: TaskStruct, mask: int) -> int:
    """Say which rights new files do not get; return which they did not get before.

    Emits: fs_umask.
    Source: kernel/sys.c: SYSCALL_DEFINE1(umask) [v6.18].
    """
    assert task.fs is not None
    old, task.fs.umask = task.fs.umask, mask & S_IRWXUGO
    emit(task, process_events.FsUmask, task.pid, task.fs.umask)
    return old


def getrusage(task: TaskStruct, who: int) -> bytes:
    """Return what a process used, as a struct rusage.

    Args:
        task: a thread of it.
        who: RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD or RUSAGE_BOTH.

    Source: kernel/sys.c: getrusage() [v6.18].
    Left out: times, which are 0, and all but page faults and the most pages in memory.
    """
    usage = task.usage
    min_flt = maj_flt = maxrss = 0
    if who in (RUSAGE_CHILDREN, RUSAGE_BOTH):
        min_flt, maj_flt, maxrss = usage.cmin_flt, usage.cmaj_flt, usage.cmaxrss
    if who == RUSAGE_THREAD:
        min_flt, maj_flt = task.min_flt, task.maj_flt
    elif who != RUSAGE_CHILDREN:
        threads = [each for each in task.system.tasks.values() if each.tgid == task.tgid]
        min_flt += usage.min_flt + sum(each.min_flt for each in threads)
        maj_flt += usage.maj_flt + sum(each.maj_flt for each in threads)
    if who != RUSAGE_CHILDREN:
        maxrss = max(maxrss, usage.maxrss)
        if task.mm is not None:
            maxrss = setmax_mm_hiwater_rss(maxrss, task.mm)
    kib = maxrss << PAGE_SHIFT >> 10
    return struct.pack("<32xq24x2q64x", kib, min_flt, maj_flt)


@traced
def do_getrusage(task: TaskStruct, who: int, ru: int) -> None:
    """Store what a process used, as a struct rusage.

    Args:
        task: the caller.
        who: RUSAGE_SELF, RUSAGE_CHILDREN or RUSAGE_THREAD.
        ru: bytes: where to.

    Raises:
        LinuxError: EINVAL, EFAULT.

    Emits: copy_to_user.
    Source: kernel/sys.c: SYSCALL_DEFINE2(getrusage) [v6.18].
    """
    if who not in list(Rusage):
        raise LinuxError(errno.EINVAL, "no_such_usage", who=who)
    store_to_user(task, ru, getrusage(task, who))


@traced
def do_sysinfo(task: TaskStruct, info: int) -> None:
    """Store how much memory the machine has, as a struct sysinfo.

    Args:
        task: the caller.
        info: bytes: where to.

    Raises:
        LinuxError: EFAULT.

    Emits: copy_to_user.
    Source: kernel/sys.c: do_sysinfo() [v6.18].
    Left out: loads, buffers.
    """
    system = task.system
    uptime = -(-system.clock // NSEC_PER_SEC)
    free = len(system.free_frames) + system.ram.nr_frames - system.next_frame
    shared = sum(len(i.i_mapping.i_pages) for i in system.inodes.values() if shmem_mapping(i))
    memory = (pages << PAGE_SHIFT for pages in (system.totalram_pages, free, shared))
    threads = len(system.tasks) + 1  # and init
    store_to_user(task, info, struct.pack("<q24x3Q24xH22xI4x", uptime, *memory, threads, 1))


@traced
def do_times(task: TaskStruct, tbuf: int) -> int:
    """Store how long a process ran, as a struct tms: never; return the ticks since the start.

    Args:
        task: the caller.
        tbuf: bytes: where to; 0 = nowhere.

    Raises:
        LinuxError: EFAULT.

    Emits: copy_to_user.
    Source: kernel/sys.c: SYSCALL_DEFINE1(times) [v6.18].
    Left out: time that a process used, which is 0.
    """
    if tbuf:
        store_to_user(task, tbuf, bytes(_TMS_SIZE))
    return task.system.clock // (NSEC_PER_SEC // USER_HZ)


def do_getpriority(task: TaskStruct, which: int, who: int) -> int:
    """Return how nice processes are, as 20 - nice: none is.

    Args:
        task: the caller.
        which: PRIO_PROCESS, PRIO_PGRP or PRIO_USER.
        who: number of a process, a group or a user; 0 = the caller's.

    Raises:
        LinuxError: EINVAL; ESRCH if there are no such processes.

    Source: kernel/sys.c: SYSCALL_DEFINE2(getpriority) [v6.18].
    """
    if which not in list(Prio):
        raise LinuxError(errno.EINVAL, "priority_of_what", which=which)
    tasks = task.system.tasks.values()
    groups = (each.pgrp for each in tasks)
    known = {
        Prio.PRIO_PROCESS: who == 0 or find_task_by_vpid(task.system, who) is not None,
        Prio.PRIO_PGRP: who == 0 or who in groups,
        Prio.PRIO_USER: who == 0,  # root
    }
    if not known[Prio(which)]:
        raise LinuxError(errno.ESRCH, "no_such_process", pid=who)
    return _NICE_0


@traced
def do_getcpu(task: TaskStruct, cpu: int, node: int) -> None:
    """Store the number of the CPU and of its memory node: there is one.

    Args:
        task: the caller.
        cpu: bytes: where the number of the CPU goes; 0 = nowhere.
        node: the same for the node.

    Raises:
        LinuxError: EFAULT.

    Emits: copy_to_user.
    Source: kernel/sys.c: SYSCALL_DEFINE3(getcpu) [v6.18].
    """
    places = [addr for addr in (cpu, node) if addr]
    stored = [put_user(task.system, addr, 0, _UINT_SIZE) for addr in places]
    if not all(stored):
        raise LinuxError(errno.EFAULT, "nothing_stored", addr=places[stored.index(False)])


@traced
def newuname(task: TaskStruct, buf: int) -> None:
    """Store which system this is, as a struct new_utsname.

    Args:
        task: the caller.
        buf: bytes: where to.

    Raises:
        LinuxError: EFAULT.

    Emits: copy_to_user.
    Source: kernel/sys.c: SYSCALL_DEFINE1(newuname) [v6.18].
    """
    names = (name.encode().ljust(_NEW_UTS_LEN + 1, b"\0") for name in _UTSNAME)
    store_to_user(task, buf, b"".join(names))


def do_prlimit(task: TaskStruct, resource: int, new: Limits | None) -> Limits:
    """Return the limits of a process, and set others if there are new ones.

    Args:
        task: a thread of it.
        resource: RLIMIT_*.
        new: bytes, for RLIMIT_NOFILE descriptors; None = only ask.

    Raises:
        LinuxError: EINVAL for a resource there is not, and for a soft limit above the hard one;
            EPERM for a hard limit that is raised, or of more descriptors than the kernel allows.

    Emits: rlimit_set, rlimit_max_set.
    Source: kernel/sys.c: do_prlimit() [v6.18].
    """
    try:
        number = Rlimit(resource)
    except ValueError:
        raise LinuxError(errno.EINVAL, "no_such_resource", resource=resource) from None
    old = task.rlim[number]
    if new is None:
        return old
    if new.rlim_cur > new.rlim_max:
        raise LinuxError(errno.EINVAL, "soft_over_hard")
    if number is Rlimit.RLIMIT_NOFILE and new.rlim_max > SYSCTL_NR_OPEN:
        raise LinuxError(errno.EPERM, "over_nr_open", most=SYSCTL_NR_OPEN)
    if new.rlim_max > old.rlim_max:
        raise LinuxError(errno.EPERM, "hard_limit_raised", limit=old.rlim_max)
    task.rlim[number] = new
    if new.rlim_max != old.rlim_max:
        emit(task, process_events.RlimitMaxSet, task.pid, number.name, new.rlim_max)
    emit(task, process_events.RlimitSet, task.pid, number.name, new.rlim_cur)
    return old


def setrlimit(task: TaskStruct, resource: int, soft: int, hard: int | None) -> None:
    """Set the limits of the calling process.

    Args:
        task: the caller.
        resource: RLIMIT_*.
        soft: as `do_prlimit` has it.
        hard: the same; None = as it is. Linux has no such argument.

    Raises:
        LinuxError: as `do_prlimit`.

    Emits: what do_prlimit emits.
    Source: kernel/sys.c: SYSCALL_DEFINE2(setrlimit) [v6.18].
    """
    if hard is None:
        hard = do_prlimit(task, resource, None).rlim_max
    do_prlimit(task, resource, Limits(soft, hard))


def getrlimit(task: TaskStruct, resource: int, rlim: int | None) -> Limits:
    """Return the limits of the calling process.

    Args:
        task: the caller.
        resource: RLIMIT_*.
        rlim: where in user memory they are stored; None = they are only returned.

    Raises:
        LinuxError: EINVAL for a resource there is not; EFAULT if they cannot be stored.

    Source: kernel/sys.c: SYSCALL_DEFINE2(getrlimit) [v6.18].
    """
    limits = do_prlimit(task, resource, None)
    if rlim is not None:
        _store(task, rlim, limits)
    return limits


@traced
def prlimit64(
    task: TaskStruct, pid: int, resource: int, new: Limits | None, old_rlim: int
) -> Limits:
    """Return the limits that a process had, and set others if there are new ones.

    Args:
        task: the caller.
        pid: of a thread of the process; 0 = the caller.
        resource: RLIMIT_*.
        new: as `do_prlimit` has it.
        old_rlim: where in user memory those there were are stored; 0 = nowhere.

    Raises:
        LinuxError: ESRCH if there is no such process; EINVAL and EPERM as `do_prlimit`; EFAULT if
            the old ones cannot be stored, when the new ones hold.

    Emits: what do_prlimit emits.
    Source: kernel/sys.c: SYSCALL_DEFINE4(prlimit64) [v6.18].
    """
    target = find_task_by_vpid(task.system, pid) if pid else task
    if target is None:
        raise LinuxError(errno.ESRCH, "no_such_process", pid=pid)
    old = do_prlimit(target, resource, new)
    if old_rlim:
        _store(task, old_rlim, old)
    return old


def _store(task: TaskStruct, addr: int, limits: Limits) -> None:
    store_to_user(task, addr, struct.pack("<2Q", *limits))


def prctl(task: TaskStruct, option: int, arg2: int, arg3: int, arg4: int, arg5: int) -> int:
    """Do what an option of prctl(2) stands for; return the answer, or 0.

    Args:
        task: the caller.
        option: PR_*.
        arg2: a number or an address, as the option has it; so are the others.
        arg3: see arg2.
        arg4: see arg2.
        arg5: see arg2.

    Raises:
        LinuxError: EINVAL for an option that is not modelled, and for arguments that one does not
            have; EFAULT if an answer cannot be read or stored; EPERM for PR_SET_MM.

    Emits: task_rename, mm_thp_disable.
    Source: kernel/sys.c: SYSCALL_DEFINE5(prctl) [v6.18].
    Left out: all other options. Mappings without a file have no names (CONFIG_ANON_VMA_NAME).
    """
    mm = task.mm
    assert mm is not None
    match option:
        case Pr.PR_SET_PDEATHSIG:
            if not 0 <= arg2 <= NSIG:
                raise LinuxError(errno.EINVAL, "signal_unknown", signal=arg2)
            task.pdeath_signal = arg2
        case Pr.PR_GET_PDEATHSIG:
            store_number(task, arg2, task.pdeath_signal, _INT)
        case Pr.PR_GET_DUMPABLE:
            return mm.flags & MMF_DUMPABLE_MASK
        case Pr.PR_SET_DUMPABLE:
            if arg2 not in (SUID_DUMP_DISABLE, SUID_DUMP_USER):
                raise LinuxError(errno.EINVAL, "dumpable_unknown", value=arg2)
            mm.flags = mm.flags & ~MMF_DUMPABLE_MASK | arg2
        case Pr.PR_SET_NAME:
            _set_name(task, arg2)
        case Pr.PR_GET_NAME:
            name = task.comm.encode(errors="surrogateescape")
            store_to_user(task, arg2, name.ljust(TASK_COMM_LEN, b"\0"))
        case Pr.PR_SET_MM:
            prctl_set_mm(task, arg2, arg3, arg4, arg5)
        case Pr.PR_SET_THP_DISABLE:
            prctl_set_thp_disable(mm, arg2, arg3, arg4, arg5)
        case Pr.PR_GET_THP_DISABLE:
            return prctl_get_thp_disable(mm, arg2, arg3, arg4, arg5)
        case _:
            raise LinuxError(errno.EINVAL, "unknown_option", option=option)
    return 0


def _set_name(task: TaskStruct, addr: int) -> None:
    name = strncpy_from_user(task.system, addr, TASK_COMM_LEN - 1)
    if name is None:
        raise LinuxError(errno.EFAULT, "nothing_read", addr=addr)
    old = task.comm
    task.set_task_comm(name.decode(errors="surrogateescape"))
    emit(task, process_events.TaskRename, task.pid, old, task.comm)


def prctl_set_mm(task: TaskStruct, opt: int, addr: int, arg4: int, arg5: int) -> None:
    """Refuse to change where the parts of a program are, for which a right is needed.

    Raises:
        LinuxError: EINVAL for arguments that `opt` does not have; EFAULT if an answer cannot be
            stored; EPERM.

    Source: kernel/sys.c: prctl_set_mm() [v6.18].
    Left out: PR_SET_MM_MAP with addresses of user space, some of which Linux allows.
    """
    has_size = opt in (PR_SET_MM_AUXV, PR_SET_MM_MAP, PR_SET_MM_MAP_SIZE)
    if arg5 or (arg4 and not has_size):
        raise LinuxError(errno.EINVAL, "arguments_not_zero")
    if opt == PR_SET_MM_MAP_SIZE:
        store_number(task, addr, _MM_MAP_SIZE, _INT)
        return
    if opt == PR_SET_MM_MAP:
        _check_mm_map(task, addr, arg4)
    raise LinuxError(errno.EPERM, "needs_right")


def _check_mm_map(task: TaskStruct, addr: int, size: int) -> None:
    if size != _MM_MAP_SIZE:
        raise LinuxError(errno.EINVAL, "size_differs")
    data = load_from_user(task, addr, size)
    user_space = range(task.system.mmap_min_addr, task.system.task_size)
    if not all(each in user_space for each in struct.unpack_from("<11Q", data)):
        raise LinuxError(errno.EINVAL, "range_leaves_user_space")


def prctl_set_thp_disable(mm: MmStruct, disable: int, flags: int, arg4: int, arg5: int) -> None:
    """Forbid huge pages to an address space, or allow them.

    Args:
        mm: address space.
        disable: 0 = allow them.
        flags: PR_THP_DISABLE_EXCEPT_ADVISED leaves those that MADV_HUGEPAGE asks for.
        arg4: must be 0.
        arg5: must be 0.

    Raises:
        LinuxError: EINVAL for other flags, and flags of nothing that is forbidden.

    Emits: mm_thp_disable.
    Source: kernel/sys.c: prctl_set_thp_disable() [v6.18].
    """
    if arg4 or arg5:
        raise LinuxError(errno.EINVAL, "arguments_not_zero")
    if flags and (not disable or flags & ~PR_THP_DISABLE_EXCEPT_ADVISED):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    advised = MMF_DISABLE_THP_EXCEPT_ADVISED if flags else MMF_DISABLE_THP_COMPLETELY
    mm.flags = mm.flags & ~MMF_DISABLE_THP_MASK | (advised if disable else 0)
    emit(mm, process_events.MmThpDisable, mm.number, prctl_get_thp_disable(mm, 0, 0, 0, 0))


def prctl_get_thp_disable(mm: MmStruct, arg2: int, arg3: int, arg4: int, arg5: int) -> int:
    """Return whether huge pages are forbidden: 0, 1, or 3 = but for those that are asked for.

    Raises:
        LinuxError: EINVAL for arguments.

    Source: kernel/sys.c: prctl_get_thp_disable() [v6.18].
    """
    if arg2 or arg3 or arg4 or arg5:
        raise LinuxError(errno.EINVAL, "arguments_not_zero")
    if mm.flags & MMF_DISABLE_THP_COMPLETELY:
        return 1
    excepted = mm.flags & MMF_DISABLE_THP_EXCEPT_ADVISED
    return 1 | PR_THP_DISABLE_EXCEPT_ADVISED if excepted else 0
