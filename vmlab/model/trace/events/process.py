"""Events about tasks, their address spaces, and system calls."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.codes import Reason
from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class SysEnter(Event):
    """A process entered the kernel with a system call."""

    story_level = "chapter"
    stands_for = "raw_syscalls:sys_enter"

    pid: int
    call: str
    args: str  # as strace prints them


@dataclass(frozen=True, slots=True)
class SysExit(Event):
    """The kernel answered."""

    story_level = "chapter"
    stands_for = "raw_syscalls:sys_exit"

    pid: int
    call: str
    result: str  # as strace prints it
    reason: Reason  # the check that failed, NO_REASON if none did


@dataclass(frozen=True, slots=True)
class AccessBegin(Event):
    """A process touches memory; the kernel hears of it only if the access faults."""

    story_level = "chapter"
    stands_for = "vmlab/model/user_mode.py: UserMode._access()"

    pid: int
    access: str  # 'load', 'store', 'fetch' or 'add'
    args: str  # as strace would print them


@dataclass(frozen=True, slots=True)
class AccessEnd(Event):
    """The access is done; one that ends in a signal has no such end."""

    story_level = "chapter"
    stands_for = "vmlab/model/user_mode.py: UserMode._access()"

    pid: int
    access: str
    result: str  # as strace would print it


@dataclass(frozen=True, slots=True)
class SchedSwitch(Event):
    """Another process runs now."""

    story_level = "step"
    stands_for = "sched:sched_switch"

    pid: int
    mm: int


@dataclass(frozen=True, slots=True)
class SchedProcessFork(Event):
    """A task was made."""

    story_level = "chapter"
    stands_for = "sched:sched_process_fork"

    pid: int
    child: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class SchedProcessExec(Event):
    """A task runs another program."""

    story_level = "chapter"
    stands_for = "sched:sched_process_exec"

    pid: int
    mm: int
    path: str


@dataclass(frozen=True, slots=True)
class SchedProcessExit(Event):
    """A task ended."""

    story_level = "chapter"
    stands_for = "sched:sched_process_exit"

    pid: int
    exit_code: int


@dataclass(frozen=True, slots=True)
class SchedProcessFree(Event):
    """A zombie was waited for."""

    story_level = "step"
    stands_for = "sched:sched_process_free"

    pid: int


@dataclass(frozen=True, slots=True)
class MmUsers(Event):
    """The number of tasks that use an address space changed."""

    story_level = "step"
    stands_for = "kernel/fork.c: mmput()"

    mm: int
    mm_users: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class MmCount(Event):
    """The number of references to an mm_struct changed."""

    story_level = "step"
    stands_for = "include/linux/sched/mm.h: mmdrop()"

    mm: int
    mm_count: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class MmDrop(Event):
    """An mm_struct was freed."""

    story_level = "step"
    stands_for = "kernel/fork.c: __mmdrop()"

    mm: int


@dataclass(frozen=True, slots=True)
class SchedProcessWait(Event):
    """A parent took what is left of a child."""

    story_level = "chapter"
    stands_for = "sched:sched_process_wait"

    pid: int
    child: int
    exit_code: int


@dataclass(frozen=True, slots=True)
class VforkDone(Event):
    """A parent that waited for its vfork child may run again."""

    story_level = "chapter"
    stands_for = "kernel/fork.c: complete_vfork_done()"

    pid: int
    child: int


@dataclass(frozen=True, slots=True)
class RlimitMaxSet(Event):
    """A hard limit was lowered."""

    story_level = "step"
    stands_for = "kernel/sys.c: do_prlimit()"

    pid: int
    resource: str
    limit: int


@dataclass(frozen=True, slots=True)
class RlimitSet(Event):
    """A soft limit changed."""

    story_level = "chapter"
    stands_for = "kernel/sys.c: do_prlimit()"

    pid: int
    resource: str
    limit: int


@dataclass(frozen=True, slots=True)
class TaskRename(Event):
    """A task got another name."""

    story_level = "chapter"
    stands_for = "task:task_rename"

    pid: int
    oldcomm: str
    newcomm: str


@dataclass(frozen=True, slots=True)
class TaskGroup(Event):
    """A process came to another process group or session."""

    story_level = "chapter"
    stands_for = "kernel/pid.c: change_pid()"

    pid: int
    pgrp: int
    session: int


@dataclass(frozen=True, slots=True)
class FsPwd(Event):
    """A process got another working directory."""

    story_level = "chapter"
    stands_for = "fs/fs_struct.c: set_fs_pwd()"

    pid: int
    path: str


@dataclass(frozen=True, slots=True)
class FsUmask(Event):
    """A process said which rights its new files do not get."""

    story_level = "chapter"
    stands_for = "kernel/sys.c: umask()"

    pid: int
    umask: int


@dataclass(frozen=True, slots=True)
class MmThpDisable(Event):
    """Huge pages were forbidden to an address space, or allowed."""

    story_level = "chapter"
    stands_for = "kernel/sys.c: prctl_set_thp_disable()"

    mm: int
    disabled: int  # 0, 1, 3 = but for those that are asked for


@dataclass(frozen=True, slots=True)
class MembarrierRegister(Event):
    """An address space may have barriers of another kind."""

    story_level = "chapter"
    stands_for = "kernel/sched/membarrier.c: membarrier_register_private_expedited()"

    mm: int
    old: int  # MEMBARRIER_CMD_REGISTER_*
    new: int


@dataclass(frozen=True, slots=True)
class SegmentBase(Event):
    """A segment register of a task got another base."""

    story_level = "chapter"
    stands_for = "arch/x86/kernel/process_64.c: do_arch_prctl_64()"

    pid: int
    register: str  # 'fs' or 'gs'
    base: int


@dataclass(frozen=True, slots=True)
class ClearChildTid(Event):
    """A task said where its number is to become 0 when it lets its memory go."""

    story_level = "chapter"
    stands_for = "kernel/fork.c: SYSCALL_DEFINE1(set_tid_address)"

    pid: int
    addr: int  # 0 = nowhere


@dataclass(frozen=True, slots=True)
class PersonalitySet(Event):
    """A task asked for older ways."""

    story_level = "chapter"
    stands_for = "kernel/exec_domain.c: set_personality()"

    pid: int
    personality: int  # bits of personality(2)


@dataclass(frozen=True, slots=True)
class MachineRestore(Event):
    """The machine was set back, or forward, to another state."""

    story_level = "chapter"
    stands_for = "vmlab/state/machine.py: Machine.restore()"

    nr_tasks: int


@dataclass(frozen=True, slots=True)
class FilesCopy(Event):
    """A child got its descriptors."""

    story_level = "step"
    stands_for = "kernel/fork.c: copy_files()"

    pid: int
    child: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class SysctlSet(Event):
    """A setting of the kernel changed."""

    story_level = "chapter"
    stands_for = "kernel/sysctl.c: proc_dointvec_minmax()"

    sysctl: str
    old: int
    new: int
