"""The registers of the FPU in the frame of a signal: an image as XSAVE lays it out.

The CPU has only those of FXSAVE. Its image has the size and the marks of the kernel that was
observed, whose CPU has AVX-512; what stands for the others is zero.
"""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi.signal import FPE_FLTDIV, FPE_FLTINV, FPE_FLTOVF, FPE_FLTRES, FPE_FLTUND
from vmlab.model.linux.arch.x86.include.ptrace import FXSAVE_SIZE
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.lib.usercopy import copy_to_user, load_from_user

XSAVE_SIZE = 2432  # bytes: what AT_MINSIGSTKSZ counts as well
FP_XSTATE_MAGIC1 = 0x46505853
FP_XSTATE_MAGIC2 = 0x46505845
_XFEATURES = 0xE7  # x87, SSE, AVX, AVX-512: those the image has room for
_FPSSE = 3  # those it holds
_MAGIC2_SIZE = 4  # bytes
_MIN_SIZE = FXSAVE_SIZE + 64  # bytes: with the header
_LEGACY = 416  # bytes of the registers, before what FXSAVE leaves alone
_SW_RESERVED = 464  # where the marks stand
_MXCSR = 24
_MXCSR_MASK = 0xFFFF  # bits that it may have
_ALIGN = 64
INIT_FPSTATE = b"".join(
    value.to_bytes(4, "little") for value in (0x37F, 0, 0, 0, 0, 0, 0x1F80, _MXCSR_MASK)
).ljust(FXSAVE_SIZE, b"\0")

# Bits of the status of the FPU, and what they stand for.
_FPE_CODES = (
    *((0x01, FPE_FLTINV), (0x04, FPE_FLTDIV), (0x08, FPE_FLTOVF)),
    *((0x12, FPE_FLTUND), (0x20, FPE_FLTRES)),
)


def fpu_alloc_mathframe(sp: int) -> int:
    """Return where below a stack pointer the image has room.

    Source: arch/x86/kernel/fpu/signal.c: fpu__alloc_mathframe() [v6.18].
    """
    return (sp - XSAVE_SIZE - _MAGIC2_SIZE) & -_ALIGN


def copy_fpstate_to_sigframe(task: TaskStruct, buf: int) -> bool:
    """Write the image of a task's registers to its memory; say if all could be written.

    Emits: copy_to_user.
    Source: arch/x86/kernel/fpu/signal.c: copy_fpstate_to_sigframe() [v6.18].
    """
    task.system.save_fpregs()
    image = bytearray(XSAVE_SIZE)
    image[:_LEGACY] = (task.fpu or INIT_FPSTATE)[:_LEGACY]
    marks = (FP_XSTATE_MAGIC1, XSAVE_SIZE + _MAGIC2_SIZE, _XFEATURES, 0, XSAVE_SIZE)
    _put(image, _SW_RESERVED, *marks)
    _put(image, FXSAVE_SIZE, _FPSSE)
    data = bytes(image) + FP_XSTATE_MAGIC2.to_bytes(_MAGIC2_SIZE, "little")
    return not copy_to_user(task.system, buf, data)


def _put(image: bytearray, at: int, *values: int) -> None:
    data = b"".join(value.to_bytes(4, "little") for value in values)
    image[at : at + len(data)] = data


def fpu_restore_sig(task: TaskStruct, buf: int) -> bool:
    """Take a task's registers from its memory; say if that could be done.

    An image without the marks is one of FXSAVE.

    Args:
        task: the task.
        buf: where the image is, bytes; 0 = the registers are as at the start.

    Emits: copy_from_user.
    Source: arch/x86/kernel/fpu/signal.c: fpu__restore_sig(), check_xstate_in_sigframe() [v6.18].
    Left out: that the header says which registers count.
    """
    task.system.save_fpregs()
    task.fpu = b""
    if not buf:
        return True
    try:
        marks = load_from_user(task, buf + _SW_RESERVED, FXSAVE_SIZE - _SW_RESERVED)
        image = load_from_user(task, buf, _size_of(task, buf, marks))
    except LinuxError:
        return False
    if int.from_bytes(image[_MXCSR : _MXCSR + 4], "little") & ~_MXCSR_MASK:
        return False
    image = image[:_LEGACY].ljust(FXSAVE_SIZE, b"\0")
    task.fpu = b"" if image == INIT_FPSTATE else image
    return True


def _size_of(task: TaskStruct, buf: int, marks: bytes) -> int:
    magic, extended, _, _, size = (
        int.from_bytes(marks[at : at + 4], "little") for at in range(0, 20, 4)
    )
    if magic != FP_XSTATE_MAGIC1 or not _MIN_SIZE <= size <= min(XSAVE_SIZE, extended):
        return FXSAVE_SIZE
    end = load_from_user(task, buf + size, _MAGIC2_SIZE)
    return size if int.from_bytes(end, "little") == FP_XSTATE_MAGIC2 else FXSAVE_SIZE


def fpu_exception_code(task: TaskStruct, *, sse: bool) -> int:
    """Return what an error of the FPU was: the si_code of SIGFPE; 0 = none that counts.

    Args:
        task: the task.
        sse: whether it was an instruction of SSE.

    Source: arch/x86/kernel/fpu/core.c: fpu__exception_code() [v6.18].
    """
    task.system.save_fpregs()
    image = task.fpu or INIT_FPSTATE
    if sse:
        mxcsr = int.from_bytes(image[_MXCSR : _MXCSR + 4], "little")
        error = ~(mxcsr >> 7) & mxcsr
    else:
        control, status = (int.from_bytes(image[at : at + 2], "little") for at in (0, 2))
        error = status & ~control
    return next((code for bits, code in _FPE_CODES if error & bits), 0)
