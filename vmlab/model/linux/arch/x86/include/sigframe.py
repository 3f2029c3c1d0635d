"""What a handler finds on its stack, and where: struct rt_sigframe.

Source: arch/x86/include/asm/sigframe.h, arch/x86/include/uapi/asm/sigcontext.h [v6.18].
"""

from __future__ import annotations

# The general registers of struct sigcontext_64, in its order.
SIGCONTEXT_REGISTERS = (
    *(f"r{number}" for number in range(8, 16)),
    *("di", "si", "bp", "bx", "dx", "ax", "cx", "sp", "ip", "flags"),
)
USER_CS, USER_DS = 0x33, 0x2B

UC_FP_XSTATE = 1 << 0
UC_SIGCONTEXT_SS = 1 << 1
UC_STRICT_RESTORE_SS = 1 << 2

# Places in the frame, bytes.
UC = 8  # behind pretcode: where the handler returns to
UC_STACK = UC + 16
UC_MCONTEXT = UC_STACK + 24
FPSTATE = UC_MCONTEXT + 184
RESERVED = FPSTATE + 8
UC_SIGMASK = UC_MCONTEXT + 256
INFO = UC_SIGMASK + 8
SIZE = INFO + 128

REDZONE = 128  # bytes below the stack pointer that a program may use
FRAME_ALIGNMENT = 16
