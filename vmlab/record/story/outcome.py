"""Which headline a call has: by its name if it went well, or else by how it failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from vmlab.model.abi.calls import ACCESSES, CALLS
from vmlab.model.linux.arch.x86.include.ptrace import REGISTERS
from vmlab.model.machine_code import EXECUTE, INTERRUPT, TICK, TIMER, TOUCH, TRAP
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import cpu, fault, file, process, vma
from vmlab.model.trace.events.process import SchedProcessExit
from vmlab.model.user_mode import SCHEDULE
from vmlab.record.replay import BY_HAND
from vmlab.record.story import (
    accesses,
    files,
    ipc,
    life,
    paths,
    proc,
    regions,
    signals,
    threads,
)
from vmlab.record.story.asked import answers, stores
from vmlab.record.story.facts import Facts
from vmlab.record.story.headline import Headline, headline
from vmlab.record.story.logs import log_says
from vmlab.record.story.sources import at_line
from vmlab.state import views

_IP = REGISTERS.index("ip")

Maker = Callable[[Facts], Headline]

# How each system call is told that went well.
TELLERS: Mapping[str, Maker] = MappingProxyType(
    {
        "fork": life.fork,
        "vfork": life.fork,
        "clone": life.fork,
        "clone3": life.fork,
        "execve": life.execve,
        "exit": life.leave,
        "exit_group": life.leave,
        "wait4": life.wait,
        "getpid": life.getpid,
        **dict.fromkeys(("gettid", "getppid", "getpgrp", "getpgid", "getsid"), answers),
        **dict.fromkeys(("getuid", "geteuid", "getgid", "getegid"), answers),
        "setpgid": life.group,
        "setsid": life.group,
        **dict.fromkeys(("times", "getpriority", "time"), answers),
        **dict.fromkeys(("getrusage", "sysinfo", "sched_getaffinity", "getcpu"), stores),
        **dict.fromkeys(("clock_gettime", "clock_getres", "gettimeofday"), stores),
        "uname": stores,
        "getrandom": stores,
        "mmap": regions.mmap,
        "munmap": regions.munmap,
        "mprotect": regions.mprotect,
        "mremap": regions.mremap,
        "madvise": regions.madvise,
        "msync": regions.msync,
        "mlock": regions.mlock,
        "mlock2": regions.mlock2,
        "munlock": regions.munlock,
        "mlockall": regions.mlockall,
        "munlockall": regions.munlockall,
        "mincore": regions.mincore,
        "mseal": regions.mseal,
        "remap_file_pages": regions.remap_file_pages,
        "brk": regions.brk,
        "open": files.open_,
        "openat": files.open_,
        "fstat": files.fstat,
        "lseek": files.lseek,
        "memfd_create": files.memfd_create,
        "pipe": files.pipe,
        "pipe2": files.pipe,
        "dup": files.dup,
        "dup2": files.dup2,
        "dup3": files.dup2,
        "close_range": files.close_range,
        "ioctl": files.ioctl,
        "fcntl": files.fcntl,
        "close": files.close,
        **dict.fromkeys(("ftruncate", "truncate"), files.truncate),
        "fsync": files.sync,
        "fdatasync": files.sync,
        "sync": files.sync,
        "fallocate": files.fallocate,
        "read": files.read,
        "pread64": files.read,
        "write": files.write,
        "pwrite64": files.write,
        "readv": files.readv,
        "preadv": files.readv,
        "writev": files.writev,
        "pwritev": files.writev,
        "stat": paths.stat,
        "lstat": paths.stat,
        "newfstatat": paths.stat,
        "access": paths.access,
        "faccessat": paths.access,
        "readlink": answers,
        "readlinkat": answers,
        **dict.fromkeys(("statx", "statfs", "fstatfs"), stores),
        **dict.fromkeys(("waitid", "getitimer"), stores),
        **dict.fromkeys(("alarm", "setitimer"), answers),
        "faccessat2": paths.access,
        "getdents64": stores,
        "sendfile": answers,
        "copy_file_range": answers,
        "flock": files.flock,
        **dict.fromkeys(("poll", "ppoll", "select", "pselect6", "rt_sigtimedwait"), answers),
        **dict.fromkeys(("eventfd", "eventfd2", "epoll_create", "epoll_create1"), answers),
        **dict.fromkeys(("epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_ctl"), answers),
        **dict.fromkeys(("timerfd_create", "timerfd_settime", "signalfd", "signalfd4"), answers),
        **dict.fromkeys(("socket", "sendto", "recvfrom", "sendmsg", "recvmsg"), answers),
        **dict.fromkeys(("shutdown", "setsockopt", "bind", "listen", "connect"), answers),
        **dict.fromkeys(("accept", "accept4", "mq_open", "mq_unlink"), answers),
        **dict.fromkeys(("mq_timedsend", "mq_timedreceive", "mq_notify"), answers),
        "mq_getsetattr": answers,
        **dict.fromkeys(("timerfd_gettime", "getsockname", "getpeername", "getsockopt"), stores),
        "socketpair": files.socketpair,
        "getcwd": stores,
        "chdir": paths.chdir,
        "fchdir": paths.chdir,
        "mkdir": paths.mkdir,
        "mkdirat": paths.mkdir,
        "rmdir": paths.unlink,
        "unlink": paths.unlink,
        "unlinkat": paths.unlink,
        "rename": paths.rename,
        "renameat": paths.rename,
        "umask": paths.umask,
        "creat": files.open_,
        "getdents": stores,
        **dict.fromkeys(("symlink", "symlinkat"), paths.symlink),
        **dict.fromkeys(("link", "linkat"), paths.link),
        **dict.fromkeys(("mknod", "mknodat"), paths.mknod),
        "renameat2": paths.rename,
        **dict.fromkeys(("chmod", "fchmod", "fchmodat", "fchmodat2"), paths.chmod),
        **dict.fromkeys(("chown", "fchown", "lchown", "fchownat"), paths.chown),
        **dict.fromkeys(("utime", "utimes", "futimesat", "utimensat"), paths.utimes),
        **dict.fromkeys(("fadvise64", "readahead", "sync_file_range"), answers),
        "shmget": ipc.shmget,
        "shmat": ipc.shmat,
        "shmdt": ipc.shmdt,
        "shmctl": ipc.shmctl,
        "semget": ipc.semget,
        **dict.fromkeys(("semop", "semtimedop"), ipc.semop),
        "semctl": ipc.semctl,
        "msgget": ipc.msgget,
        "msgsnd": ipc.msgsnd,
        "msgrcv": ipc.msgrcv,
        "msgctl": ipc.msgctl,
        "setrlimit": life.setrlimit,
        "getrlimit": life.getrlimit,
        "prlimit64": life.prlimit,
        "personality": life.personality,
        "prctl": life.prctl,
        "arch_prctl": life.arch_prctl,
        "membarrier": life.membarrier,
        "process_vm_readv": proc.process_vm,
        "process_vm_writev": proc.process_vm,
        "pidfd_open": proc.pidfd_open,
        "process_madvise": proc.process_madvise,
        "set_tid_address": life.set_tid_address,
        "rt_sigaction": signals.sigaction,
        "rt_sigprocmask": signals.sigprocmask,
        "rt_sigreturn": signals.sigreturn,
        "rt_sigpending": signals.sigpending,
        "rt_sigsuspend": signals.sigprocmask,
        "pause": signals.sigprocmask,
        "sigaltstack": signals.sigaltstack,
        "futex": threads.futex,
        "set_robust_list": threads.robust_list,
        "get_robust_list": threads.robust_list_asked,
        "rseq": threads.rseq,
        "sched_yield": threads.sched_yield,
        "nanosleep": threads.sleep,
        "clock_nanosleep": threads.sleep,
        **dict.fromkeys(("kill", "tkill", "tgkill"), signals.kill),
        **dict.fromkeys(("rt_sigqueueinfo", "rt_tgsigqueueinfo"), signals.kill),
        "timer_create": threads.timer_create,
        "timer_settime": threads.timer_settime,
        "timer_gettime": stores,
        "timer_getoverrun": answers,
        "timer_delete": threads.timer_delete,
    }
)

# How what is no system call is told.
OTHERS: Mapping[str, Maker] = MappingProxyType(
    {
        **dict.fromkeys(ACCESSES, accesses.access),
        SCHEDULE: life.schedule,
        EXECUTE: accesses.execute,
        TOUCH: accesses.access,
        TRAP: signals.trap,
        INTERRUPT: signals.interrupt,
        TIMER: threads.time_comes,
        TICK: threads.ticks,
        "fs.mkdir": files.fs_mkdir,
        "fs.write": files.fs_write,
        "fs.install": files.fs_write,
        "fs.mount_tmpfs": files.fs_mount_tmpfs,
        "fs.furnish": files.fs_furnish,
        "fs.sync": files.sync,
        "fs.truncate": files.truncate,
        "fs.link": files.fs_link,
        "fs.symlink": paths.symlink,
        "fs.unlink": files.fs_unlink,
        "machine.new_task": life.new_process,
        "machine.kthread": life.new_process,
        "machine.from_maps": life.new_process,
        "machine.restore": life.restore,
        "machine.sysctl": life.sysctl,
        "machine.type": life.typed,
        "proc.mem_read": proc.mem,
        "proc.mem_write": proc.mem,
        "proc.clear_refs": proc.clear_refs,
    }
)

# Events after which everything is as it was, but for what the hardware and find_vma remember.
_LOOKS = (
    *(process.SysEnter, process.SysExit),
    *(cpu.TlbHit, cpu.TlbMiss, cpu.TlbFill, cpu.PageWalk, cpu.PteBits, cpu.PageFault),
    *(fault.PageFaultUser, fault.FaultBranch),
    *(vma.FindVma, vma.VmUnmappedArea, vma.VmaNotMerged),
    file.CopyFromUser,
)


def changes(events: Sequence[Event]) -> bool:
    """Say whether a system call changed anything.

    Args:
        events: what it emitted.
    """
    kinds = [type(event) for event in events]
    begin = kinds.index(process.SysEnter)  # what comes before is the switch to the caller
    return any(not issubclass(kind, _LOOKS) for kind in kinds[begin:])


def outcome(facts: Facts) -> Headline:
    """Return the headline of a call."""
    told = at_line(facts, _whole(facts))
    if facts.call.name in CALLS:
        told = told.and_then(signals.handler_runs(facts))
    told = told.and_then(log_says(facts))
    return headline("call_cut_off", told, call=facts.call.name) if facts.call.cut else told


def _whole(facts: Facts) -> Headline:
    name = facts.call.name
    if name == BY_HAND:
        return headline("by_hand")
    if not facts.events and name != EXECUTE:
        return headline("nothing_happened", call=name)
    if name in OTHERS:
        return OTHERS[name](facts)
    if facts.failure:
        return _asleep(facts) if _sleeps(facts) else _failed(facts)
    if facts.exit is None:
        return _killed(facts) if facts.deaths() else headline("call_without_answer", call=name)
    return TELLERS[name](facts)


def _sleeps(facts: Facts) -> bool:
    # Does machine code stand before the same call again?
    if not facts.call.registers:
        return False
    tasks = (views.find_task(snap, facts.pid) for snap in (facts.before, facts.after))
    before, after = (task.regs[_IP] if task is not None else None for task in tasks)
    return before == after


def _asleep(facts: Facts) -> Headline:
    others = (task for task in facts.after.tasks if task.pid != facts.pid and task.mm)
    code = "call_sleeps" if any(task.state == "R" for task in others) else "call_sleeps_alone"
    return headline(code, call=facts.call.name, pid=facts.pid)


def _failed(facts: Facts) -> Headline:
    name, reason = facts.call.name, facts.failure
    error = facts.exit.result.rpartition(" ")[2] if facts.exit is not None else ""
    if not changes(facts.events):
        return headline("call_failed_unchanged", call=name, error=error, reason=reason)
    flags = len(facts.of(vma.VmaFlags))
    changed = headline("regions_changed", n=flags) if flags else None
    more = (changed, facts.more_regions(), facts.frames_back(), facts.brought_in())
    return headline("call_failed", *more, call=name, error=error, reason=reason)


def _killed(facts: Facts) -> Headline:
    signal = facts.the(SchedProcessExit).exit_code & 0x7F
    more = (facts.deaths(), facts.frames_back())
    return headline("call_killed", *more, call=facts.call.name, signal=signal)
