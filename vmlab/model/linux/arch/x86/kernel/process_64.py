"""Where the segment registers fs and gs of a task begin: that of fs holds what is its thread's."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.prctl import Arch
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.lib.usercopy import store_number
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit

_WORD = 8  # bytes


def do_arch_prctl_64(task: TaskStruct, option: int, arg2: int) -> None:
    """Set or store the base of a segment register.

    Args:
        task: the caller.
        option: ARCH_*.
        arg2: the base, or where in user memory it is stored.

    Raises:
        LinuxError: EPERM for a base outside of user space; EFAULT if it cannot be stored; EINVAL
            for another option.

    Emits: segment_base.
    Source: arch/x86/kernel/process_64.c: do_arch_prctl_64() [v6.18].
    Left out: CPUID faults, extended states, the vdso of other systems, address masking.
    """
    match option:
        case Arch.ARCH_SET_FS | Arch.ARCH_SET_GS:
            if arg2 >= task.system.task_size:
                raise LinuxError(errno.EPERM, "base_outside_user_space")
            register = "fs" if option == Arch.ARCH_SET_FS else "gs"
            setattr(task, f"{register}base", arg2)
            emit(task, process_events.SegmentBase, task.pid, register, arg2)
        case Arch.ARCH_GET_FS | Arch.ARCH_GET_GS:
            base = task.fsbase if option == Arch.ARCH_GET_FS else task.gsbase
            store_number(task, arg2, base, _WORD)
        case _:
            raise LinuxError(errno.EINVAL, "unknown_option", option=option)
