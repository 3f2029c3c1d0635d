"""The alternate stack, on which handlers of signals may run. In Linux's kernel/signal.c."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.signal import MINSIGSTKSZ, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.lib.usercopy import load_from_user, store_to_user
from vmlab.model.trace.events import signal as signal_events
from vmlab.model.trace.hook import emit

_STACK_T = 24  # bytes of a stack_t: ss_sp, ss_flags, padding, ss_size


def on_sig_stack(task: TaskStruct, sp: int) -> bool:
    """Say whether a stack pointer is on the alternate stack.

    Source: include/linux/sched/signal.h: __on_sig_stack() [v5.4].
    """
    return 0 < sp - task.sas_ss_sp <= task.sas_ss_size


def sas_ss_flags(task: TaskStruct, sp: int) -> int:
    """Say what the alternate stack is to a stack pointer: SS_DISABLE, SS_ONSTACK, or 0.

    Source: include/linux/sched/signal.h: sas_ss_flags() [v5.4].
    """
    if not task.sas_ss_size:
        return SS_DISABLE
    if task.sas_ss_flags & SS_AUTODISARM:
        return 0
    return SS_ONSTACK if on_sig_stack(task, sp) else 0


def sas_ss_reset(task: TaskStruct) -> None:
    """Take the alternate stack away.

    Source: include/linux/sched/signal.h: sas_ss_reset() [v5.4].
    """
    task.sas_ss_sp, task.sas_ss_size, task.sas_ss_flags = 0, 0, SS_DISABLE


def sigaltstack(task: TaskStruct, uss: int, uoss: int) -> None:
    """Change the alternate stack, and tell which there was.

    Args:
        task: the caller.
        uss: where the new one is told, bytes; 0 = only tell.
        uoss: where to tell; 0 = nowhere.

    Raises:
        LinuxError: EPERM while it is in use; EINVAL for unknown flags; ENOMEM if it is too small;
            EFAULT.

    Emits: signal_stack, copy_from_user, copy_to_user.
    Source: kernel/signal.c: do_sigaltstack() [v6.18].
    """
    told = load_stack(task, uss) if uss else None
    old = save_altstack(task)
    flags = sas_ss_flags(task, task.rsp) | task.sas_ss_flags & SS_AUTODISARM
    if told is not None:
        do_sigaltstack(task, *told)
    if uoss:
        store_to_user(task, uoss, old[:8] + flags.to_bytes(4, "little") + bytes(4) + old[16:])


def do_sigaltstack(task: TaskStruct, ss_sp: int, ss_flags: int, ss_size: int) -> None:
    """Change the alternate stack.

    Raises:
        LinuxError: EPERM while it is in use; EINVAL for unknown flags; ENOMEM if it is too small.

    Emits: signal_stack.
    Source: kernel/signal.c: do_sigaltstack() [v6.18].
    """
    mode = ss_flags & ~SS_AUTODISARM
    if sas_ss_flags(task, task.rsp) & SS_ONSTACK:
        raise LinuxError(errno.EPERM, "stack_in_use")
    if mode not in (0, SS_ONSTACK, SS_DISABLE):
        raise LinuxError(errno.EINVAL, "stack_flags_unknown", flags=ss_flags)
    if (ss_sp, ss_size, ss_flags) == (task.sas_ss_sp, task.sas_ss_size, task.sas_ss_flags):
        return  # nothing changes, not even from no stack to none
    if mode == SS_DISABLE:
        ss_sp = ss_size = 0
    elif ss_size < MINSIGSTKSZ:
        raise LinuxError(errno.ENOMEM, "stack_too_small", nr_bytes=ss_size, least=MINSIGSTKSZ)
    task.sas_ss_sp, task.sas_ss_size, task.sas_ss_flags = ss_sp, ss_size, ss_flags
    emit(task, signal_events.SignalStack, task.pid, ss_sp, ss_size)


def load_stack(task: TaskStruct, addr: int) -> tuple[int, int, int]:
    """Read a stack_t from user memory: ss_sp, ss_flags, ss_size. The name is vmlab's.

    Raises:
        LinuxError: EFAULT.

    Emits: copy_from_user.
    Source: include/uapi/asm-generic/signal.h: struct sigaltstack [v6.18].
    """
    data = load_from_user(task, addr, _STACK_T)
    sp, flags, size = data[:8], data[8:12], data[16:]
    return (*(int.from_bytes(part, "little") for part in (sp, flags, size)),)  # type: ignore


def save_altstack(task: TaskStruct) -> bytes:
    """Return the alternate stack as a stack_t.

    Source: kernel/signal.c: __save_altstack() [v5.4].
    """
    values = (task.sas_ss_sp, task.sas_ss_flags, task.sas_ss_size)
    return b"".join(value.to_bytes(8, "little") for value in values)
