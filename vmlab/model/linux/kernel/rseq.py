"""Restartable sequences: the kernel keeps telling a task on which CPU it runs.

It stores that in the task's memory on the way to user mode, after another task has run or a signal
has come. That is an access like any other: it may fault.
"""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.clone import CLONE_VM
from vmlab.model.abi.rseq import (
    CPU_ID_START,
    NODE_ID,
    ORIG_RSEQ_SIZE,
    RSEQ_CPU_ID_UNINITIALIZED,
    RSEQ_CS,
    RSEQ_FLAG_UNREGISTER,
)
from vmlab.model.abi.signal import SI_KERNEL, SIGSEGV, Siginfo
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.signal import force_sig_info
from vmlab.model.linux.lib.usercopy import access_ok, load_from_user, store_to_user
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import futex as events
from vmlab.model.trace.hook import emit

_INT, _LONG = 4, 8  # bytes


def rseq(task: TaskStruct, addr: int, length: int, flags: int, sig: int) -> None:
    """Say where a task wants to be told on which CPU it runs, or that it does no more.

    Args:
        task: the caller.
        addr: bytes.
        length: bytes there: 32, or more.
        flags: RSEQ_FLAG_UNREGISTER = no more.
        sig: what stands in front of the code that handles an abort.

    Raises:
        LinuxError: EINVAL for another length or flags, or a place that is not aligned or not the
            one that was told before; EPERM for another signature than then; EBUSY if it is the
            same again; EFAULT.

    Emits: rseq_register, copy_to_user.
    Source: kernel/rseq.c: SYSCALL_DEFINE4(rseq) [v6.18].
    """
    if flags & RSEQ_FLAG_UNREGISTER:
        _check_known(task, addr, length, flags & ~RSEQ_FLAG_UNREGISTER, sig)
        _tell(task, 0, RSEQ_CPU_ID_UNINITIALIZED)
        rseq_execve(task)
    else:
        if not flags and not task.rseq:
            _check_new(task, addr, length)
        else:
            _check_known(task, addr, length, flags, sig)
            raise LinuxError(errno.EBUSY, "rseq_registered_already")
        if any(load_from_user(task, addr + RSEQ_CS, _LONG)):
            store_to_user(task, addr + RSEQ_CS, bytes(_LONG))
        task.rseq, task.rseq_len, task.rseq_sig = addr, length, sig
        task.rseq_event = True
    emit(task, events.RseqRegister, task.pid, task.rseq)


def _check_known(task: TaskStruct, addr: int, length: int, flags: int, sig: int) -> None:
    if flags:
        raise LinuxError(errno.EINVAL, "rseq_flags_unknown", flags=flags)
    if task.rseq != addr or not addr:
        raise LinuxError(errno.EINVAL, "rseq_elsewhere", addr=task.rseq)
    if task.rseq_len != length:
        raise LinuxError(errno.EINVAL, "rseq_length", nr_bytes=length)
    if task.rseq_sig != sig:
        raise LinuxError(errno.EPERM, "rseq_signature")


def _check_new(task: TaskStruct, addr: int, length: int) -> None:
    if addr % ORIG_RSEQ_SIZE:
        raise LinuxError(errno.EINVAL, "rseq_not_aligned", addr=addr)
    if length < ORIG_RSEQ_SIZE:
        raise LinuxError(errno.EINVAL, "rseq_length", nr_bytes=length)
    if not access_ok(task, addr, length):
        raise LinuxError(errno.EFAULT, "addr_outside_user_space", addr=addr)


def rseq_fork(parent: TaskStruct, child: TaskStruct, flags: int) -> None:
    """Let a child be told where its parent is, unless they share their memory.

    Source: include/linux/rseq.h: rseq_fork() [v6.18].
    """
    if not flags & CLONE_VM:
        child.rseq, child.rseq_len, child.rseq_sig = parent.rseq, parent.rseq_len, parent.rseq_sig
        child.rseq_event = parent.rseq_event


def rseq_execve(task: TaskStruct) -> None:
    """Let a task be told nowhere.

    Source: include/linux/rseq.h: rseq_execve() [v6.18].
    """
    task.rseq = task.rseq_len = task.rseq_sig = 0
    task.rseq_event = False


def rseq_preempt(task: TaskStruct) -> None:
    """Note that something came between a task and the CPU: it is told anew.

    Source: include/linux/rseq.h: rseq_preempt(), rseq_signal_deliver() [v6.18].
    """
    task.rseq_event = bool(task.rseq)


@traced
def rseq_handle_notify_resume(task: TaskStruct) -> None:
    """Tell a task on its way to user mode on which CPU it runs, if need be.

    Emits: copy_to_user, and what a fault emits.
    Source: kernel/rseq.c: __rseq_handle_notify_resume() [v6.18].
    Left out: that a critical section is aborted.
    """
    task.rseq_event = False
    try:
        _tell(task, 0, 0)
    except LinuxError:
        force_sig_info(task, Siginfo(SIGSEGV, SI_KERNEL))


def _tell(task: TaskStruct, cpu_id_start: int, cpu_id: int) -> None:
    # The one CPU, in the one node; no other task of the process runs meanwhile.
    words = cpu_id_start.to_bytes(_INT, "little") + cpu_id.to_bytes(_INT, "little")
    store_to_user(task, task.rseq + CPU_ID_START, words)
    store_to_user(task, task.rseq + NODE_ID, bytes(2 * _INT))
