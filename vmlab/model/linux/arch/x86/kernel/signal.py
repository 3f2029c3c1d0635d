"""How a handler is called, and how it returns."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.abi.signal import (
    SI_KERNEL,
    SIGSEGV,
    SS_ONSTACK,
    Sa,
    Siginfo,
    code_name,
    signal_name,
)
from vmlab.model.linux.arch.x86.include import sigframe
from vmlab.model.linux.arch.x86.include.ptrace import (
    NO_CALL,
    X86_EFLAGS_DF,
    X86_EFLAGS_RF,
    X86_EFLAGS_TF,
    PtRegs,
)
from vmlab.model.linux.arch.x86.kernel.fpu.signal import (
    XSAVE_SIZE,
    copy_fpstate_to_sigframe,
    fpu_alloc_mathframe,
    fpu_restore_sig,
)
from vmlab.model.linux.include.sched import TASK_RUNNING
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.signal import (
    ERESTARTNOHAND,
    ERESTARTSYS,
    force_sig_info,
    restore_saved_sigmask,
    set_current_blocked,
)
from vmlab.model.linux.kernel.signal_get import (
    Ksignal,
    get_signal,
    has_signal_work,
    signal_setup_done,
)
from vmlab.model.linux.kernel.signal_stack import (
    do_sigaltstack,
    load_stack,
    on_sig_stack,
    sas_ss_flags,
    save_altstack,
)
from vmlab.model.linux.lib.usercopy import copy_to_user, load_from_user
from vmlab.model.trace.events import fault as fault_events
from vmlab.model.trace.events import signal as signal_events
from vmlab.model.trace.hook import emit

_SYSCALL_SIZE = 2  # bytes of the instruction
_LONG = 8  # bytes
_FIX_EFLAGS = 0x50DD5  # what a handler may change: the results of instructions, AC, DF, TF, RF
_UC_FLAGS = sigframe.UC_FP_XSTATE | sigframe.UC_SIGCONTEXT_SS | sigframe.UC_STRICT_RESTORE_SS
_SELECTORS = sigframe.USER_CS | sigframe.USER_DS << 48  # cs, gs, fs, ss
_CLEARED = X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF


def arch_do_signal_or_restart(task: TaskStruct) -> int:
    """Take what signals there are, on the way to user mode; call a cut off call again.

    Args:
        task: a task that leaves the kernel.

    Returns:
        The number of the last signal whose handler runs now; 0 if there is none.

    Raises:
        Signal: who called from Python handles it.

    Emits: what get_signal and setup_rt_frame emit.
    Source: arch/x86/kernel/signal.c: arch_do_signal_or_restart() [v6.18]; kernel/entry/common.c:
        exit_to_user_mode_loop() [v6.18].
    """
    delivered = 0
    # A call that was cut off by a signal that stopped the task is seen to when it goes on.
    while has_signal_work(task) or _cut_off(task):
        ksig = get_signal(task)
        if task.state != TASK_RUNNING:
            return 0
        if ksig is not None:
            handle_signal(task, ksig)
            delivered = ksig.info.si_signo
            continue
        if _cut_off(task):
            _call_again(task)
        restore_saved_sigmask(task)
    return delivered


def _cut_off(task: TaskStruct) -> int:
    # How a signal cut the call off, 0 = it did not.
    if task.regs.orig_ax == NO_CALL:
        return 0
    error = ULONG_MAX + 1 - task.regs.ax
    return error if error in (ERESTARTSYS, ERESTARTNOHAND) else 0


def _call_again(task: TaskStruct) -> None:
    task.regs.ax = task.regs.orig_ax
    task.regs.ip -= _SYSCALL_SIZE


def handle_signal(task: TaskStruct, ksig: Ksignal) -> None:
    """Let a handler run next.

    Emits: what setup_rt_frame and signal_setup_done emit.
    Source: arch/x86/kernel/signal.c: handle_signal() [v6.18].
    """
    error = _cut_off(task)
    if error == ERESTARTSYS and ksig.ka.sa_flags & Sa.SA_RESTART:
        _call_again(task)
    elif error:
        task.regs.ax = -errno.EINTR & ULONG_MAX
    done = setup_rt_frame(task, ksig)
    if done:
        task.regs.flags &= ~_CLEARED
        task.fpu = b""
    signal_setup_done(task, ksig, failed=not done)


def get_sigframe(task: TaskStruct, ksig: Ksignal) -> tuple[int, int] | None:
    """Return where the frame goes and where its FPU registers do; None if it does not fit.

    Source: arch/x86/kernel/signal.c: get_sigframe() [v6.18].
    """
    sp = task.rsp - sigframe.REDZONE & ULONG_MAX
    nested = sas_ss_flags(task, task.rsp) == SS_ONSTACK
    entering = ksig.ka.sa_flags & Sa.SA_ONSTACK and not sas_ss_flags(task, sp)
    if entering:
        sp = task.sas_ss_sp + task.sas_ss_size
    fpstate = fpu_alloc_mathframe(sp) & ULONG_MAX
    frame = (fpstate - sigframe.SIZE & -sigframe.FRAME_ALIGNMENT) - _LONG & ULONG_MAX
    if (nested or entering) and not on_sig_stack(task, frame):
        return None
    return frame, fpstate


def setup_rt_frame(task: TaskStruct, ksig: Ksignal) -> bool:
    """Put on the stack what a handler gets, and let the task go on there; say if it fits.

    Emits: signal_frame, copy_to_user, and what a fault emits.
    Source: arch/x86/kernel/signal_64.c: x64_setup_rt_frame() [v6.18].
    Left out: the shadow stack.
    """
    info, ka = ksig
    found = get_sigframe(task, ksig) if ka.sa_flags & Sa.SA_RESTORER else None
    if found is None:
        return False
    frame, fpstate = found
    mask = task.blocked if task.saved_sigmask is None else task.saved_sigmask
    stack = save_altstack(task)
    parts = {
        frame: _longs(ka.sa_restorer, _UC_FLAGS, 0) + stack[:12],
        frame + sigframe.UC_STACK + 16: stack[16:] + _sigcontext(task, mask, fpstate),
        frame + sigframe.UC_SIGMASK: _longs(mask),
    }
    if ka.sa_flags & Sa.SA_SIGINFO:
        parts[frame + sigframe.INFO] = info.to_bytes()
    if not copy_fpstate_to_sigframe(task, fpstate):
        return False
    if any(copy_to_user(task.system, addr, data) for addr, data in parts.items()):
        return False
    size = fpstate - frame + XSAVE_SIZE
    task.regs = replace(
        task.regs,
        di=info.si_signo,
        ax=0,
        si=frame + sigframe.INFO,
        dx=frame + sigframe.UC,
        ip=ka.sa_handler,
        sp=frame,
    )
    name = signal_name(info.si_signo)
    emit(task, signal_events.SignalFrame, task.pid, name, frame, size, ka.sa_handler)
    return True


def _longs(*values: int) -> bytes:
    return b"".join(value.to_bytes(_LONG, "little") for value in values)


def _sigcontext(task: TaskStruct, mask: int, fpstate: int) -> bytes:
    regs = task.regs
    values = [getattr(regs, name) for name in sigframe.SIGCONTEXT_REGISTERS]
    trap = (task.error_code, task.trap_nr, mask, task.cr2)
    return _longs(*values, _SELECTORS, *trap, fpstate)


def rt_sigreturn(task: TaskStruct) -> None:
    """Go on where a handler interrupted the program, with what the frame holds.

    A frame that cannot be used is SIGSEGV.

    Args:
        task: the caller, whose stack pointer is behind the first word of the frame.

    Emits: signal_return, signal_blocked, signal_stack, copy_from_user; signal_generate.
    Source: arch/x86/kernel/signal_64.c: SYSCALL_DEFINE0(rt_sigreturn) [v6.18].
    Left out: cs and ss, which never change; the shadow stack.
    """
    frame = task.rsp - _LONG & ULONG_MAX
    try:
        mask = _word(task, frame + sigframe.UC_SIGMASK)
        set_current_blocked(task, mask)
        _restore_altstack(task, frame + sigframe.UC_STACK)
        size = sigframe.RESERVED - sigframe.UC_MCONTEXT
        context = load_from_user(task, frame + sigframe.UC_MCONTEXT, size)
    except LinuxError:
        return _bad_frame(task, frame)
    words = [int.from_bytes(context[at : at + _LONG], "little") for at in range(0, size, _LONG)]
    values = dict(zip(sigframe.SIGCONTEXT_REGISTERS, words, strict=False))
    flags = task.regs.flags & ~_FIX_EFLAGS | values["flags"] & _FIX_EFLAGS
    task.regs = PtRegs(**{**values, "flags": flags})
    if not fpu_restore_sig(task, words[-1]):
        return _bad_frame(task, frame)
    emit(task, signal_events.SignalReturn, task.pid, task.rip)
    return None


def _restore_altstack(task: TaskStruct, addr: int) -> None:
    stack = load_stack(task, addr)
    with suppress(LinuxError):
        do_sigaltstack(task, *stack)


def _word(task: TaskStruct, addr: int) -> int:
    return int.from_bytes(load_from_user(task, addr, _LONG), "little")


def _bad_frame(task: TaskStruct, frame: int) -> None:
    info = Siginfo(SIGSEGV, SI_KERNEL)
    why = because("frame_unusable", addr=frame)
    names = signal_name(SIGSEGV), code_name(SIGSEGV, SI_KERNEL)
    emit(task, fault_events.SignalGenerate, task.pid, *names, 0, why)
    force_sig_info(task, info)
    task.regs.ax = 0
